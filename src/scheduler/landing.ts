/**
 * The landing queue: pure policy over a view of the run. It takes what is certain (a plan to drop, a green candidate to
 * land), then what is worth knowing (a verification), then what has to be built. Nothing here remembers anything: the
 * queue is computed from facts each time.
 */

import { assert } from '../base/assert.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { Candidate } from '../model/landing-event.js';
import { resultKey, type LandingState, type VerifyResults } from '../state/landing-state.js';
import type { LandingDecision } from './landing-decision.js';
import { assess, pace, type Assessment, type Verdict } from './landing-verdict.js';
import { blockedPlans, hasConflict, landingQueue, type LandingQueue, type LandingView } from './landing-view.js';

/** Somebody else may move the target this often in a row before a person is asked. */
const maxMoves = 10;
/** A first red is tried once more, for flakes; so is a verification that gave no answer. */
const triesToBelieve = 2;
const maxTries = 3;

/** Where the landing queue stands as a whole; the engine ends a run by it. */
export type LandingStanding =
  /** A deed is under way or wanted. */
  | { readonly kind: 'busy' }
  /** Plans that still run have to complete first. */
  | { readonly kind: 'waiting' }
  /** Nothing moves before a person acts. */
  | { readonly kind: 'person'; readonly because: LandingStop; readonly plans: readonly PlanId[] }
  /** What could land has landed; these plans will not. */
  | { readonly kind: 'failed'; readonly plans: readonly PlanId[] }
  /** Every plan is in the target. */
  | { readonly kind: 'landed' }
  /** Nothing was asked for (`mode: manual`), or every plan has its pull request. */
  | { readonly kind: 'done' };

export type LandingStop = 'conflict' | 'approval' | 'refused' | 'target-moving' | 'target-red' | 'inconclusive' | 'incomplete';

/** What the landing queue wants now. A deed under way is known from the state, so no decision is given twice. */
export function decideLanding(view: LandingView): LandingDecision[] {
  const { landing } = view;
  if (landing.advancing !== undefined || landing.proposing !== undefined) return [];
  const plan = planned(view);
  if (view.paused || landing.refused !== undefined || landing.moves > maxMoves) return abandoned(view, plan);
  const drops = [...conflictDrops(view), ...dependencyDrops(view), ...culpritDrops(plan)];
  if (drops.length > 0) return drops;
  const advance = advancing(view, plan);
  if (advance !== undefined) return [advance];
  const verify = verifications(view, plan);
  const prepare = preparation(view, plan, verify.length);
  return [...abandoned(view, plan), ...verify, ...(prepare ? [prepare] : [])];
}

/** Where the landing queue stands, for the end of a run and for status. */
export function landingStanding(view: LandingView): LandingStanding {
  const { landing } = view;
  const open = view.plans.filter((plan) => !landing.landed.has(plan.id));
  if (landing.advancing || landing.proposing || landing.preparing || landing.verifying.size > 0 || decideLanding(view).length > 0) return { kind: 'busy' };
  if (open.length === 0) return { kind: 'landed' };
  const ids = (plans: readonly { readonly id: PlanId }[]): PlanId[] => plans.map((one) => one.id);
  const blocked = blockedPlans(view);
  const working = open.some((plan) => plan.condition === 'working' && !blocked.has(plan.id));
  const queue = landingQueue(view);
  const plan = planned(view);
  if (landing.refused) return { kind: 'person', because: 'refused', plans: ids(queue.plans) };
  if (landing.moves > maxMoves) return { kind: 'person', because: 'target-moving', plans: ids(queue.plans) };
  if (working) return { kind: 'waiting' };
  const conflicting = queue.plans.filter((one) => hasConflict(view, one));
  if (conflicting.length > 0) return { kind: 'person', because: 'conflict', plans: ids(conflicting) };
  if (queue.plans.length > 0 && !view.paused && !allProposed(view, queue)) {
    const because = plan.assessment?.kind === 'stuck' ? plan.assessment.because : plan.assessment?.kind === 'ask' ? 'approval' : 'incomplete';
    return { kind: 'person', because, plans: ids(queue.plans) };
  }
  if (view.settings.mode === 'manual' && blocked.size === 0) return { kind: 'done' };
  if (queue.plans.length > 0 && queue.plans.length === open.length) return { kind: 'done' };
  const proposed = open.filter((one) => !isProposed(landing, one.id, one.tip));
  return proposed.length === 0 ? { kind: 'done' } : { kind: 'failed', plans: ids(proposed) };
}

/** The queue together with the part of the chain that serves it, judged. */
interface Planned {
  /** Up to the first plan that waits for a person because of a conflict. */
  readonly queue: LandingQueue;
  /** Candidates that stand on the target, in the queue's order. */
  readonly candidates: readonly Candidate[];
  /** Absent: nothing stands that could be judged. */
  readonly assessment?: Assessment;
}

function planned(view: LandingView): Planned {
  const whole = landingQueue(view);
  const conflict = whole.plans.findIndex((plan) => hasConflict(view, plan));
  const length = conflict < 0 ? whole.plans.length : whole.atomic ? 0 : conflict;
  const queue: LandingQueue = { ...whole, plans: whole.plans.slice(0, length), allowed: Math.min(whole.allowed, length) };
  const { chain, target } = view.landing;
  const standing = chain?.onto === target ? chain.candidates : [];
  const differs = standing.findIndex((candidate, index) => queue.plans[index]?.id !== candidate.plan || queue.plans[index].tip !== candidate.head);
  const candidates = differs < 0 ? standing : standing.slice(0, differs);
  if (candidates.length === 0 || (queue.atomic && candidates.length < length)) return { queue, candidates };
  return { queue, candidates, assessment: judged(view, queue, candidates) };
}

function judged(view: LandingView, queue: LandingQueue, candidates: readonly Candidate[]): Assessment {
  const { landing } = view;
  const { window, batch } = pace(landing.outcomes, view.lanes);
  const trees = [landing.chain?.ontoTree, ...candidates.map((candidate) => candidate.tree)];
  const runningTrees = new Set([...landing.verifying.values()].filter((one) => one.abandoned !== true).map((one) => one.tree));
  const running = new Set([...trees.keys()].filter((position) => runningTrees.has(trees[position] ?? '')));
  const verdicts = trees.map((tree, position): Verdict => {
    if (position > 0 && (view.verify === undefined || candidates[position - 1]?.commit === landing.target)) return 'green';
    // A journal that does not say the target's tree: the target cannot be judged, so nobody is blamed.
    return tree === undefined ? 'inconclusive' : verdict(landing.results.get(resultKey(tree, view.verify)));
  });
  const unproposed = candidates.findIndex((candidate) => !isProposed(landing, candidate.plan, candidate.head));
  const proposed = view.settings.pullRequests ? (unproposed < 0 ? candidates.length : unproposed) : 0;
  return assess(verdicts, { atomic: queue.atomic, allowed: queue.allowed, window, batch, running, proposed });
}

/** What several tries say together. One green is green: the same tree passed. */
function verdict(results: VerifyResults | undefined): Verdict {
  if (results === undefined) return 'unknown';
  if (results.green > 0) return 'green';
  if (results.red >= triesToBelieve) return 'red';
  return results.inconclusive >= triesToBelieve || results.red + results.inconclusive >= maxTries ? 'inconclusive' : 'unknown';
}

/** `onConflict: skip` leaves a plan out that does not merge. */
function conflictDrops(view: LandingView): LandingDecision[] {
  if (view.settings.onConflict !== 'skip') return [];
  return landingQueue(view).plans.filter((plan) => hasConflict(view, plan)).map((plan) => ({ kind: 'drop', plan: plan.id, reason: 'conflict', head: plan.tip }));
}

/** A dependent leaves with its dependency: said once for each, whether it is complete yet or not. */
function dependencyDrops(view: LandingView): LandingDecision[] {
  const { landing } = view;
  if (landing.dropped.size === 0) return [];
  const out = new Set(view.plans.filter((plan) => isOut(view, plan.id)).map((plan) => plan.id));
  return view.plans
    .filter((plan) => !landing.landed.has(plan.id) && !landing.dropped.has(plan.id) && plan.restsOn.some((id) => out.has(id)))
    .map((plan) => ({ kind: 'drop', plan: plan.id, reason: 'dependency', ...(plan.tip !== undefined && { head: plan.tip }) }));
}

function isOut(view: LandingView, id: PlanId): boolean {
  return view.landing.dropped.has(id) && blockedPlans(view).has(id);
}

function culpritDrops(plan: Planned): LandingDecision[] {
  if (plan.assessment?.kind !== 'culprit') return [];
  const candidate = plan.candidates[plan.assessment.position - 1];
  assert(candidate, 'the culprit stands in the chain');
  return [{ kind: 'drop', plan: candidate.plan, reason: 'verify', head: candidate.head }];
}

function advancing(view: LandingView, plan: Planned): LandingDecision | undefined {
  if (plan.assessment?.kind !== 'advance') return undefined;
  const landing = plan.candidates.slice(0, plan.assessment.to);
  const last = landing.at(-1);
  assert(last, 'an advance moves at least one plan');
  if (view.settings.pullRequests) {
    const open = landing.filter((candidate) => !isProposed(view.landing, candidate.plan, candidate.head));
    return open.length === 0 ? undefined : { kind: 'propose', plans: open.map((one) => one.plan), heads: open.map((one) => one.head) };
  }
  // A chain that is being built anew must go on from where the target will stand.
  const { preparing } = view.landing;
  if (preparing && landing.some((candidate, index) => preparing.heads[index] !== candidate.head)) return undefined;
  return { kind: 'advance-target', plans: landing.map((candidate) => candidate.plan), from: view.landing.target, to: last.commit };
}

function verifications(view: LandingView, plan: Planned): LandingDecision[] {
  if (plan.assessment?.kind !== 'verify') return [];
  const { landing } = view;
  const decisions: LandingDecision[] = [];
  const underway = new Set([...landing.verifying.values()].map((one) => one.tree));
  for (const position of plan.assessment.positions) {
    const subject = position === 0 ? targetItself(landing) : plan.candidates[position - 1];
    if (subject === undefined || underway.has(subject.tree)) continue;
    if (underway.size >= view.lanes) break;
    underway.add(subject.tree);
    const before = landing.results.get(resultKey(subject.tree, view.verify));
    const attempt = 1 + (before ? before.red + before.inconclusive : 0);
    decisions.push({ kind: 'verify-landing', commit: subject.commit, tree: subject.tree, attempt, key: view.verify ?? '' });
  }
  return decisions;
}

function targetItself(landing: LandingState): { readonly commit: CommitId; readonly tree: string } | undefined {
  return landing.chain?.ontoTree === undefined ? undefined : { commit: landing.target, tree: landing.chain.ontoTree };
}

/** Build what is missing: at once for an atomic chain or where nothing stands, else only when a lane would be idle. */
function preparation(view: LandingView, plan: Planned, begun: number): LandingDecision | undefined {
  const { landing } = view;
  const { queue, candidates } = plan;
  if (landing.preparing || candidates.length >= queue.plans.length) return undefined;
  const extends_ = !queue.atomic && candidates.length > 0;
  const idle = begun === 0 && landing.verifying.size < pace(landing.outcomes, view.lanes).window;
  if (extends_ && view.verify !== undefined && !idle) return undefined;
  const plans = queue.plans.map((one) => one.id);
  const heads = queue.plans.map((one) => one.tip);
  const { asked, target } = landing;
  const same = asked !== undefined && asked.onto === target && sameList(asked.plans, plans) && sameList(asked.heads, heads);
  return same ? undefined : { kind: 'prepare-landing', plans, heads, onto: target, keep: candidates };
}

/** Verifications whose commit is in no chain any more. */
function abandoned(view: LandingView, plan: Planned): LandingDecision[] {
  const wanted = new Set(plan.candidates.map((candidate) => candidate.commit));
  if (wanted.size > 0) wanted.add(view.landing.target);
  return [...view.landing.verifying]
    .filter(([commit, running]) => !wanted.has(commit) && running.abandoned !== true)
    .map(([commit]) => ({ kind: 'abandon-verify', commit }));
}

function allProposed(view: LandingView, queue: LandingQueue): boolean {
  return view.settings.pullRequests && queue.plans.every((plan) => isProposed(view.landing, plan.id, plan.tip));
}

function isProposed(landing: LandingState, plan: PlanId, head: CommitId | undefined): boolean {
  return head !== undefined && landing.proposed.get(plan)?.head === head;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
