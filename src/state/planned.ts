/** Follows a plan made ahead: which of its nodes is next. */
import type { ChangeableNode, Fold } from './fold.js';
import type { FollowedPlan, NodeState } from './run-state.js';

/** Share of the whole planned time that a node waits for its turn beyond its planned start. */
const slackShare = 0.02;

/** The plan of the options; undefined where none is given or where it was made for another graph. */
export function plannedOf(fold: Fold): FollowedPlan | undefined {
  const { order: rank, plannedStart: start } = fold.options;
  const size = fold.nodes.length;
  if (rank?.length !== size || start?.length !== size) return undefined;
  const order = Int32Array.from({ length: size }, (_, index) => index).sort((a, b) => (rank[a] as number) - (rank[b] as number));
  const last = order[size - 1];
  const slack = last === undefined ? 0 : slackShare * (start[last] as number);
  return { start, slack, order, place: 0 };
}

/** Moves on to the first node of the plan that could still start and has not. */
export function advancePlanned(fold: Fold): void {
  const { planned } = fold;
  if (!planned) return;
  while (planned.place < planned.order.length && isBehind(fold.nodes[planned.order[planned.place] as number] as ChangeableNode)) planned.place += 1;
}

/** True when a plan made ahead need not wait for the node: it began, is over, will never begin, or is no work of ours. */
export function isBehind(node: NodeState): boolean {
  const isWork = node.node.kind === 'task' || node.node.kind === 'verify';
  // What takes no time is in no plan: nothing waits for its turn.
  return !isWork || node.node.seconds === 0 || node.stage !== 'idle' || node.bad || node.byHand !== undefined || node.manual;
}
