/** The deeds of src/git/deeds.ts on a repository in memory, with a step of the world before and after every effect. */
import { assert } from '../../src/base/assert.js';
import { err, ok, type Result } from '../../src/base/result.js';
import type { AttemptWork, MergeConflict, MergeMessage, PlanDeeds, PreparedWorktree, WorktreeSlot } from '../../src/git/deeds.js';
import type { CommitRejection } from '../../src/model/event.js';
import type { Failure } from '../../src/model/failure.js';
import type { CommitId } from '../../src/model/ids.js';
import { mergeTrees, sameTree, type SimCommit, type SimWorktree, type Tree } from './sim-git.js';
import { firstGround } from './sim-strategies.js';
import type { World } from './world.js';

interface OwnCommit {
  readonly commit: SimCommit;
  /** The parent that the line comes from. */
  readonly before: CommitId;
}

interface Inspected {
  readonly head: CommitId;
  readonly dirty: boolean;
}

export class SimPlanDeeds implements PlanDeeds {
  private readonly life: number;
  private readonly world: World;
  private readonly run: string;
  /** Called before a branch moves. */
  private readonly moving: (branch: string, to: CommitId) => void;
  /** What was seen once, to be used once. */
  private readonly seen = new Map<string, Inspected>();

  constructor(world: World, run: string, moving: (branch: string, to: CommitId) => void = () => undefined) {
    this.world = world;
    this.life = world.life;
    this.run = run;
    this.moving = moving;
  }

  private get repository(): World['repository'] {
    return this.world.repository;
  }

  async resolve(ref: string): Promise<CommitId | undefined> {
    await this.world.step(this.life, false);
    return this.repository.refs.get(ref) ?? (this.repository.commits.has(ref) ? ref : undefined);
  }

  async isAncestor(ancestor: CommitId, commit: CommitId): Promise<boolean> {
    await this.world.step(this.life, false);
    return this.repository.isAncestor(ancestor, commit);
  }

  async mergeInMemory(tip: CommitId, commits: readonly { readonly name: string; readonly commit: CommitId }[], message: MergeMessage): Promise<Result<CommitId, MergeConflict>> {
    await this.world.step(this.life, true);
    const { repository } = this;
    let onto = tip;
    const distinct = [...new Map(commits.map((each) => [each.commit, each])).values()];
    const wanted = distinct.filter(({ commit }) => !repository.isAncestor(commit, tip) && !distinct.some((other) => other.commit !== commit && repository.isAncestor(commit, other.commit)));
    for (const { name, commit } of wanted) {
      // What was squashed or rebased into one side counts as common where nothing else makes them merge.
      const plain = repository.merge(onto, commit);
      const merged = plain.ok ? plain : repository.merge(firstGround(repository, onto, 'squash', [commit]).shadow, firstGround(repository, commit, 'squash', [onto]).shadow);
      if (!merged.ok) return err({ name, commit, files: merged.error });
      const subject = wanted.length > 1 ? `${message.subject} (${name})` : message.subject;
      onto = repository.commit([onto, commit], merged.value, subject, message.trailers);
    }
    await this.world.step(this.life, false);
    return ok(onto);
  }

  async moveBranch(branch: string, from: CommitId | null, to: CommitId): Promise<Result<void, { readonly found: CommitId | null }>> {
    await this.world.step(this.life, true);
    this.moving(branch, to);
    const { repository } = this;
    const ref = `refs/heads/${branch}`;
    const stood = repository.refs.get(ref);
    // One whose branch was deleted has no commit to be detached at: it stays, and stands on the branch again once that is there.
    if (from !== to) for (const worktree of repository.worktrees.values()) if (worktree.branch === branch && repository.refs.has(ref)) this.detach(worktree);
    let moved = repository.swap(ref, from, to);
    if (!moved.ok && from !== null && moved.error.found !== null) {
      const { found } = moved.error;
      // An executor that moved the branch itself, along the very commits that are to be put there.
      if (repository.isAncestor(from, found) && repository.isAncestor(found, to)) moved = repository.swap(ref, found, to);
    }
    if (repository.refs.get(ref) !== stood) this.world.reached('branch');
    await this.world.step(this.life, false);
    return moved;
  }

  async pin(name: string, commit: CommitId): Promise<void> {
    await this.world.step(this.life, true);
    const ref = this.refOf(name);
    const found = this.repository.refs.get(ref);
    assert(found === undefined || found === commit, `published ${ref} would change`);
    this.repository.refs.set(ref, commit);
    if (found === undefined) this.world.reached('pin');
    await this.world.step(this.life, false);
  }

  async prepareWorktree(slot: WorktreeSlot, commit: CommitId): Promise<Result<PreparedWorktree, Failure>> {
    await this.world.step(this.life, true);
    const { repository } = this;
    const { path } = slot;
    this.seen.delete(path);
    const worktree = repository.worktrees.get(path);
    if (worktree === undefined) {
      this.forget(path);
      // One that is not whole yet the next process takes away again, before it looks at anything else.
      this.world.reached('worktree');
    } else if (slot.disposable !== true) {
      const head = repository.headOf(worktree);
      if (repository.isDirty(worktree) || !(head === commit || this.isKept(worktree, commit))) {
        this.keep(worktree, commit, this.refOf(`salvage/${slot.plan}/found-${String(slot.slot)}`), `Found in the worktree of ${slot.plan} before an attempt`);
      }
    }
    repository.worktrees.set(path, { head: commit, files: new Map(repository.get(commit).tree), branch: undefined });
    await this.world.step(this.life, false);
    return ok({ path, fresh: worktree === undefined });
  }

  async inspect(path: string): Promise<Inspected> {
    await this.world.step(this.life, false);
    const worktree = this.worktree(path);
    const found = { head: this.repository.headOf(worktree), dirty: this.repository.isDirty(worktree) };
    this.seen.set(path, found);
    return found;
  }

  async commitAttempt(work: AttemptWork): Promise<Result<{ readonly commit: CommitId; readonly changed: boolean }, { readonly reason: CommitRejection; readonly files: readonly string[] }>> {
    await this.world.step(this.life, true);
    const { repository } = this;
    const known = this.seen.get(work.path);
    this.seen.delete(work.path);
    const worktree = repository.worktrees.get(work.path);
    let { head } = work;
    if (worktree === undefined) {
      if (work.dirty) return err({ reason: 'git', files: [] });
    } else {
      const isKnown = known !== undefined && known.head === work.head && known.dirty === work.dirty;
      const status = isKnown ? known : { head: repository.headOf(worktree), dirty: repository.isDirty(worktree) };
      head = status.head;
      this.detach(worktree);
      if (status.dirty && repository.isDirty(worktree)) {
        head = repository.commit([worktree.head], new Map(worktree.files), work.subject, work.trailers);
        worktree.head = head;
        this.world.reached('commit');
        await this.world.step(this.life, false);
      }
    }
    const own = this.ownCommits(work.base, head);
    if (own === undefined) return err({ reason: 'rewritten', files: [] });
    if (own.length === 0) return ok({ commit: work.tip, changed: false });
    const replayed = this.replay(own, work.base, work.tip);
    if (!replayed.ok) return err({ reason: 'conflict', files: replayed.error });
    if (worktree !== undefined && replayed.value !== head) worktree.taken = { from: head, to: replayed.value };
    await this.world.step(this.life, false);
    return ok({ commit: replayed.value, changed: replayed.value !== work.tip });
  }

  async salvage(path: string, base: CommitId, refName: string, message: string): Promise<{ readonly ref: string; readonly commit: CommitId } | undefined> {
    await this.world.step(this.life, false);
    const { repository } = this;
    this.seen.delete(path);
    const worktree = repository.worktrees.get(path);
    if (worktree === undefined) {
      const entry = repository.gone.get(path);
      const head = entry === undefined ? '' : repository.headOf(entry);
      return head === '' || repository.isAncestor(head, base) ? undefined : this.nameFree(this.refOf(refName), head);
    }
    const kept = this.keep(worktree, base, this.refOf(refName), message);
    await this.world.step(this.life, false);
    Object.assign(worktree, { head: base, branch: undefined, files: new Map(repository.get(base).tree) });
    return kept;
  }

  async attach(path: string, branch: string): Promise<void> {
    await this.world.step(this.life, false);
    const { repository } = this;
    const worktree = repository.worktrees.get(path);
    const tip = repository.refs.get(`refs/heads/${branch}`);
    if (worktree === undefined || tip === undefined || worktree.branch === branch) return;
    if ([...repository.worktrees.values()].some((other) => other.branch === branch)) return;
    const head = repository.headOf(worktree);
    const files = carryOver(head === '' ? new Map() : repository.get(head).tree, repository.get(tip).tree, worktree.files);
    if (files === undefined) return;
    worktree.branch = branch;
    worktree.files = files;
  }

  private refOf(name: string): string {
    return `refs/plan-runs/${this.run}/${name}`;
  }

  /** An entry whose folder is gone makes room; commits that only its HEAD leads to are kept. */
  private forget(path: string): void {
    const { repository } = this;
    const entry = repository.gone.get(path);
    repository.gone.delete(path);
    const head = entry === undefined ? '' : repository.headOf(entry);
    if (head === '' || repository.isReachable(head)) return;
    repository.refs.set(this.refOf(`salvage/dropped/${head}`), head);
    this.world.reached('pin');
  }

  /** True when what stands at HEAD is on the branch, as it is or carried over. */
  private isKept(worktree: SimWorktree, commit: CommitId): boolean {
    const { repository } = this;
    const head = repository.headOf(worktree);
    if (worktree.taken?.from === head && repository.isAncestor(worktree.taken.to, commit)) return true;
    return head !== '' && repository.isAncestor(head, commit);
  }

  /** Keeps a worktree's tree, or else its commits, as far as `base` does not hold them. */
  private keep(worktree: SimWorktree, base: CommitId, ref: string, message: string): { readonly ref: string; readonly commit: CommitId } | undefined {
    const { repository } = this;
    const head = repository.headOf(worktree) || base;
    if (repository.isDirty(worktree)) return this.nameFree(ref, repository.commit([head], new Map(worktree.files), message));
    return repository.isAncestor(head, base) ? undefined : this.nameFree(ref, head);
  }

  private nameFree(ref: string, commit: CommitId): { readonly ref: string; readonly commit: CommitId } {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? ref : `${ref}.${number}`;
      const isNew = !this.repository.refs.has(name);
      if (!this.repository.swap(name, null, commit).ok) continue;
      if (isNew) this.world.reached('pin');
      return { ref: name, commit };
    }
  }

  private detach(worktree: SimWorktree): void {
    worktree.head = this.repository.headOf(worktree);
    worktree.branch = undefined;
  }

  /** The line from `base` to `head`, oldest first; undefined: `head` is no continuation of `base`. */
  private ownCommits(base: CommitId, head: CommitId): readonly OwnCommit[] | undefined {
    const line: OwnCommit[] = [];
    for (let at = head; at !== base; ) {
      const commit = this.repository.get(at);
      const before = commit.parents.length < 2 ? commit.parents[0] : commit.parents.find((parent) => this.repository.isAncestor(base, parent));
      if (before === undefined) return undefined;
      line.push({ commit, before });
      at = before;
    }
    return line.reverse();
  }

  private replay(own: readonly OwnCommit[], base: CommitId, tip: CommitId): Result<CommitId, readonly string[]> {
    const { repository } = this;
    if (tip === base) return ok(own.at(-1)?.commit.id ?? tip);
    let onto = tip;
    for (const { commit, before } of own) {
      const was = repository.get(before).tree;
      const merged = mergeTrees(was, repository.get(onto).tree, commit.tree);
      if (!merged.ok) return err(merged.error);
      const others = commit.parents.filter((parent) => parent !== before);
      const isEmpty = sameTree(was, commit.tree);
      if (sameTree(merged.value, repository.get(onto).tree) && !isEmpty && others.length === 0) continue;
      onto = repository.commit([onto, ...others], merged.value, commit.subject, commit.trailers);
    }
    return ok(onto);
  }

  private worktree(path: string): SimWorktree {
    const worktree = this.repository.worktrees.get(path);
    assert(worktree, `no worktree ${path}`);
    return worktree;
  }
}

/** What a checkout of `to` makes of files that stand on `from`: what differs from there stays as it is; undefined where it would be overwritten. */
function carryOver(from: Tree, to: Tree, files: Tree): Map<string, string> | undefined {
  const carried = new Map<string, string>();
  for (const path of new Set([...from.keys(), ...to.keys(), ...files.keys()])) {
    const [before, after, now] = [from.get(path), to.get(path), files.get(path)];
    if (now !== before && before !== after) return undefined;
    const content = now === before ? after : now;
    if (content !== undefined) carried.set(path, content);
  }
  return carried;
}
