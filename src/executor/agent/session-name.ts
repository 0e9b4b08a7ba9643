/** Names of agents' sessions: chosen by us where the agent allows it, so that they are known even if nothing was written down. */
import { createHash } from 'node:crypto';
import type { ExecutorSettings } from '../../model/orchestration.js';
import { findAgent } from './find-adapter.js';

/** What a session belongs to. */
export interface SessionOwner {
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
}

/** A UUID that is the same for the same attempt, always. `turn` tells several sessions of one attempt apart. */
export function sessionName(owner: SessionOwner, turn = 0): string {
  const hash = createHash('sha256').update(JSON.stringify([owner.run, owner.node, owner.attempt, turn])).digest();
  // Version 8, variant 1: a UUID whose content is the application's own.
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** The session that an attempt will have, known before it begins; undefined where the agent chooses it, and for executors without sessions. */
export function plannedSession(executor: ExecutorSettings, owner: SessionOwner): string | undefined {
  if (executor.kind !== 'agent') return undefined;
  const found = findAgent(executor.agent, executor.options);
  return found.ok && found.value.adapter.choosesSession ? sessionName(owner) : undefined;
}

/** A session as it is recorded: those of a fallback agent carry its name, for the main agent could not go on with them. */
export function recordedSession(agent: string, session: string, isFallback: boolean): string {
  return isFallback ? `${agent}:${session}` : session;
}

/** The session that an agent can go on with; undefined when the recorded one belongs to another agent. */
export function ownSession(agent: string, recorded: string | undefined, isFallback: boolean): string | undefined {
  if (recorded === undefined) return undefined;
  const found = /^([A-Za-z][\w-]*):(.+)$/.exec(recorded);
  if (found === null) return isFallback ? undefined : recorded;
  return found[1] === agent && isFallback ? found[2] : undefined;
}
