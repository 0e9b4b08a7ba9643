/** Landing events folded: which plans are in the target, which chain of candidates stands, what is known about each. */

import { unreachable } from '../base/assert.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { Candidate, LandingEvent } from '../model/landing-event.js';

/** Everything the landing queue knows. A value: `applyLanding` gives a new one. */
export interface LandingState {
  /** Where the target stands as far as we know: the run's start, our last move, or somebody else's. */
  readonly target: CommitId;
  /** The chain that stands on the target; absent when none was built or the last one is worth nothing. */
  readonly chain?: Chain;
  /** Candidates are being built. */
  readonly preparing?: Preparation;
  /** The last preparation asked for, ended or not: the same question is not asked twice. */
  readonly asked?: Preparation;
  /** Verifications that run now, by commit. */
  readonly verifying: ReadonlyMap<CommitId, RunningVerification>;
  /** What verifications said, by `resultKey`. */
  readonly results: ReadonlyMap<string, VerifyResults>;
  readonly conflicts: ReadonlyMap<PlanId, LandingConflict>;
  readonly dropped: ReadonlyMap<PlanId, DroppedPlan>;
  /** Plans that a person let land. */
  readonly approved: ReadonlyMap<PlanId, Approval>;
  /** The target is about to move; after a kill `recover` asks git whether it did. */
  readonly advancing?: Advance;
  /** Plans in the target, with the tip that landed (null: not known from the chain). */
  readonly landed: ReadonlyMap<PlanId, CommitId | null>;
  /** Every move of the target in this run that still stands, oldest first. */
  readonly advances: readonly Advance[];
  /** Plans a person took back out; they land again only when approved. */
  readonly undone: ReadonlySet<PlanId>;
  /** Branches of these plans are being pushed and their pull requests opened. */
  readonly proposing?: readonly PlanId[];
  /** Pull requests by plan. */
  readonly proposed: ReadonlyMap<PlanId, { readonly head: CommitId; readonly url: string }>;
  readonly pushed?: CommitId;
  /** Why the target cannot move now; until a person acts. */
  readonly refused?: Failure;
  /** How often in a row somebody else moved the target since we last did. */
  readonly moves: number;
  /** How the last plans fared, oldest first, at most `outcomesKept`: what window and batch size follow. */
  readonly outcomes: readonly ('landed' | 'failed')[];
}

export interface Chain {
  readonly onto: CommitId;
  /** Tree of `onto`; absent in journals that did not say. */
  readonly ontoTree?: string;
  readonly candidates: readonly Candidate[];
}

export interface Preparation {
  readonly onto: CommitId;
  readonly plans: readonly PlanId[];
  readonly heads: readonly CommitId[];
}

export interface RunningVerification {
  readonly tree: string;
  readonly attempt: number;
  /** It was told to stop and has not ended yet. */
  readonly abandoned?: boolean;
}

export interface VerifyResults {
  readonly green: number;
  readonly red: number;
  readonly inconclusive: number;
  /** The last one's. */
  readonly note?: string;
}

export interface LandingConflict {
  readonly head: CommitId;
  readonly onto: CommitId;
  readonly with: PlanId | null;
  readonly withHead?: CommitId;
  readonly files: readonly string[];
}

/** A person's word about a plan. */
export interface Approval {
  /** The tip that it was said about; null: whatever the tip is. */
  readonly head: CommitId | null;
  /** All plans that were named at once. */
  readonly together: readonly PlanId[];
}

export interface DroppedPlan {
  readonly reason: 'conflict' | 'verify' | 'dependency';
  /** The tip that was dropped: a new one may try again. Absent: whatever the tip is. */
  readonly head?: CommitId;
  readonly note?: string;
}

export interface Advance {
  readonly plans: readonly PlanId[];
  readonly from: CommitId;
  readonly to: CommitId;
}

const outcomesKept = 16;

/** Nothing has landed; the target stands at `target`. */
export function initialLanding(target: CommitId): LandingState {
  return {
    target,
    verifying: new Map(),
    results: new Map(),
    conflicts: new Map(),
    dropped: new Map(),
    approved: new Map(),
    landed: new Map(),
    advances: [],
    undone: new Set(),
    proposed: new Map(),
    moves: 0,
    outcomes: [],
  };
}

/** What a verification is remembered by: its tree and what stands for the command and its environment. */
export function resultKey(tree: string, key: string | undefined): string {
  return `${tree} ${key ?? ''}`;
}

/** The state after one more fact. */
export function applyLanding(state: LandingState, event: LandingEvent): LandingState {
  switch (event.kind) {
    case 'landing.preparing': {
      const preparation = { onto: event.onto, plans: event.plans, heads: event.heads };
      return { ...state, preparing: preparation, asked: preparation };
    }
    case 'landing.prepared':
      return prepared(state, event);
    case 'landing.conflicted': {
      const { head, onto, with: other, withHead, files } = event;
      return { ...state, conflicts: with_(state.conflicts, event.plan, { head, onto, with: other, ...(withHead && { withHead }), files }) };
    }
    case 'landing.verifying':
      return { ...state, verifying: with_(state.verifying, event.commit, { tree: event.tree, attempt: event.attempt }) };
    case 'landing.abandoning': {
      const running = state.verifying.get(event.commit);
      return running ? { ...state, verifying: with_(state.verifying, event.commit, { ...running, abandoned: true }) } : state;
    }
    case 'landing.verified':
      return verified(state, event);
    case 'landing.dropped':
      return dropped(state, event);
    case 'landing.approved': {
      const approved = new Map(state.approved);
      event.plans.forEach((plan, index) => approved.set(plan, { head: event.heads?.[index] ?? null, together: event.plans }));
      const undone = new Set([...state.undone].filter((plan) => !event.plans.includes(plan)));
      return without({ ...state, approved, undone, moves: 0 }, 'refused', 'asked');
    }
    case 'target.advancing':
      return { ...state, advancing: { plans: event.plans, from: event.from, to: event.to } };
    case 'target.advanced':
      return advanced(state, event);
    case 'target.moved':
      return without({ ...state, target: event.to, moves: state.moves + 1, conflicts: new Map() }, 'chain', 'advancing', 'refused', 'asked');
    case 'landing.refused':
      return without({ ...state, refused: event.failure }, 'advancing', 'preparing', 'proposing');
    case 'target.pushed':
      return { ...state, pushed: event.commit };
    case 'landing.proposing':
      return { ...state, proposing: event.plans };
    case 'landing.proposed': {
      const proposed = with_(state.proposed, event.plan, { head: event.head, url: event.url });
      const left = state.proposing?.filter((plan) => plan !== event.plan) ?? [];
      return left.length > 0 ? { ...state, proposed, proposing: left } : without({ ...state, proposed }, 'proposing');
    }
    case 'target.undone':
      return undone(state, event);
    default:
      return unreachable(event);
  }
}

/** Deeds that a dead process had under way have no end any more: they are asked for again. The intent to move the target stays for `recover`. */
export function forgetRunning(state: LandingState): LandingState {
  return without({ ...state, verifying: new Map() }, 'preparing', 'asked', 'proposing');
}

/** A person wants another try: what was refused, dropped, red or in conflict counts no more (for all plans, or for those named). */
export function forgetFailures(state: LandingState, plans?: readonly PlanId[]): LandingState {
  const keep = <V>(map: ReadonlyMap<PlanId, V>): Map<PlanId, V> => new Map([...map].filter(([plan]) => plans !== undefined && !plans.includes(plan)));
  const results = new Map([...state.results].filter(([, result]) => result.green > 0));
  return without({ ...state, results, conflicts: keep(state.conflicts), dropped: keep(state.dropped), moves: 0 }, 'refused', 'asked');
}

function prepared(state: LandingState, event: LandingEvent & { kind: 'landing.prepared' }): LandingState {
  const inChain = new Map(event.chain.map((candidate) => [candidate.plan, candidate.head]));
  const conflicts = new Map([...state.conflicts].filter(([plan, conflict]) => inChain.get(plan) !== conflict.head));
  const chain: Chain = { onto: event.onto, ...(event.ontoTree !== undefined && { ontoTree: event.ontoTree }), candidates: event.chain };
  return without({ ...state, chain, conflicts }, 'preparing');
}

function verified(state: LandingState, event: LandingEvent & { kind: 'landing.verified' }): LandingState {
  const verifying = new Map(state.verifying);
  verifying.delete(event.commit);
  if (event.result === 'abandoned') return { ...state, verifying };
  const key = resultKey(event.tree, event.key);
  const before = state.results.get(key) ?? { green: 0, red: 0, inconclusive: 0 };
  const result: VerifyResults = { ...before, [event.result]: before[event.result] + 1, ...(event.note !== undefined && { note: event.note }) };
  return { ...state, verifying, results: with_(state.results, key, result) };
}

function dropped(state: LandingState, event: LandingEvent & { kind: 'landing.dropped' }): LandingState {
  const { plan, reason, head, note } = event;
  const entry: DroppedPlan = { reason, ...(head !== undefined && { head }), ...(note !== undefined && { note }) };
  // What met a dropped plan's change may be free of conflict now.
  const conflicts = new Map([...state.conflicts].filter(([, conflict]) => conflict.with !== plan));
  const outcomes = reason === 'verify' ? [...state.outcomes, 'failed' as const].slice(-outcomesKept) : state.outcomes;
  return { ...state, dropped: with_(state.dropped, plan, entry), conflicts, outcomes };
}

function advanced(state: LandingState, event: LandingEvent & { kind: 'target.advanced' }): LandingState {
  const heads = new Map(state.chain?.candidates.map((candidate) => [candidate.plan, candidate.head]));
  const landed = new Map(state.landed);
  const approved = new Map(state.approved);
  const droppedNow = new Map(state.dropped);
  for (const plan of event.plans) {
    landed.set(plan, heads.get(plan) ?? null);
    approved.delete(plan);
    droppedNow.delete(plan);
  }
  const outcomes = [...state.outcomes, ...event.plans.map(() => 'landed' as const)].slice(-outcomesKept);
  const next = { ...state, target: event.to, landed, approved, dropped: droppedNow, outcomes, moves: 0, advances: [...state.advances, { plans: event.plans, from: event.from, to: event.to }] };
  const chain = state.chain && shortened(state.chain, event.to, event.plans);
  return without(chain ? { ...next, chain } : without(next, 'chain'), 'advancing', 'refused', 'asked');
}

/** What is left of a chain once the target stands at one of its candidates. */
function shortened(chain: Chain, target: CommitId, landed: readonly PlanId[]): Chain | undefined {
  const last = chain.candidates.findLastIndex((candidate) => candidate.commit === target && landed.includes(candidate.plan));
  const rest = chain.candidates.slice(last + 1);
  const tree = chain.candidates[last]?.tree;
  if (last < 0 || tree === undefined || rest.length === 0) return undefined;
  return { onto: target, ontoTree: tree, candidates: rest };
}

function undone(state: LandingState, event: LandingEvent & { kind: 'target.undone' }): LandingState {
  const back = state.advances.findLastIndex((advance) => advance.from === event.to);
  const plans = event.plans ?? (back < 0 ? [] : state.advances.slice(back).flatMap((advance) => advance.plans));
  const landed = new Map([...state.landed].filter(([plan]) => !plans.includes(plan)));
  // A commit that reverts stands after the moves that it takes back: they are known by their plans, from the last one on.
  const left = state.advances.findLastIndex((advance) => !advance.plans.every((plan) => plans.includes(plan)));
  const advances = state.advances.slice(0, back < 0 ? left + 1 : back);
  return without({ ...state, target: event.to, landed, advances, undone: new Set([...state.undone, ...plans]) }, 'chain', 'advancing', 'asked');
}

function with_<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): Map<K, V> {
  return new Map(map).set(key, value);
}

/** A copy without optional properties: exact optional types know no `undefined`. */
function without(state: LandingState, ...keys: readonly ('chain' | 'preparing' | 'asked' | 'advancing' | 'proposing' | 'refused')[]): LandingState {
  const copy = { ...state };
  for (const key of keys) delete copy[key];
  return copy;
}
