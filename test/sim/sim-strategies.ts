/** How a branch becomes part of a chain of candidates, in memory: merge, squash, rebase and fast-forward as in src/landing/strategies.ts. */
import { unreachable } from '../../src/base/assert.js';
import { err, ok, type Result } from '../../src/base/result.js';
import type { CommitId, PlanId } from '../../src/model/ids.js';
import type { Candidate } from '../../src/model/landing-event.js';
import type { LandingSettings } from '../../src/model/orchestration.js';
import { reverts, sameTree, type SimCommit, type SimRepository, type SimTrailers, type Tree } from './sim-git.js';

/** What the next plan lands on. */
export interface Ground {
  readonly published: CommitId;
  readonly shadow: CommitId;
}

export interface SimConflict {
  readonly ours: CommitId;
  readonly theirs: CommitId;
  readonly files: readonly string[];
}

export interface SimMerged {
  readonly tree: Tree;
  readonly resolved?: NonNullable<Candidate['resolved']>;
}

/** `reverted`: it was taken back in a way that only a person can take back. */
export type SimStep = Result<Ground & Pick<Candidate, 'resolved'>, SimConflict | 'reverted'>;

/** A replay of a branch's commits. */
interface Replayed extends SimMerged {
  readonly last: SimCommit | undefined;
  readonly onto: CommitId;
}

export class SimStrategies {
  private readonly repository: SimRepository;
  private readonly strategy: LandingSettings['strategy'];
  private readonly settle: (conflict: SimConflict) => Promise<SimMerged | undefined>;

  constructor(repository: SimRepository, strategy: LandingSettings['strategy'], settle: (conflict: SimConflict) => Promise<SimMerged | undefined>) {
    this.repository = repository;
    this.strategy = strategy;
    this.settle = settle;
  }

  /** One plan onto the ground. What the ground holds already changes nothing. */
  async land(ground: Ground, plan: PlanId, head: CommitId, commits: readonly CommitId[]): Promise<SimStep> {
    const { repository } = this;
    const isHeld = repository.isAncestor(head, ground.shadow);
    const reverted = head !== ground.published ? this.takenBack(ground, plan, head, commits) : undefined;
    if (reverted === undefined) return isHeld ? ok(ground) : this.bringOn(ground, plan, head);
    if (!reverted.whole || this.strategy === 'ff-only') return err('reverted');
    let there: Ground & Pick<Candidate, 'resolved'> = ground;
    for (const by of reverted.by) {
      const step = await this.reapply(there, by);
      if (!step.ok) return step;
      there = step.value;
    }
    return isHeld ? ok(there) : this.bringOn(there, plan, head);
  }

  private async bringOn(ground: Ground, plan: PlanId, head: CommitId): Promise<SimStep> {
    const { repository } = this;
    switch (this.strategy) {
      case 'merge': {
        const merged = await this.bring(ground, plan, head);
        if (!merged.ok) return merged;
        const commit = repository.commit([ground.published, head], merged.value.tree, `Merge plan ${plan}`);
        return ok({ published: commit, shadow: commit, ...resolvedOf(merged.value) });
      }
      case 'squash':
        return this.squash(ground, plan, head);
      case 'rebase':
        return this.rebase(ground, plan, head);
      case 'ff-only':
        return repository.isAncestor(ground.published, head) ? ok({ published: head, shadow: head }) : err({ ours: ground.published, theirs: head, files: [] });
      default:
        return unreachable(this.strategy);
    }
  }

  /** The reverts, above the head, of the landings that brought it or what the branch was before; undefined: none that stands. */
  private takenBack(ground: Ground, plan: PlanId, head: CommitId, commits: readonly CommitId[]): { readonly by: readonly CommitId[]; readonly whole: boolean } | undefined {
    const { repository } = this;
    const merged: CommitId[] = [];
    for (const { by, named } of this.standingReverts(head, ground.published)) {
      const { parents, subject, trailers } = repository.get(named);
      if (named === head || ((commits.includes(named) || trailers.some(([key, value]) => key === 'Plan-Id' && value === plan)) && repository.isAncestor(named, head))) return { by: [by], whole: false };
      const brought = parents.slice(1);
      if (brought.includes(head) || (subject === `Merge plan ${plan}` && brought.some((parent) => repository.isAncestor(parent, head)))) merged.unshift(by);
    }
    return merged.length === 0 ? undefined : { by: merged, whole: true };
  }

  /** Newest first. */
  private standingReverts(head: CommitId, tip: CommitId): readonly { readonly by: CommitId; readonly named: CommitId }[] {
    const { repository } = this;
    const held = repository.ancestors(head);
    const undone = new Set<CommitId>();
    return [...repository.ancestors(tip)]
      .filter((id) => !held.has(id))
      .sort()
      .reverse()
      .flatMap((by) => {
        const named = repository.get(by).trailers.find(([key]) => key === reverts)?.[1];
        if (named === undefined || undone.has(by)) return [];
        undone.add(named);
        return [{ by, named }];
      });
  }

  /** Reverts the revert. */
  private async reapply(ground: Ground, revert: CommitId): Promise<SimStep> {
    const { repository } = this;
    const { tree } = repository.get(ground.published);
    const before = repository.get(repository.get(revert).parents[0] as CommitId).tree;
    const merged = await this.merge(repository.standIn(tree, [revert]), repository.standIn(before, [revert]));
    if (!merged.ok) return merged;
    const commit = repository.commit([ground.published], merged.value.tree, 'Reapply', [[reverts, revert]]);
    return ok({ published: commit, shadow: commit, ...resolvedOf(merged.value) });
  }

  private clean(ours: CommitId, theirs: CommitId): Result<SimMerged, SimConflict> {
    const merged = this.repository.merge(ours, theirs);
    return merged.ok ? ok({ tree: merged.value }) : err({ ours, theirs, files: merged.error });
  }

  private async merge(ours: CommitId, theirs: CommitId): Promise<Result<SimMerged, SimConflict>> {
    const merged = this.clean(ours, theirs);
    if (merged.ok) return merged;
    const settled = await this.settle(merged.error);
    return settled === undefined ? merged : ok(settled);
  }

  /** Merges what the branch brings; where that does not merge by itself its tip may, and else it is what has to be settled. */
  private async bring(ground: Ground, plan: PlanId, head: CommitId): Promise<Result<SimMerged, SimConflict>> {
    const source = this.source(ground, plan, head);
    if (source !== head) {
      for (const what of [source, head]) {
        const clean = this.clean(ground.shadow, what);
        if (clean.ok) return clean;
      }
    }
    return this.merge(ground.shadow, source);
  }

  /** The branch without the merges of ours at its end that bring in only what the ground holds. */
  private source(ground: Ground, plan: PlanId, head: CommitId): CommitId {
    const { repository } = this;
    const held = repository.ancestors(ground.shadow);
    for (let at = head; ; ) {
      const { parents, tree, subject, trailers } = repository.get(at);
      const [before, merged, third] = parents;
      if (before === undefined || merged === undefined || third !== undefined || held.has(before) || !held.has(merged)) return at;
      const ours = subject.startsWith('Merge ') && trailers.some(([key, value]) => key === 'Plan-Id' && value === plan) && !trailers.some(([key]) => key === 'Plan-Task');
      const again = repository.merge(before, merged);
      if (!ours || !again.ok || !sameTree(again.value, tree)) return at;
      at = before;
    }
  }

  private async squash(ground: Ground, plan: PlanId, head: CommitId): Promise<SimStep> {
    const { repository } = this;
    const merged = await this.bring(ground, plan, head);
    if (!merged.ok) return merged;
    const { tree } = merged.value;
    if (sameTree(tree, repository.get(ground.published).tree)) return ok({ ...ground, shadow: this.shadow(ground.published, tree, ground, head) });
    const commit = repository.commit([ground.published], tree, `${plan}: squashed`, [headIs(head)]);
    return ok({ published: commit, shadow: this.shadow(commit, tree, ground, head), ...resolvedOf(merged.value) });
  }

  private async rebase(ground: Ground, plan: PlanId, head: CommitId): Promise<SimStep> {
    const { repository } = this;
    if (ground.shadow === ground.published && isLine(repository, ground.published, head)) return ok({ published: head, shadow: head });
    const replayed = await this.replayBranch(ground, plan, head);
    if (!replayed.ok) return replayed;
    if (replayed.value === 'as-a-whole') return this.squash(ground, plan, head);
    const { last, onto, tree } = replayed.value;
    if (last === undefined) return ok({ ...ground, shadow: this.shadow(ground.published, tree, ground, head) });
    const commit = repository.commit([onto], tree, last.subject, [...last.trailers, headIs(head)]);
    return ok({ published: commit, shadow: this.shadow(commit, tree, ground, head), ...resolvedOf(replayed.value) });
  }

  private async replayBranch(ground: Ground, plan: PlanId, head: CommitId): Promise<Result<Replayed | 'as-a-whole', SimConflict>> {
    const source = this.source(ground, plan, head);
    if (source !== head) {
      const clean = await this.replayOwn(ground, source, (ours, theirs) => Promise.resolve(this.clean(ours, theirs)));
      if (clean.ok && clean.value !== 'as-a-whole') return clean;
    }
    return this.replayOwn(ground, head, (ours, theirs) => this.merge(ours, theirs));
  }

  private async replayOwn(ground: Ground, head: CommitId, merge: SimStrategies['merge']): Promise<Result<Replayed | 'as-a-whole', SimConflict>> {
    const { repository } = this;
    const own = this.own(ground.shadow, head);
    const undone = new Set(this.standingReverts(head, ground.shadow).map(({ named }) => named));
    const mine = new Set(own.flatMap((commit) => (commit.parents.length > 1 ? [] : [this.changeOf(commit)])));
    const twins = this.own(head, ground.shadow).filter((commit) => commit.parents.length < 2 && mine.has(this.changeOf(commit)));
    const there = new Set(twins.some((commit) => undone.has(commit.id)) ? [] : twins.map((commit) => this.changeOf(commit)));
    const straight = await this.replay(ground, own.filter((commit) => commit.parents.length < 2 && !there.has(this.changeOf(commit))), merge);
    if (!own.some((commit) => commit.parents.length > 1)) return straight;
    const whole = await merge.call(this, ground.shadow, head);
    if (straight.ok && whole.ok && sameTree(straight.value.tree, whole.value.tree)) return straight;
    if (!whole.ok) return straight.ok ? straight : whole;
    const held = repository.ancestors(ground.shadow);
    const line: SimCommit[] = [];
    for (let at: CommitId | undefined = head; at !== undefined && !held.has(at); at = repository.get(at).parents[0]) line.unshift(repository.get(at));
    const along = await this.replay(ground, line, merge);
    return along.ok && sameTree(along.value.tree, whole.value.tree) ? along : ok('as-a-whole');
  }

  /** Commits of `head` that `held` does not hold, parents first; a side line before what it was merged into. */
  private own(held: CommitId, head: CommitId): readonly SimCommit[] {
    const { repository } = this;
    const seen = new Set(repository.ancestors(held));
    const ordered: SimCommit[] = [];
    const visit = (id: CommitId): void => {
      if (seen.has(id)) return;
      seen.add(id);
      const commit = repository.get(id);
      for (const parent of commit.parents) visit(parent);
      ordered.push(commit);
    };
    visit(head);
    return ordered;
  }

  /** What a commit changes, so that the same change under another id is known again. */
  private changeOf({ parents, tree }: SimCommit): string {
    const before = parents[0] === undefined ? new Map<string, string>() : this.repository.get(parents[0]).tree;
    const paths = [...new Set([...before.keys(), ...tree.keys()])].filter((path) => before.get(path) !== tree.get(path)).sort();
    return JSON.stringify(paths.map((path) => [path, before.get(path) ?? null, tree.get(path) ?? null]));
  }

  private async replay(ground: Ground, commits: readonly SimCommit[], merge: SimStrategies['merge']): Promise<Result<Replayed, SimConflict>> {
    const { repository } = this;
    let at = { tip: ground.published, tree: repository.get(ground.published).tree };
    let last: SimCommit | undefined;
    let onto = ground.published;
    let resolved: Candidate['resolved'];
    for (const commit of commits) {
      const [base] = commit.parents;
      const ours = repository.standIn(at.tree, base === undefined ? [] : [base]);
      const merged = await merge.call(this, ours, commit.id);
      if (!merged.ok) return merged;
      const { tree } = merged.value;
      const wasEmpty = base !== undefined && sameTree(repository.get(base).tree, commit.tree);
      if (sameTree(tree, at.tree) && (!wasEmpty || commit.parents.length > 1)) continue;
      resolved = merged.value.resolved ?? resolved;
      onto = at.tip;
      last = commit;
      at = { tip: repository.commit([at.tip], tree, commit.subject, commit.trailers), tree };
    }
    return ok({ last, onto, tree: at.tree, ...(resolved !== undefined && { resolved }) });
  }

  /** The landed tree once more, as a commit that holds the published history, all that landed before, and the branch. */
  private shadow(published: CommitId, tree: Tree, ground: Ground, head: CommitId): CommitId {
    const parents = [...new Set([published, ground.shadow, head])].filter((parent) => parent !== ground.published || published === ground.published);
    return this.repository.standIn(tree, parents);
  }
}

function headIs(head: CommitId): SimTrailers[number] {
  return ['Plan-Head', head];
}

function resolvedOf({ resolved }: SimMerged): Pick<Candidate, 'resolved'> {
  return resolved === undefined ? {} : { resolved };
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

/** Where history is not kept by merging, trailers say what the target holds. */
export function firstGround(repository: SimRepository, onto: CommitId, strategy: string, heads: readonly CommitId[]): Ground {
  if (strategy !== 'squash' && strategy !== 'rebase') return { published: onto, shadow: onto };
  const known = new Set(heads.flatMap((head) => [...repository.ancestors(head)]));
  const held = [...repository.ancestors(onto)].filter((id) => !known.has(id)).sort().reverse();
  const undone = new Set(held.flatMap((id) => repository.get(id).trailers.flatMap(([key, value]) => (key === reverts ? [value] : []))));
  const parents = [...new Set(held.filter((id) => !undone.has(id)).flatMap((id) => repository.get(id).trailers.flatMap(([key, value]) => (key === 'Plan-Head' ? [value] : []))))];
  return { published: onto, shadow: parents.length === 0 ? onto : repository.standIn(repository.get(onto).tree, [onto, ...parents]) };
}
