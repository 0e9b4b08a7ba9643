/** The landing queue's deeds on a repository in memory. */
import { unreachable } from '../../src/base/assert.js';
import type { LandingHands } from '../../src/engine/hands.js';
import type { Event } from '../../src/model/event.js';
import type { CommitId, PlanId } from '../../src/model/ids.js';
import type { Candidate } from '../../src/model/landing-event.js';
import type { LandingDecision } from '../../src/scheduler/landing-decision.js';
import type { Advance } from '../../src/state/landing-state.js';
import type { World } from './world.js';

/** What the verification of a candidate says, by what stands in its tree. */
export type Verdict = (commit: CommitId) => 'green' | 'red' | 'inconclusive';

export class SimLanding implements LandingHands {
  private readonly life: number;
  private readonly abandoned = new Set<CommitId>();
  private readonly world: World;
  private readonly target: string;
  private readonly verdict: Verdict;
  /** Sets the target without looking at what stands there. */
  private readonly careless: boolean;

  constructor(world: World, target: string, verdict: Verdict, careless = false) {
    this.careless = careless;
    this.world = world;
    this.target = target;
    this.verdict = verdict;
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
        return decision.plans.map((plan, index) => ({ kind: 'landing.proposed', plan, head: decision.heads[index] as CommitId, url: '' }));
      default:
        return unreachable(decision);
    }
  }

  async recover({ plans, from, to }: Advance): Promise<readonly Event[]> {
    await this.world.step(this.life, false);
    const found = this.current();
    if (found === to || this.world.repository.isAncestor(to, found)) {
      const advanced: Event = { kind: 'target.advanced', plans, from, to };
      return found === to ? [advanced] : [advanced, { kind: 'target.moved', from: to, to: found }];
    }
    return found === from ? this.advance(plans, from, to) : [{ kind: 'target.moved', from, to: found }];
  }

  cancelAll(): void {
    // Verifications of the simulation end by themselves.
  }

  private current(): CommitId {
    return this.world.repository.refs.get(this.target) as CommitId;
  }

  private prepare({ plans, heads, onto, keep }: Extract<LandingDecision, { kind: 'prepare-landing' }>): readonly Event[] {
    const { repository } = this.world;
    const found = this.current();
    if (found !== onto) return [{ kind: 'landing.prepared', onto, chain: [] }, { kind: 'target.moved', from: onto, to: found }];
    const chain: Candidate[] = [...keep];
    let tip = keep.at(-1)?.commit ?? onto;
    for (const [index, plan] of plans.entries()) {
      const head = heads[index] as CommitId;
      if (chain.some((candidate) => candidate.plan === plan)) continue;
      const merged = repository.merge(tip, head);
      if (!merged.ok) {
        const other = chain.find((candidate) => !repository.merge(candidate.head, head).ok);
        const met: PlanId | null = other?.plan ?? null;
        return [
          { kind: 'landing.prepared', onto, chain },
          { kind: 'landing.conflicted', plan, head, onto: tip, with: met, ...(other && { withHead: other.head }), files: merged.error },
        ];
      }
      if (!repository.isAncestor(head, tip)) tip = repository.commit([tip, head], merged.value, `Land ${plan}`);
      chain.push({ plan, head, commit: tip, tree: treeId(repository.get(tip).tree) });
    }
    return [{ kind: 'landing.prepared', onto, ontoTree: treeId(repository.get(onto).tree), chain }];
  }

  private async verify({ commit, tree, attempt, key }: Extract<LandingDecision, { kind: 'verify-landing' }>): Promise<readonly Event[]> {
    await this.world.clock.sleep(1000 * (1 + this.world.chance.below(60)));
    await this.world.step(this.life, false);
    const result = this.abandoned.delete(commit) ? 'abandoned' : this.verdict(commit);
    return [{ kind: 'landing.verified', commit, tree, result, attempt, key }];
  }

  private async advance(plans: readonly PlanId[], from: CommitId, to: CommitId): Promise<readonly Event[]> {
    const moved = this.world.repository.swap(this.target, this.careless ? this.current() : from, to);
    await this.world.step(this.life, false);
    if (moved.ok || moved.error.found === to) return [{ kind: 'target.advanced', plans, from, to }];
    return [{ kind: 'target.moved', from, to: moved.error.found as CommitId }];
  }
}

/** A name for a tree that is equal exactly when the trees are. */
export function treeId(tree: ReadonlyMap<string, string>): string {
  return JSON.stringify([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
}
