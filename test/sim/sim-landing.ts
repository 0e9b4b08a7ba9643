/** The landing queue's deeds on a repository in memory: every strategy and policy, as the real ones define them. */
import { unreachable } from '../../src/base/assert.js';
import { err, ok, type Result } from '../../src/base/result.js';
import type { LandingHands } from '../../src/engine/hands.js';
import type { Event } from '../../src/model/event.js';
import type { CommitId, PlanId } from '../../src/model/ids.js';
import type { Candidate } from '../../src/model/landing-event.js';
import type { LandingDecision } from '../../src/scheduler/landing-decision.js';
import type { Advance } from '../../src/state/landing-state.js';
import type { RunState } from '../../src/state/run-state.js';
import type { SimRepository, Tree } from './sim-git.js';
import type { World } from './world.js';

/** What the verification of a candidate says, by what stands in its tree. */
export type Verdict = (commit: CommitId) => 'green' | 'red' | 'inconclusive';

export interface SimLandingParts {
  readonly state: RunState;
  readonly target: string;
  readonly verdict: Verdict;
  /** Sets the target without looking at what stands there. */
  readonly careless?: boolean;
  /** Called before the target moves. */
  readonly moving?: (from: CommitId, to: CommitId) => void;
}

/** What the next plan lands on: as in src/landing. */
interface Ground {
  readonly published: CommitId;
  readonly shadow: CommitId;
}

export class SimLanding implements LandingHands {
  private readonly life: number;
  private readonly abandoned = new Set<CommitId>();
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
      case 'prepare-landing':
        return this.prepare(decision);
      case 'verify-landing':
        return this.verify(decision);
      case 'abandon-verify':
        this.abandoned.add(decision.commit);
        return [];
      case 'drop':
        return [{ kind: 'landing.dropped', plan: decision.plan, reason: decision.reason, ...(decision.head && { head: decision.head }) }];
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
    // Verifications of the simulation end by themselves.
  }

  private current(): CommitId {
    return this.world.repository.refs.get(this.parts.target) as CommitId;
  }

  private async prepare({ plans, heads, onto, keep }: Extract<LandingDecision, { kind: 'prepare-landing' }>): Promise<readonly Event[]> {
    const { repository } = this.world;
    const { state } = this.parts;
    const { strategy, onConflict } = state.settings.landing;
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
      const step = await this.step(ground, plan, head);
      if (!step.ok) {
        const origin = originOf(repository, head, step.error, earlier);
        events.push({ kind: 'landing.conflicted', plan, head, onto: ground.published, with: origin?.plan ?? null, ...(origin && { withHead: origin.head }), files: step.error });
        out.add(plan);
        if (onConflict === 'skip') continue;
        break;
      }
      const { published, shadow, resolved } = step.value;
      chain.push({ plan, head, commit: published, tree: treeId(repository.get(published).tree), ...(shadow !== published && { shadow }), ...(resolved && { resolved }) });
      earlier.push({ plan, head });
      ground = { published, shadow };
    }
    await this.world.step(this.life, false);
    return [...events, { kind: 'landing.prepared', onto, ontoTree: treeId(repository.get(onto).tree), chain }];
  }

  /** One plan onto the ground; the error names the files in conflict. */
  private async step(ground: Ground, plan: PlanId, head: CommitId): Promise<Result<Ground & Pick<Candidate, 'resolved'>, readonly string[]>> {
    const { repository } = this.world;
    const { strategy } = this.parts.state.settings.landing;
    if (repository.isAncestor(head, ground.shadow)) return ok(ground);
    if (strategy === 'ff-only') return repository.isAncestor(ground.published, head) ? ok({ published: head, shadow: head }) : err([]);
    if (strategy === 'rebase' && ground.shadow === ground.published && isLine(repository, ground.published, head)) return ok({ published: head, shadow: head });
    const clean = repository.merge(ground.shadow, head);
    const merged = clean.ok ? { tree: clean.value } : await this.settle(ground, head, clean.error);
    if (merged === undefined) return err(clean.ok ? [] : clean.error);
    const resolved = 'resolved' in merged ? { resolved: merged.resolved } : {};
    if (strategy === 'merge') {
      const commit = repository.commit([ground.published, head], merged.tree, `Land ${plan}`);
      return ok({ published: commit, shadow: commit, ...resolved });
    }
    const same = treeId(merged.tree) === treeId(repository.get(ground.published).tree);
    const published = same ? ground.published : repository.commit([ground.published], merged.tree, `Land ${plan}`, [['Plan-Head', head]]);
    const parents = [...new Set([published, ground.shadow, head])].filter((parent) => parent !== ground.published || published === ground.published);
    return ok({ published, shadow: repository.commit(parents, merged.tree, 'shadow'), ...resolved });
  }

  /** A conflict settled by policy; undefined: a person has to. */
  private async settle(ground: Ground, head: CommitId, files: readonly string[]): Promise<{ readonly tree: Tree; readonly resolved: NonNullable<Candidate['resolved']> } | undefined> {
    const policy = this.parts.state.settings.landing.onConflict;
    if (policy === 'stop' || policy === 'skip') return undefined;
    if (policy === 'agent' || policy === 'command') {
      await this.world.clock.sleep(1000 * this.world.chance.below(600));
      await this.world.step(this.life, false);
      if (this.world.faults.hard && this.world.chance.hits(0.3)) return undefined;
    }
    const { repository } = this.world;
    const side = repository.get(policy === 'theirs' ? head : ground.published).tree;
    return { tree: repository.mergePreferring(ground.shadow, head, side, files), resolved: policy };
  }

  private async verify({ commit, tree, attempt, key }: Extract<LandingDecision, { kind: 'verify-landing' }>): Promise<readonly Event[]> {
    await this.world.clock.sleep(1000 * (1 + this.world.chance.below(60)));
    await this.world.step(this.life, false);
    const result = this.abandoned.delete(commit) ? 'abandoned' : this.parts.verdict(commit);
    return [{ kind: 'landing.verified', commit, tree, result, attempt, key }];
  }

  private async propose({ plans, heads }: Extract<LandingDecision, { kind: 'propose' }>): Promise<readonly Event[]> {
    const events: Event[] = [];
    for (const [index, plan] of plans.entries()) {
      await this.world.step(this.life, false);
      if (this.world.chance.hits(this.world.faults.race / 3)) return [...events, refused('forge-down')];
      events.push({ kind: 'landing.proposed', plan, head: heads[index] as CommitId, url: '' });
    }
    return events;
  }

  /** Finds out what was done, and does the rest: the same for the first time and after a kill. */
  private async advance(plans: readonly PlanId[], from: CommitId, to: CommitId): Promise<readonly Event[]> {
    const { world } = this;
    const { repository } = world;
    if (world.chance.hits(world.faults.race)) {
      if (world.chance.hits(0.3)) return [refused('target-checkout-dirty')];
      moveTarget(world);
    }
    const advanced: Event = { kind: 'target.advanced', plans, from, to };
    const found = this.current();
    if (found !== to) {
      this.parts.moving?.(from, to);
      const moved = repository.swap(this.parts.target, this.parts.careless ? found : from, to);
      await world.step(this.life, false);
      if (!moved.ok) return repository.isAncestor(to, found) ? [advanced, { kind: 'target.moved', from: to, to: found }] : [{ kind: 'target.moved', from, to: found }];
    }
    return this.parts.state.settings.landing.push ? [advanced, { kind: 'target.pushed', remote: 'origin', commit: to }] : [advanced];
  }
}

function refused(code: string): Event {
  return { kind: 'landing.refused', failure: { kind: 'person', code, message: 'the target cannot move now' } };
}

/** Somebody else commits to the target. */
export function moveTarget(world: World): void {
  const { repository, chance } = world;
  const tip = repository.refs.get('refs/heads/main') as string;
  repository.refs.set('refs/heads/main', repository.commit([tip], new Map([...repository.get(tip).tree, [`foreign-${chance.below(1000)}`, 'theirs']]), 'somebody else'));
}

/** Where history is not kept by merging, trailers say what the target holds. */
function firstGround(repository: SimRepository, onto: CommitId, strategy: string, heads: readonly CommitId[]): Ground {
  if (strategy !== 'squash' && strategy !== 'rebase') return { published: onto, shadow: onto };
  const known = new Set(heads.flatMap((head) => [...repository.ancestors(head)]));
  const held = [...repository.ancestors(onto)].filter((id) => !known.has(id)).flatMap((id) => repository.get(id).trailers.flatMap(([key, value]) => (key === 'Plan-Head' ? [value] : [])));
  const parents = [...new Set(held)];
  return { published: onto, shadow: parents.length === 0 ? onto : repository.commit([onto, ...parents], repository.get(onto).tree, 'shadow') };
}

/** True when `head` goes on from `from` without a merge. */
function isLine(repository: SimRepository, from: CommitId, head: CommitId): boolean {
  for (let at = head; at !== from; ) {
    const [parent, other] = repository.get(at).parents;
    if (parent === undefined || other !== undefined) return false;
    at = parent;
  }
  return true;
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

/** A name for a tree that is equal exactly when the trees are. */
export function treeId(tree: Tree): string {
  let id = names.get(tree);
  if (id === undefined) names.set(tree, (id = JSON.stringify([...tree].sort(([a], [b]) => (a < b ? -1 : 1)))));
  return id;
}

const names = new WeakMap<Tree, string>();
