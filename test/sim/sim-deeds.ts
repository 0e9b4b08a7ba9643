/** The deeds of src/git/deeds.ts on a repository in memory, with a step of the world before and after every effect. */
import { assert } from '../../src/base/assert.js';
import { err, ok, type Result } from '../../src/base/result.js';
import type { AttemptWork, MergeConflict, MergeMessage, PlanDeeds, PreparedWorktree, WorktreeSlot } from '../../src/git/deeds.js';
import type { CommitRejection } from '../../src/model/event.js';
import type { Failure } from '../../src/model/failure.js';
import type { CommitId } from '../../src/model/ids.js';
import { mergeTrees, sameTree, type SimWorktree } from './sim-git.js';
import type { World } from './world.js';

export class SimPlanDeeds implements PlanDeeds {
  private readonly life: number;
  private readonly world: World;
  private readonly run: string;
  /** Called before a branch moves. */
  private readonly moving: (branch: string, to: CommitId) => void;

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
    const needed = commits.filter(({ commit }) => !commits.some((other) => other.commit !== commit && repository.isAncestor(commit, other.commit)));
    for (const { name, commit } of needed) {
      if (repository.isAncestor(commit, onto)) continue;
      const merged = repository.merge(onto, commit);
      if (!merged.ok) return err({ name, commit, files: merged.error });
      onto = repository.commit([onto, commit], merged.value, message.subject, message.trailers);
    }
    await this.world.step(this.life, false);
    return ok(onto);
  }

  async moveBranch(branch: string, from: CommitId | null, to: CommitId): Promise<Result<void, { readonly found: CommitId | null }>> {
    await this.world.step(this.life, true);
    this.moving(branch, to);
    const moved = this.repository.swap(`refs/heads/${branch}`, from, to);
    await this.world.step(this.life, false);
    return moved;
  }

  async pin(name: string, commit: CommitId): Promise<void> {
    await this.world.step(this.life, true);
    const ref = `refs/plan-runs/${this.run}/${name}`;
    const found = this.repository.refs.get(ref);
    assert(found === undefined || found === commit, `published ${ref} would change`);
    this.repository.refs.set(ref, commit);
    await this.world.step(this.life, false);
  }

  async prepareWorktree({ path }: WorktreeSlot, commit: CommitId): Promise<Result<PreparedWorktree, Failure>> {
    await this.world.step(this.life, true);
    const fresh = !this.repository.worktrees.has(path);
    this.repository.worktrees.set(path, { head: commit, files: new Map(this.repository.get(commit).tree), branch: undefined });
    await this.world.step(this.life, false);
    return ok({ path, fresh });
  }

  async inspect(path: string): Promise<{ readonly head: CommitId; readonly dirty: boolean }> {
    await this.world.step(this.life, false);
    const worktree = this.worktree(path);
    return { head: worktree.head, dirty: this.dirty(worktree) };
  }

  async commitAttempt(work: AttemptWork): Promise<Result<{ readonly commit: CommitId; readonly changed: boolean }, { readonly reason: CommitRejection; readonly files: readonly string[] }>> {
    await this.world.step(this.life, true);
    const { repository } = this;
    const worktree = repository.worktrees.get(work.path);
    if (!worktree) return err({ reason: 'git', files: [] });
    if (!repository.isAncestor(work.base, worktree.head)) return err({ reason: 'rewritten', files: [] });
    if (this.dirty(worktree)) {
      worktree.head = repository.commit([worktree.head], new Map(worktree.files), work.subject, work.trailers);
      await this.world.step(this.life, false);
    }
    if (worktree.head === work.base) return ok({ commit: work.tip, changed: false });
    if (repository.isAncestor(work.tip, worktree.head)) return ok({ commit: worktree.head, changed: true });
    const merged = mergeTrees(repository.get(work.base).tree, repository.get(work.tip).tree, repository.get(worktree.head).tree);
    if (!merged.ok) return err({ reason: 'conflict', files: merged.error });
    const commit = repository.commit([work.tip], merged.value, work.subject, work.trailers);
    await this.world.step(this.life, false);
    return ok({ commit, changed: true });
  }

  async salvage(path: string, base: CommitId, refName: string, message: string): Promise<{ readonly ref: string; readonly commit: CommitId } | undefined> {
    await this.world.step(this.life, false);
    const worktree = this.repository.worktrees.get(path);
    if (!worktree) return undefined;
    if (!this.dirty(worktree) && worktree.head === base) return undefined;
    const commit = this.dirty(worktree) ? this.repository.commit([worktree.head], new Map(worktree.files), message) : worktree.head;
    const ref = this.nameFree(`refs/plan-runs/${this.run}/${refName}`, commit);
    await this.world.step(this.life, false);
    worktree.head = base;
    worktree.files = new Map(this.repository.get(base).tree);
    return { ref, commit };
  }

  async attach(path: string, branch: string): Promise<void> {
    await this.world.step(this.life, false);
    const worktree = this.repository.worktrees.get(path);
    if (worktree) worktree.branch = branch;
  }

  private nameFree(ref: string, commit: CommitId): string {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? ref : `${ref}.${number}`;
      if (this.repository.swap(name, null, commit).ok) return name;
    }
  }

  private worktree(path: string): SimWorktree {
    const worktree = this.repository.worktrees.get(path);
    assert(worktree, `no worktree ${path}`);
    return worktree;
  }

  private dirty(worktree: SimWorktree): boolean {
    return !sameTree(worktree.files, this.repository.get(worktree.head).tree);
  }
}
