/** The picture of a run for programs: what `plan status --json` prints and what `status.json` beside the journal holds. */
import type { RunState, NodeState } from '../state/run-state.js';
import { lastAttempt } from '../state/run-state.js';
import { statusOf } from './standing.js';
import { titleOf, type PlanRow, type RunView } from './view.js';
import { because } from './words.js';

/** The version of this format; grows when a field changes its meaning or goes, not when one is added. `status.json` has a `version` besides, which grows with every picture. */
export const statusSchema = 1;

/** A run in plain JSON. Times are ISO 8601 in UTC, spans seconds. `entries` grows with every fact: compare it to see what is newer. */
export function statusJson(view: RunView): Record<string, unknown> {
  const { landing } = view;
  return {
    schema: statusSchema,
    run: view.run,
    manifest: view.manifest,
    target: view.target,
    state: view.state,
    ...(view.outcome === undefined ? {} : { outcome: view.outcome }),
    entries: view.entries,
    startedAt: iso(view.startedAt),
    at: iso(view.at),
    elapsedSeconds: seconds(view.at - view.startedAt),
    tasks: view.tasks,
    ...(view.cost > 0 ? { cost: view.cost } : {}),
    plans: view.plans.map((plan) => planJson(plan, view)),
    landing: { ...landing, conflicts: landing.conflicts, dropped: landing.dropped },
    overlaps: view.overlaps,
    limited: view.limited.map(({ pool, until }) => ({ pool, until: iso(until) })),
  };
}

function planJson(plan: PlanRow, view: RunView): Record<string, unknown> {
  const { elapsedMs, running, reasons, ...rest } = plan;
  return {
    ...rest,
    ...(elapsedMs === undefined ? {} : { elapsedSeconds: seconds(elapsedMs) }),
    running: running.map(({ startedAt, ...row }) => ({ ...row, startedAt: iso(startedAt), elapsedSeconds: seconds(view.at - startedAt) })),
    reasons: reasons.map((reason) => ({ ...reason, words: because(reason, view.at) })),
  };
}

/** Every task and verify of the run, in the graph's order: `plan status --json --tasks`. */
export function tasksJson(state: RunState): Record<string, unknown>[] {
  return state.nodes.filter(({ node }) => node.kind === 'task' || node.kind === 'verify').map((node) => taskJson(state, node));
}

function taskJson(state: RunState, node: NodeState): Record<string, unknown> {
  const attempt = lastAttempt(node);
  return {
    id: node.node.id,
    plan: node.node.plan,
    ...(node.node.phase === undefined ? {} : { phase: node.node.phase }),
    kind: node.node.kind,
    title: titleOf(state, node),
    status: statusOf(state, node),
    attempts: node.attempts.length,
    ...(attempt === undefined ? {} : { startedAt: iso(attempt.startedAt) }),
    ...(attempt?.endedAt === undefined ? {} : { endedAt: iso(attempt.endedAt) }),
    ...(attempt?.outcome === undefined ? {} : { outcome: attempt.outcome }),
    ...(node.commit === undefined ? {} : { commit: node.commit }),
    ...(node.note === undefined ? {} : { note: node.note }),
  };
}

/** Milliseconds since the epoch as ISO 8601 in UTC. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Milliseconds as seconds with three decimals. */
function seconds(ms: number): number {
  return Math.max(0, Math.round(ms)) / 1000;
}
