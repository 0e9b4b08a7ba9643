/** Where a task or verify stands and why, as people are told: what only a stop of the run holds back has not failed. */
import { planOf, type NodeId } from '../model/ids.js';
import type { NodeState, RunState } from '../state/run-state.js';
import { explain, taskStatus, type Explanation, type TaskStatus } from '../state/task-status.js';

/** As `taskStatus`, but what waits for nothing worse than work that was cancelled, or ended with the run, waits. */
export function statusOf(state: RunState, node: NodeState): TaskStatus {
  const status = taskStatus(state, node);
  return status === 'blocked' && isCutOff(state, node) ? 'waiting' : status;
}

/** Names in one reason at most. */
const mostNamed = 5;

/** Why a task or verify does not go on, in names that people know: gates inside a plan are followed to what they stand for. */
export function reasonsOf(state: RunState, node: NodeState, now: number): readonly Explanation[] {
  return explain(state, node, now).map((reason): Explanation => {
    if (reason.kind === 'blocked-by' && isCutOff(state, node)) return { ...reason, kind: 'waits-for' };
    if (reason.kind !== 'waits-for' || reason.need !== undefined) return reason;
    const named = new Set<NodeId>();
    const seen = new Set<number>();
    const follow = (index: number): void => {
      const one = state.nodes[index];
      if (one === undefined || one.done || seen.has(index)) return;
      seen.add(index);
      const { kind, id } = one.node;
      if (kind !== 'start' && kind !== 'open' && kind !== 'group') named.add(id);
      else for (const before of state.graph.before[index] ?? []) follow(before);
    };
    for (const before of state.graph.before[node.index] ?? []) follow(before);
    // What other plans owe says more than what the plan itself has still to do.
    const foreign = [...named].filter((id) => planOf(id) !== node.node.plan);
    const nodes = foreign.length > 0 ? foreign : [...named];
    return { kind: 'waits-for', nodes: nodes.slice(0, mostNamed), more: Math.max(0, nodes.length - mostNamed) };
  });
}

const known = new WeakMap<RunState, { readonly entries: number; readonly failed: ReadonlySet<number> }>();

function isCutOff(state: RunState, node: NodeState): boolean {
  let found = known.get(state);
  if (found?.entries !== state.entries) {
    found = { entries: state.entries, failed: failedOf(state) };
    known.set(state, found);
  }
  return !found.failed.has(node.index);
}

/** What failed, or is stopped with its plan, and all that cannot go on because of it: in the graph's order what comes before comes first. */
function failedOf(state: RunState): ReadonlySet<number> {
  const failed = new Set<number>();
  for (const { index, stage, bad, node } of state.nodes) {
    if (!bad) continue;
    const plan = state.plans.get(node.plan);
    const own = stage === 'failed' || plan?.refused !== undefined || plan?.conflict !== undefined;
    if (own || (state.graph.before[index] ?? []).some((before) => failed.has(before))) failed.add(index);
  }
  return failed;
}
