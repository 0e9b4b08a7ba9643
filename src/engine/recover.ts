/** What a new process finds out about the old one's unfinished deeds: git is asked, not memory. */
import type { Event } from '../model/event.js';
import type { CommitId, NodeId, PlanId } from '../model/ids.js';
import { lastAttempt, type NodeState, type PlanState, type RunState } from '../state/run-state.js';
import type { Hands } from './hands.js';
import { movedFailure, salvageRef } from './plan-refs.js';
import { done } from './verdict.js';

/**
 * Compares the state that the journal gives with what git shows, one unfinished thing after the other, and gives the facts.
 * `marked`: tasks of which a person says, in a request that still waits, that they are done: what stands in their worktrees is their work.
 * The caller records each batch before it asks for the next. Run it after the old process is proved dead and its children are ended.
 *
 * Intents that need nothing here: a prepared branch move is simply asked for again by `decide`, because a compare-and-swap that
 * finds its new value already there has come true; so does the commit of a passed attempt, whose deed recognises its own commit.
 */
export async function* recover(state: RunState, hands: Hands, marked: ReadonlySet<NodeId> = new Set()): AsyncGenerator<readonly Event[]> {
  yield [{ kind: 'run.resumed' }];
  const unkept = state.nodes.filter((node) => isUnkept(state, node));
  for (const node of lostAttempts(state)) yield await endLost(state, hands, node, marked);
  for (const node of unkept) {
    const events = await keepLate(hands, node);
    if (events.length > 0) yield events;
  }
  if (state.landing.advancing) yield await hands.landing.recover(state.landing.advancing);
  for (const plan of state.plans.values()) {
    const events = await compareBranch(hands, plan);
    if (events.length > 0) yield events;
  }
}

/** Attempts that had begun and have no end in the journal. */
function lostAttempts(state: RunState): readonly NodeId[] {
  return state.nodes.filter((node) => node.attempts.length > 0 && lastAttempt(node)?.outcome === undefined).map((node) => node.node.id);
}

async function endLost(state: RunState, hands: Hands, node: NodeId, marked: ReadonlySet<NodeId>): Promise<readonly Event[]> {
  const index = state.graph.indexOf.get(node) as number;
  const last = lastAttempt(state.nodes[index] as RunState['nodes'][number]);
  if (!last) return [];
  const lost: Event = { kind: 'attempt.finished', node, attempt: last.number, outcome: { result: 'lost', reason: 'interrupted' } };
  const { path } = hands.slot(node, last.slot);
  if (hands.view.nodeKind(node) === 'verify' || !hands.exists(path)) return [lost];
  if (hands.view.isByHand(node) || marked.has(node)) {
    const left = await hands.plans.inspect(path);
    return [{ kind: 'attempt.finished', node, attempt: last.number, outcome: done({ result: 'lost', ...left }) }];
  }
  const kept = await hands.plans.salvage(path, last.base, salvageRef(node, last.number), `${node} attempt ${last.number} lost: the orchestrator was killed`);
  return [lost, ...(kept ? [{ kind: 'work.salvaged', node, attempt: last.number, ...kept } as const] : [])];
}

/**
 * An attempt that ended badly when git could not say what it left: the end has no HEAD then. True while nobody else has been in
 * its worktree since.
 */
function isUnkept(state: RunState, { node, stage, attempts }: NodeState): boolean {
  const last = attempts.at(-1);
  if (node.kind !== 'task' || last?.outcome === undefined || last.salvaged !== undefined) return false;
  const { result, reason, head } = last.outcome;
  if (stage === 'passed' || stage === 'committed' || result === 'passed' || head !== undefined || reason === 'setup') return false;
  if (state.plans.get(node.plan)?.slots.has(last.slot) === true) return false;
  const isLater = ({ slot, startedAt }: (typeof attempts)[number]): boolean => slot === last.slot && startedAt > last.startedAt;
  return !state.nodes.some((other) => other.node.kind === 'task' && other.node.plan === node.plan && other.attempts.some(isLater));
}

async function keepLate(hands: Hands, { node: { id }, attempts }: NodeState): Promise<readonly Event[]> {
  const last = attempts.at(-1);
  const path = hands.slot(id, last?.slot ?? 0).path;
  if (last?.outcome === undefined || !hands.exists(path)) return [];
  const kept = await hands.plans.salvage(path, last.base, salvageRef(id, last.number), `${id} attempt ${last.number} ${last.outcome.result}: ${last.outcome.reason ?? ''}`);
  return kept ? [{ kind: 'work.salvaged', node: id, attempt: last.number, ...kept }] : [];
}

/** A plan's branch may have been moved by a person while nobody watched. */
async function compareBranch(hands: Hands, state: PlanState): Promise<readonly Event[]> {
  const { plan, tip, moving } = state;
  if (!state.opened || tip === undefined || moving) return [];
  const found = await hands.plans.resolve(`refs/heads/${plan.branch}`);
  if (found === tip) return [];
  if (found === undefined) return putBack(hands, plan.id, plan.branch, tip);
  if (await hands.plans.isAncestor(tip, found)) return [{ kind: 'plan.advanced', plan: plan.id, from: tip, tip: found }];
  return [{ kind: 'plan.refused', plan: plan.id, failure: movedFailure(plan.branch, tip, found) }];
}

/** A branch that was deleted by hand is made again at our tip, which is known. */
async function putBack(hands: Hands, plan: PlanId, branch: string, tip: CommitId): Promise<readonly Event[]> {
  const moved = await hands.plans.moveBranch(branch, null, tip);
  return moved.ok ? [] : [{ kind: 'plan.refused', plan, failure: movedFailure(branch, tip, moved.error.found) }];
}
