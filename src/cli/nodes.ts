/** Names of tasks, phases and plans as people type them, against what a run has. */
import { nearestName } from '../base/text.js';
import type { Failure } from '../model/failure.js';
import type { RunState } from '../state/run-state.js';
import { usageFailure } from './usage.js';

/** What to say about a name that the run does not have. */
export function unknownNode(id: string, state: RunState): Failure {
  const meant = nearestName(id, state.graph.nodes.map((node) => node.id));
  return usageFailure('unknown-node', `the run has no task, phase or plan \`${id}\``, meant === undefined ? 'see `plan status --tasks`' : `did you mean \`${meant}\`?`);
}

/** What to say about a plan that the run does not have. */
export function unknownPlan(plan: string, state: RunState): Failure {
  const meant = nearestName(plan, state.plans.keys());
  return usageFailure('unknown-plan', `the run has no plan \`${plan}\``, meant === undefined ? `its plans: ${[...state.plans.keys()].slice(0, 20).join(', ')}` : `did you mean \`${meant}\`?`);
}
