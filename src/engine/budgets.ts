/** Money that plans and tasks may still spend on agents. */
import type { Execution } from '../model/orchestration.js';
import { planOf, type NodeId } from '../model/ids.js';
import type { NodeState, RunState } from '../state/run-state.js';
import { nodeState } from '../state/run-state.js';

/** A budget that is used up, or the execution within what is left of it. */
export type Budgeted = { readonly spent: string } | { readonly execution: Execution };

/** Less than this buys nothing. */
const leastAmount = 0.01;

/** The execution of an attempt that begins now. Attempts of one plan side by side each get what is left: they may overdraw it once. */
export function withinBudget(state: RunState, node: NodeId, execution: Execution): Budgeted {
  const { executor } = execution;
  const { budgets } = state.settings;
  if (executor.kind !== 'agent' || budgets === undefined) return { execution };
  let left = executor.budget ?? Number.POSITIVE_INFINITY;
  for (const owner of new Set([node, planOf(node)])) {
    const budget = Object.hasOwn(budgets, owner) ? budgets[owner] : undefined;
    if (budget === undefined) continue;
    const spent = owner === node ? costOf(nodeState(state, node)) : costOfPlan(state, owner);
    if (budget - spent < leastAmount) return { spent: `${owner} has spent ${spent.toFixed(2)} of ${budget}` };
    left = Math.min(left, budget - spent);
  }
  return Number.isFinite(left) ? { execution: { ...execution, executor: { ...executor, budget: Number(left.toFixed(4)) } } } : { execution };
}

function costOfPlan(state: RunState, plan: string): number {
  return state.nodes.reduce((sum, node) => (node.node.plan === plan ? sum + costOf(node) : sum), 0);
}

function costOf(node: NodeState | undefined): number {
  return (node?.attempts ?? []).reduce((sum, { outcome }) => sum + (outcome?.usage?.cost ?? 0), 0);
}
