/** What another process may ask of a run, read from data of unknown origin. */
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { RequestEvent } from '../model/event.js';
import type { LandingEvent } from '../model/landing-event.js';

/** Events that come from outside. Everything else is for the run itself to find out. */
export type RequestedEvent = RequestEvent | Extract<LandingEvent, { kind: 'landing.approved' }>;

/** A request as it was dropped. */
export interface Request {
  /** Unique; kept in the journal's entry, so that the request is taken up once. */
  readonly id: string;
  readonly event: RequestedEvent;
}

const longestName = 1024;
const longestNote = 10_000;
const mostNames = 100_000;

type Check = (value: unknown) => boolean;

const isName: Check = (value) => typeof value === 'string' && value !== '' && value.length <= longestName;
const isNames: Check = (value) => Array.isArray(value) && value.length <= mostNames && value.every(isName);
const isCommits: Check = (value) => Array.isArray(value) && value.length <= mostNames && value.every((one) => typeof one === 'string' && /^[0-9a-f]{40,64}$/.test(one));
const isNote: Check = (value) => typeof value === 'string' && value.length <= longestNote;
const optional = (check: Check): Check => (value) => value === undefined || check(value);
const oneOf = (...words: string[]): Check => (value) => typeof value === 'string' && words.includes(value);

/** What each kind must hold; nothing else is taken along. */
const shapes: Readonly<Record<RequestedEvent['kind'], Readonly<Record<string, Check>>>> = {
  'retry.requested': { nodes: isNames },
  'skip.requested': { nodes: isNames, note: optional(isNote) },
  'mark.requested': { node: isName, as: oneOf('started', 'completed', 'failed', 'skipped'), note: optional(isNote) },
  'cancel.requested': { nodes: isNames },
  'pause.requested': { plans: optional(isNames) },
  'resume.requested': { plans: optional(isNames) },
  'takeover.requested': { plan: isName, on: (value) => typeof value === 'boolean' },
  'landing.approved': { plans: isNames, heads: optional(isCommits) },
};

/** Reads a request; the error is a sentence. Ids of nodes and plans are not looked up: that is for who knows the orchestration. */
export function parseRequest(text: string): Result<Request, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err('it is not JSON');
  }
  const { version, id, event } = asRecord(value);
  if (version !== 1) return err(`it is of version ${JSON.stringify(version) ?? 'unknown'}, and this program reads version 1`);
  if (!isName(id)) return err('it has no id');
  const fields = asRecord(event);
  const kind = fields['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) return err(`it asks for something unknown: ${JSON.stringify(kind)?.slice(0, 100)}`);
  const shape = shapes[kind as RequestedEvent['kind']];
  const taken: Record<string, unknown> = { kind };
  for (const [name, check] of Object.entries(shape)) {
    if (!check(fields[name])) return err(`${name} of ${kind} is not what it has to be`);
    if (fields[name] !== undefined) taken[name] = fields[name];
  }
  return ok({ id: id as string, event: taken as unknown as RequestedEvent });
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
