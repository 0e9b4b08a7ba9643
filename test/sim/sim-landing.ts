/** The landing queue's deeds on a repository in memory: every policy, as src/landing defines them. */
import { unreachable } from '../../src/base/assert.js';
import { commitsOf } from '../../src/engine/landing-hands.js';
import type { LandingHands } from '../../src/engine/hands.js';
import type { Event } from '../../src/model/event.js';
import type { CommitId, PlanId } from '../../src/model/ids.js';
import type { Candidate } from '../../src/model/landing-event.js';
import type { LandingDecision } from '../../src/scheduler/landing-decision.js';
import type { Advance } from '../../src/state/landing-state.js';
import type { RunState } from '../../src/state/run-state.js';
import type { Chance } from './chance.js';
import { treeId, type SimRepository } from './sim-git.js';
import { firstGround, SimStrategies, type Ground, type SimConflict, type SimMerged } from './sim-strategies.js';
import { pushTarget } from './sim-push.js';
import type { World } from './world.js';

/** What the verification of a candidate says, by what stands in its tree. */
export type Verdict = (commit: CommitId, chance: Chance) => 'green' | 'red' | 'inconclusive';

export interface SimLandingParts {
  readonly state: RunState;
  readonly target: string;
  readonly verdict: Verdict;
  /** Sets the target without looking at what stands there. */
  readonly careless?: boolean;
  /** Pushes over whatever the remote has. */
  readonly leaseless?: boolean;
  /** Takes every verification for a good one. */
  readonly credulous?: boolean;
  /** Called before the target moves. */
  readonly moving?: (from: CommitId, to: CommitId) => void;
}

type Of<K extends LandingDecision['kind']> = Extract<LandingDecision, { kind: K }>;

export class SimLanding implements LandingHands {
  private readonly life: number;
  /** Verifications that run, and those of them that are not wanted any more. */
  private readonly verifying = new Set<CommitId>();
  private readonly abandoned = new Set<CommitId>();
  private stopped = false;
  private readonly world: World;
  private readonly parts: SimLandingParts;

  constructor(world: World, parts: SimLandingParts) {
    this.world = world;
    this.parts = parts;
    this.life = world.life;
  }

  async perform(decision: LandingDecision): Promise<readonly Event[]> {
    await this.world.step(this.life, false);
    switch (decision.kind) {
      case 'prepare-landing': {
        const events = await this.prepare(decision);
        // A conflict that nobody had the time to settle is none that waits for a person.
        return this.stopped && events.some((event) => event.kind === 'landing.conflicted') ? [] : events;
      }
      case 'verify-landing':
        return this.verify(decision);
      case 'abandon-verify':
        if (this.verifying.has(decision.commit)) this.abandoned.add(decision.commit);
        return [];
      case 'drop':
        return [{ kind: 'landing.dropped', plan: decision.plan, reason: decision.reason, ...(decision.head !== undefined && { head: decision.head }) }];
      case 'advance-target':
        return this.advance(decision.plans, decision.from, decision.to);
      case 'propose':
        return this.propose(decision);
      default:
        return unreachable(decision);
    }
  }

  recover({ plans, from, to }: Advance): Promise<readonly Event[]> {
    return this.advance(plans, from, to);
  }

  cancelAll(): void {
    this.stopped = true;
    for (const commit of this.verifying) this.abandoned.add(commit);
  }

  private current(): CommitId {
    return this.world.repository.refs.get(this.parts.target) as CommitId;
  }

  private async prepare({ plans, heads, onto, keep }: Of<'prepare-landing'>): Promise<readonly Event[]> {
    const { repository } = this.world;
    const { state } = this.parts;
    const { strategy, onConflict } = state.settings.landing;
    const chance = this.world.fateOf('conflicts');
    const strategies = new SimStrategies(repository, strategy, (conflict) => this.settle(conflict, chance));
    const events: Event[] = [];
    const chain: Candidate[] = [];
    const out = new Set<PlanId>();
    const earlier = [...state.landing.landed].flatMap(([plan, head]) => (head === null ? [] : [{ plan, head }]));
    const last = keep.at(-1);
    let ground: Ground = last ? { published: last.commit, shadow: last.shadow ?? last.commit } : firstGround(repository, onto, strategy, heads);
    for (const [index, plan] of plans.entries()) {
      const head = heads[index] as CommitId;
      const kept = keep[index];
      if (kept) {
        chain.push(kept);
        earlier.push({ plan, head });
        continue;
      }
      if (state.plans.get(plan)?.restsOn.some((one) => out.has(one)) === true) {
        out.add(plan);
        continue;
      }
      const step = await strategies.land(ground, plan, head, commitsOf(state, plan));
      if (!step.ok) {
        if (step.error === 'reverted') return [refused('landing-was-reverted')];
        const { files } = step.error;
        const origin = originOf(repository, head, files, earlier);
        events.push({ kind: 'landing.conflicted', plan, head, onto: ground.published, with: origin?.plan ?? null, ...(origin && { withHead: origin.head }), files });
        out.add(plan);
        if (onConflict === 'skip') continue;
        break;
      }
      const { published, shadow, resolved } = step.value;
      chain.push({ plan, head, commit: published, tree: treeId(repository.get(published).tree), ...(shadow !== published && { shadow }), ...(resolved && { resolved }) });
      earlier.push({ plan, head });
      ground = { published, shadow };
    }
    // The last candidate holds all those before it: one ref keeps the chain.
    const pinned = chain.at(-1);
    if (pinned) repository.refs.set(`refs/plan-runs/${state.run}/candidates/chain`, pinned.shadow ?? pinned.commit);
    await this.world.step(this.life, false);
    return [...events, { kind: 'landing.prepared', onto, ontoTree: treeId(repository.get(onto).tree), chain }];
  }

  /** A conflict settled by policy; undefined: a person has to. */
  private async settle({ ours, theirs, files }: SimConflict, chance: Chance): Promise<SimMerged | undefined> {
    const policy = this.parts.state.settings.landing.onConflict;
    if (policy === 'stop' || policy === 'skip' || files.length === 0) return undefined;
    if ((policy === 'agent' || policy === 'command') && !(await settlesInTime(this.world, this.life, chance))) return undefined;
    const { repository } = this.world;
    const side = repository.get(policy === 'theirs' ? theirs : ours).tree;
    return { tree: repository.mergePreferring(ours, theirs, side, files), resolved: policy };
  }

  private async verify({ commit, tree, attempt, key }: Of<'verify-landing'>): Promise<readonly Event[]> {
    const chance = this.world.fateOf(`verify ${commit}`);
    this.verifying.add(commit);
    const found = await judgeInTime(this.world, this.life, chance, () => this.parts.verdict(commit, chance));
    if (found === 'green') this.world.proved.add(tree);
    const verdict = this.parts.credulous ? 'green' : found;
    this.verifying.delete(commit);
    const result = this.abandoned.delete(commit) ? 'abandoned' : verdict;
    return [{ kind: 'landing.verified', commit, tree, result, attempt, key }];
  }

  private async propose({ plans, heads }: Of<'propose'>): Promise<readonly Event[]> {
    const { repository, faults, chance } = this.world;
    const events: Event[] = [];
    for (const [index, plan] of plans.entries()) {
      const head = heads[index] as CommitId;
      const ref = `refs/heads/${this.parts.state.plans.get(plan)?.plan.branch ?? ''}`;
      await this.world.step(this.life, false);
      if (!this.world.serial && chance.hits(faults.race / 3)) return [...events, refused('forge-down')];
      const there = repository.remote.get(ref);
      // Without force a branch only goes forward.
      if (there !== undefined && !repository.isAncestor(there, head)) return [...events, refused('push-rejected')];
      for (const refs of [repository.remote, repository.tracking]) refs.set(ref, head);
      this.world.reached('push');
      events.push({ kind: 'landing.proposed', plan, head, url: '' });
    }
    return events;
  }

  /** Finds out what was done, and does the rest: the same for the first time and after a kill. The push comes first. */
  private async advance(plans: readonly PlanId[], from: CommitId, to: CommitId): Promise<readonly Event[]> {
    const { world, parts } = this;
    const { repository } = world;
    if (!world.serial && world.chance.hits(world.faults.race)) {
      if (world.chance.hits(0.3)) return [refused('target-checkout-dirty')];
      moveTarget(world);
    }
    const { push } = parts.state.settings.landing;
    if (!world.serial && push && world.chance.hits(world.faults.remote)) pushElsewhere(world);
    const advanced: Event = { kind: 'target.advanced', plans, from, to };
    const overtaken = (found: CommitId, base = from): readonly Event[] => (repository.isAncestor(to, found) ? [advanced, { kind: 'target.moved', from: to, to: found }] : [{ kind: 'target.moved', from: base, to: found }]);
    // A target that is pushed may have been rebuilt on what the remote has: then the branch here is still behind that.
    const isReady = (found: CommitId): boolean => found === to || found === from || parts.careless === true || (push && repository.isAncestor(found, from));
    if (!isReady(this.current())) return overtaken(this.current());
    if (push) {
      parts.moving?.(from, to);
      const pushed = pushTarget(repository, this.current(), to, parts.leaseless);
      if (pushed.kind === 'refused') return [refused(pushed.code)];
      if (pushed.kind === 'moved') return overtaken(pushed.to);
      world.reached('push');
      await world.step(this.life, false);
    }
    const after: readonly Event[] = push ? [{ kind: 'target.pushed', remote: 'origin', commit: to }] : [];
    const found = this.current();
    if (!isReady(found)) return [...overtaken(found), ...after];
    if (found !== to) {
      parts.moving?.(from, to);
      const moved = repository.swap(parts.target, found, to);
      if (moved.ok) world.reached('branch');
      await world.step(this.life, false);
      if (!moved.ok && moved.error.found !== null) return [...overtaken(moved.error.found, found), ...after];
    }
    return [advanced, ...after];
  }
}

/** A verification that takes its time; the verdict is passed in its end. */
export async function judgeInTime<T>(world: World, life: number, chance: Chance, verdict: () => T): Promise<T> {
  await world.rest(life, 1000 * (1 + chance.below(60)));
  await world.step(life, false);
  return verdict();
}

/** A worker on a conflict that takes its time; false: it gave up. */
export async function settlesInTime(world: World, life: number, chance: Chance): Promise<boolean> {
  await world.rest(life, 1000 * chance.below(600));
  await world.step(life, false);
  return !(world.faults.hard && chance.hits(0.3));
}

function refused(code: string): Event {
  return { kind: 'landing.refused', failure: { kind: 'person', code, message: 'the target cannot move now' } };
}

/** Somebody else commits to the target. */
export function moveTarget({ ground, chance }: World): void {
  ground.commitOn('refs/heads/main', `foreign-${chance.below(1000)}`, 'theirs', 'somebody else');
}

/** Somebody else pushes to the target's branch on the remote. */
export function pushElsewhere({ ground, chance }: World): void {
  ground.pushElsewhere(`pushed-${chance.below(1000)}`, 'theirs', 'somebody else');
}

/** The earlier plan, the later one of equals, that conflicts in most of the files. */
function originOf(repository: SimRepository, head: CommitId, files: readonly string[], earlier: readonly { readonly plan: PlanId; readonly head: CommitId }[]): { readonly plan: PlanId; readonly head: CommitId } | undefined {
  let best: { readonly work: { readonly plan: PlanId; readonly head: CommitId }; readonly shared: number } | undefined;
  for (const work of [...earlier].reverse()) {
    const merged = repository.merge(work.head, head);
    const shared = merged.ok ? 0 : files.filter((file) => merged.error.includes(file)).length;
    if (shared > (best?.shared ?? 0)) best = { work, shared };
  }
  return best?.work;
}
