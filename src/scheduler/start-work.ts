/** Which ready nodes start now, and what has to happen to their plans' branches before they can. */
import type { NodeId } from '../model/ids.js';
import { longestBackOff } from '../state/apply-attempt.js';
import { slotsOf } from '../state/capacity.js';
import { foldOf, type ChangeablePlan } from '../state/fold.js';
import { isBehind } from '../state/planned.js';
import { commitOf, lastAttempt, type NodeState, type PlanState, type RunState } from '../state/run-state.js';
import type { Decision } from './decision.js';
import { branchKey, type EffectiveLimits, type UnderWay } from './decision-key.js';
import { Frontier, type Candidate, type Next } from './frontier.js';
import { keptPlaces } from './kept-places.js';
import { failedFast } from './plan-deeds.js';
import { fits, hasAny, reserveForWaiting, takePools, type PoolRound } from './pools.js';

/** Of this many starts, one goes to the lane that has waited longest for a turn, whatever its priority. */
const turnEvery = 16;

/** What was held back by limits that nothing in the run itself will lift. */
export interface Held {
  /** Not expected to end before the deadline. */
  deadline: boolean;
  /** The cost budget is used up, or a limit allows nothing at all. */
  limit: boolean;
  /** When the first node starts that a plan made ahead holds back (ms since the epoch). */
  until?: number;
}

/** One answer in the making: what was given out in it counts as taken. */
interface Round extends PoolRound {
  readonly state: RunState;
  readonly limits: EffectiveLimits;
  readonly now: number;
  readonly underWay: UnderWay;
  readonly decisions: Decision[];
  readonly held: Held;
  readonly maxPlans: number;
  readonly slotLimit: number;
  /** Attempts that may still begin. */
  left: number;
  /** Plans that hold a place, and those of them that have something under way or were given something. */
  places: number;
  busy: number;
  /** Worktrees given out in this round, by plan. Like the others below, made when first needed. */
  slots?: Map<number, Set<number>>;
  /** Plans that were given something in this round. */
  served?: Set<number>;
  integrating?: Map<number, Set<NodeId>>;
  opening?: Set<number>;
  given?: Set<number>;
  /** Place in the order of a plan made ahead: everything before it has started, if only in this round. */
  turn: number;
  /** A plan was passed over because there is no place for one more. */
  lackedPlace: boolean;
}

/** Adds starts and the branch deeds that they need first. */
export function startWork(state: RunState, limits: EffectiveLimits, now: number, underWay: UnderWay, decisions: Decision[]): Held {
  const held: Held = { deadline: false, limit: false };
  const { queue } = state;
  if (state.paused || failedFast(state) || (queue.placed.size + queue.unplaced.size + state.delayed.size === 0 && state.byHandReady === 0)) return held;
  const left = limits.tasks - state.running.size - (state.running.size < limits.tasks ? keptPlaces(state) : 0);
  if (state.byHandReady === 0 && limits.tasks > 0 && left <= 0) return held;
  const round = newRound(state, limits, left, now, underWay, decisions, held);
  startByHand(round);
  const { cost } = state.settings.limits;
  const spent = cost !== undefined && state.cost >= cost.amount;
  const nothingAllowed = limits.tasks <= 0;
  const tooLate = limits.untilMs !== undefined && now >= limits.untilMs;
  if (spent || nothingAllowed || tooLate) {
    held.limit = spent || nothingAllowed;
    held.deadline = tooLate;
  } else if (round.left > 0) startQueued(round);
  for (const [plan, inputs] of round.integrating ?? []) {
    decisions.push({ kind: 'integrate', plan: planAt(round, plan).plan.id, inputs: [...inputs] });
  }
  return held;
}

function newRound(state: RunState, limits: EffectiveLimits, left: number, now: number, underWay: UnderWay, decisions: Decision[], held: Held): Round {
  const { settings } = state;
  const plans = Math.min(limits.plans ?? Number.POSITIVE_INFINITY, settings.features.multiPlanOrchestration ? Number.POSITIVE_INFINITY : 1);
  return {
    state,
    limits,
    now,
    underWay,
    decisions,
    held,
    maxPlans: Math.max(1, plans),
    slotLimit: slotsOf(settings),
    left,
    places: state.placed,
    busy: state.busy,
    turn: state.planned?.place ?? 0,
    lackedPlace: false,
  };
}

function planAt(round: Round, index: number): PlanState {
  return (foldOf(round.state).planList as readonly ChangeablePlan[])[index] as PlanState;
}

function startQueued(round: Round): void {
  const { state } = round;
  const { queue } = state;
  reserveForWaiting(round);
  takeTurn(round);
  if (state.delayed.size === 0 && startBest(round)) return;
  const everywhere = new Frontier(queue, (pool) => hasAny(round, pool));
  everywhere.addLanes(queue.placed);
  const full = round.places >= round.maxPlans;
  if (full) round.lackedPlace = queue.unplaced.size > 0;
  else everywhere.addLanes(queue.unplaced);
  addDelayed(round, everywhere);
  walk(round, everywhere);
  if (!round.lackedPlace || round.left <= 0) return;
  // Plans that hold a place without anything to run or to start give it to the others.
  const idle = idlePlaces(round);
  if (idle === 0) return;
  round.places -= idle;
  const others = new Frontier(queue, (pool) => hasAny(round, pool));
  others.addLanes(queue.unplaced);
  walk(round, others);
}

/** Where one place is free and the best node can have it, nothing else has to be looked at. True when that was so. */
function startBest(round: Round): boolean {
  if (round.left !== 1) return false;
  const best = round.state.queue.best();
  if (best === undefined) return true;
  if (!heldByPlan(round, best.node)) consider(round, best);
  return round.left <= 0;
}

/** Places of plans that have nothing under way and were given nothing. */
function idlePlaces(round: Round): number {
  const { queue } = round.state;
  let idle = 0;
  const seen = new Set<number>();
  for (let place = 0; place < queue.placed.size; place++) {
    const plan = planAt(round, (queue.placed.at(place) as number) % round.state.plans.size);
    if (seen.has(plan.index)) continue;
    seen.add(plan.index);
    if (!plan.busy && round.served?.has(plan.index) !== true) idle += 1;
  }
  return idle;
}

/** Every so often the lane that has waited longest goes first. */
function takeTurn(round: Round): void {
  const { state } = round;
  if (state.starts % turnEvery !== turnEvery - 1 || state.queue.turns.size < 2) return;
  const before = round.left;
  const { turns } = state.queue;
  const waiting: number[] = [];
  for (let place = 0; place < Math.min(turns.size, turnEvery); place++) waiting.push(turns.at(place) as number);
  waiting.sort((a, b) => (state.queue.turn[a] as number) - (state.queue.turn[b] as number) || a - b);
  for (const lane of waiting) {
    const frontier = new Frontier(state.queue, (pool) => hasAny(round, pool));
    frontier.addOneLane(lane);
    walk(round, frontier, 1);
    if (round.left < before) return;
  }
}

/** Nodes whose back-off is over by the clock, although no entry has told so yet. */
function addDelayed(round: Round, frontier: Frontier): void {
  const { state, now } = round;
  const { delayed } = state;
  const stack = [0];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const index = delayed.at(place);
    if (index === undefined) continue;
    const node = state.nodes[index] as NodeState;
    // A wait that is longer than any wait is one of before the clock was set back.
    if (node.notBefore > now && node.notBefore - now <= longestBackOff) continue;
    const plan = state.plans.get(node.node.plan) as PlanState;
    const barred = plan.paused || plan.takenOver || plan.refused !== undefined || plan.conflict !== undefined;
    if (!barred) frontier.addNode(index, node.node.kind === 'task' ? plan.index : state.plans.size + plan.index);
    stack.push(2 * place + 1, 2 * place + 2);
  }
}

function walk(round: Round, frontier: Frontier, most = Number.POSITIVE_INFINITY): void {
  let next: Next = 'same-class';
  const stop = round.left - most;
  while (round.left > 0 && round.left > stop) {
    const candidate = frontier.take(next);
    if (!candidate) return;
    if (heldByPlan(round, candidate.node)) return;
    next = consider(round, candidate);
  }
}

/** A plan made ahead has the node start later, and it is not its turn: what comes after it in the order is not due either. */
function heldByPlan(round: Round, node: number): boolean {
  const { state, now, held } = round;
  const { planned } = state;
  if (planned === undefined) return false;
  const due = state.startedAt + (planned.start[node] as number) + planned.slack;
  if (due <= now) return false;
  for (; round.turn < planned.order.length; round.turn++) {
    const next = planned.order[round.turn] as number;
    if (next === node) return false;
    if (round.given?.has(next) !== true && !isBehind(state.nodes[next] as NodeState)) break;
  }
  held.until = Math.min(due, held.until ?? due);
  return true;
}

function consider(round: Round, candidate: Pick<Candidate, 'node' | 'lane'>): Next {
  const { state, limits, now } = round;
  const node = state.nodes[candidate.node] as NodeState;
  if (round.given?.has(node.index) === true) return 'same-class';
  const plan = planAt(round, candidate.lane % state.plans.size);
  const isTask = node.node.kind === 'task';
  const slot = isTask ? freeSlot(round, plan) : verifySlot;
  if (slot === undefined) return 'other-lane';
  if (!hasPlace(round, plan)) {
    round.lackedPlace = true;
    return 'other-lane';
  }
  if (!fits(round, state.queue.usesOf(node.index), node.index)) return 'other-class';
  if (limits.untilMs !== undefined && now + node.node.seconds * 1000 > limits.untilMs) {
    round.held.deadline = true;
    return 'same-class';
  }
  give(round, node, plan, slot);
  return 'same-class';
}

/** Slot of a verify: it has a worktree of its own. */
const verifySlot = -1;

function hasPlace(round: Round, plan: PlanState): boolean {
  // More than may are busy where a person's work is taken up, or the limit was lowered: then nothing begins beside them.
  if ((plan.busy && round.busy <= round.maxPlans) || round.served?.has(plan.index) === true) return true;
  return round.busy < round.maxPlans && (plan.placed || round.places < round.maxPlans);
}

function freeSlot(round: Round, plan: PlanState): number | undefined {
  const given = round.slots?.get(plan.index);
  if (plan.slots.size + (given?.size ?? 0) >= round.slotLimit) return undefined;
  // The plan's own worktree is left to a person who has to do a task in it.
  let slot = plan.awaited.size + plan.byHandReady.size > 0 ? 1 : 0;
  while (plan.slots.has(slot) || given?.has(slot) === true) slot += 1;
  return slot;
}

function give(round: Round, node: NodeState, plan: PlanState, slot: number): void {
  round.left -= 1;
  (round.given ??= new Set()).add(node.index);
  takePools(round, round.state.queue.usesOf(node.index));
  if (round.served?.has(plan.index) !== true) {
    if (!plan.placed) round.places += 1;
    if (!plan.busy) round.busy += 1;
  }
  (round.served ??= new Set()).add(plan.index);
  if (slot !== verifySlot) {
    const given = round.slots?.get(plan.index) ?? new Set<number>();
    (round.slots ??= new Map()).set(plan.index, given.add(slot));
  }
  if (prepared(round, node, plan)) round.decisions.push(startOf(node, plan, slot));
}

/** True when the plan's branch holds what the node builds on; else asks for that. */
function prepared(round: Round, node: NodeState, plan: PlanState): boolean {
  const branchIsFree = plan.moving === undefined && !round.underWay.has(branchKey(plan.plan.id));
  if (!plan.opened) {
    if (branchIsFree && round.opening?.has(plan.index) !== true) {
      (round.opening ??= new Set()).add(plan.index);
      round.decisions.push({ kind: 'open-plan', plan: plan.plan.id, inputs: node.node.imports });
    }
    return false;
  }
  const missing = missingInputs(round.state, node, plan);
  if (missing.length === 0) return true;
  if (branchIsFree && plan.commitQueue.length === 0) {
    const inputs = round.integrating?.get(plan.index) ?? new Set<NodeId>();
    for (const input of missing) inputs.add(input);
    (round.integrating ??= new Map()).set(plan.index, inputs);
  }
  return false;
}

/** Imports of a node that its plan's branch does not contain. */
function missingInputs(state: RunState, node: NodeState, plan: PlanState): readonly NodeId[] {
  const { imports } = node.node;
  if (imports.length === 0) return imports;
  return imports.filter((id) => !plan.integrated.has(id) && commitOf(state, id) !== undefined);
}

function startOf(node: NodeState, plan: PlanState, slot: number): Decision {
  const last = lastAttempt(node);
  const phase = node.node.kind === 'verify' && node.node.phase !== undefined ? plan.phases.get(node.node.phase) : undefined;
  const base = phase?.published?.commit ?? phase?.candidate ?? plan.tip;
  const session = last?.session === undefined ? {} : { session: last.session };
  return { kind: 'start', node: node.node.id, attempt: node.attempts.length + 1, slot, base: base as string, ...session };
}

/** Work that a person says is done is taken up from the plan's own worktree at once: it needs no place, no pool and no limit. */
function startByHand(round: Round): void {
  for (const index of round.state.agenda) {
    const plan = planAt(round, index);
    for (const work of plan.byHandReady) {
      if (plan.slots.has(0) || round.slots?.get(index)?.has(0) === true) break;
      (round.slots ??= new Map()).set(index, new Set([0]));
      const node = round.state.nodes[work] as NodeState;
      if (prepared(round, node, plan)) round.decisions.push(startOf(node, plan, 0));
    }
  }
}
