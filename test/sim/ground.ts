/** What executors and other people do to a repository, in memory or on the disk: each at once, so that nothing can come in between. */
import type { RadarSweep, RadarTip } from '../../src/landing/radar.js';
import type { UndoRequest } from '../../src/landing/undo.js';
import type { Event } from '../../src/model/event.js';
import type { CommitId } from '../../src/model/ids.js';
import { KeptWork } from './kept-work.js';
import { pushTarget } from './sim-push.js';
import { mergeTrees, reverts, treeId, type SimRepository, type Tree } from './sim-git.js';

/** Looks for branches that will not merge, and says what is new since its last look. */
export type Foresee = (target: CommitId, tips: readonly RadarTip[]) => Promise<Pick<RadarSweep, 'appeared' | 'cleared'>>;

export interface Ground {
  /** Path of a worktree as the engine's hands name it. */
  slotPath(plan: string, slot: number): string;
  /** The commit of a ref; undefined when there is none. */
  tip(ref: string): CommitId | undefined;
  /** First parent of a commit; undefined of the first one. */
  parent(commit: CommitId): CommitId | undefined;
  tree(commit: CommitId): Tree;
  /** Commits one file on top of a ref. */
  commitOn(ref: string, path: string, content: string, subject: string): void;
  set(ref: string, commit: CommitId): void;
  delete(ref: string): void;
  /** Removes a worktree's folder and says nothing to git. */
  removeWorktree(path: string): void;
  /** Writes files in a worktree, if it is there. */
  write(path: string, files: ReadonlyMap<string, string>): void;
  /** Commits all that stands in a worktree, if it is there. */
  commitAll(path: string, subject: string): void;
  /** Somebody else pushes a commit of one file to the target's branch on the remote. */
  pushElsewhere(path: string, content: string, subject: string): void;
  /** A person brings the target up to date with the remote. */
  pull(subject: string): void;
  /** Takes landings back, and says how the target went; empty where that cannot be. */
  undo(request: UndoRequest): Promise<readonly Event[]>;
  /** The radar of a new process. */
  radar(): Foresee;
}

const main = 'refs/heads/main';

/** The repository in memory. */
export class SimGround implements Ground {
  private readonly repository: SimRepository;
  /** What was written, for as long as nothing holds it for good. */
  readonly kept: KeptWork;

  constructor(repository: SimRepository) {
    this.repository = repository;
    this.kept = new KeptWork(repository);
  }

  slotPath(plan: string, slot: number): string {
    return `${plan}/${slot}`;
  }

  tip(ref: string): CommitId | undefined {
    return this.repository.refs.get(ref);
  }

  parent(commit: CommitId): CommitId | undefined {
    return this.repository.get(commit).parents[0];
  }

  tree(commit: CommitId): Tree {
    return this.repository.get(commit).tree;
  }

  commitOn(ref: string, path: string, content: string, subject: string): void {
    const tip = this.tip(ref) as CommitId;
    this.set(ref, this.repository.commit([tip], new Map([...this.tree(tip), [path, content]]), subject));
  }

  set(ref: string, commit: CommitId): void {
    this.kept.settle();
    this.repository.refs.set(ref, commit);
  }

  delete(ref: string): void {
    this.kept.settle();
    this.repository.refs.delete(ref);
  }

  removeWorktree(path: string): void {
    this.kept.giveUp(path);
    this.repository.removeFolder(path);
  }

  write(path: string, files: ReadonlyMap<string, string>): void {
    const worktree = this.repository.worktrees.get(path);
    if (worktree) this.kept.write(path, files);
    if (worktree) for (const [file, content] of files) worktree.files.set(file, content);
  }

  commitAll(path: string, subject: string): void {
    const { repository } = this;
    const worktree = repository.worktrees.get(path);
    if (!worktree) return;
    const head = repository.headOf(worktree);
    if (treeId(worktree.files) === treeId(this.tree(head))) return;
    const commit = repository.commit([head], new Map(worktree.files), subject);
    if (worktree.branch === undefined) worktree.head = commit;
    else repository.refs.set(`refs/heads/${worktree.branch}`, commit);
  }

  pushElsewhere(path: string, content: string, subject: string): void {
    const { remote, pushedByOthers } = this.repository;
    const tip = remote.get(main) as CommitId;
    const commit = this.repository.commit([tip], new Map([...this.tree(tip), [path, content]]), subject);
    pushedByOthers.push(commit);
    remote.set(main, commit);
  }

  pull(subject: string): void {
    const { repository } = this;
    const [here, there] = [this.tip(main) as CommitId, repository.remote.get(main) as CommitId];
    repository.tracking.set(main, there);
    if (repository.isAncestor(there, here)) return;
    const merged = repository.merge(here, there);
    if (repository.isAncestor(here, there)) this.set(main, there);
    else if (merged.ok) this.set(main, repository.commit([here, there], merged.value, subject));
  }

  radar(): Foresee {
    const { repository } = this;
    let before = new Map<string, RadarSweep['appeared'][number]>();
    let changes = new Map<CommitId, ReadonlySet<string>>();
    return (target, tips) => {
      const now: typeof before = new Map();
      // What a branch changed is measured once, against the target of that time.
      changes = new Map(tips.map(({ commit }) => [commit, changes.get(commit) ?? repository.changedSince(target, commit)]));
      for (const [index, a] of tips.entries()) {
        for (const b of tips.slice(index + 1)) {
          // Where only one of them and the target conflict, that is not told of the two.
          const meet = [...(changes.get(a.commit) ?? [])].some((path) => changes.get(b.commit)?.has(path));
          const merged = repository.merge(a.commit, b.commit);
          if (meet && !merged.ok) now.set(`${a.plan} ${b.plan}`, { plans: [a.plan, b.plan], tips: [a.commit, b.commit], files: merged.error });
        }
      }
      const appeared = [...now].filter(([key, { files }]) => before.get(key)?.files.join() !== files.join()).map(([, found]) => found);
      const cleared = [...before].filter(([key]) => !now.has(key)).map(([, { plans }]) => plans);
      before = now;
      return Promise.resolve({ appeared, cleared });
    };
  }

  undo({ advances, push }: UndoRequest): Promise<readonly Event[]> {
    const { repository } = this;
    const [first, last] = [advances[0], advances.at(-1)];
    const now = this.tip(main);
    if (!first || !last || now === undefined) return Promise.resolve([]);
    const plans = advances.flatMap((advance) => advance.plans);
    const undone = (from: CommitId, to: CommitId): Event => ({ kind: 'target.undone', from, to, plans });
    if (now === first.from) return Promise.resolve([undone(last.to, first.from)]);
    if (!repository.isAncestor(last.to, now)) return Promise.resolve([]);
    const isShared = last.to !== first.from && [...repository.tracking.values()].some((tip) => repository.isAncestor(last.to, tip));
    if (now === last.to && !isShared) {
      this.set(main, first.from);
      return Promise.resolve([undone(now, first.from)]);
    }
    const reverted = this.revert(now, first.from, last.to);
    if (reverted === undefined) return Promise.resolve([]);
    if (push && pushTarget(repository, now, reverted).kind !== 'pushed') return Promise.resolve([]);
    this.set(main, reverted);
    return Promise.resolve([undone(now, reverted), ...(push ? [{ kind: 'target.pushed', remote: 'origin', commit: reverted } as const] : [])]);
  }

  /** One commit for each landed one, the latest first; undefined where others have changed the same since. */
  private revert(now: CommitId, from: CommitId, to: CommitId): CommitId | undefined {
    let tip = now;
    for (let at = to; at !== from; ) {
      const { parents, tree } = this.repository.get(at);
      const parent = parents.find((one) => parents.length === 1 || this.repository.isAncestor(from, one)) as CommitId;
      const merged = mergeTrees(tree, this.tree(tip), this.tree(parent));
      if (!merged.ok) return undefined;
      tip = this.repository.commit([tip], merged.value, 'Revert', [[reverts, at]]);
      at = parent;
    }
    return tip;
  }
}
