/** A git in memory: commits, refs, worktrees and three-way merges, with the same deeds as the real one. */
import { err, ok, type Result } from '../../src/base/result.js';
import type { CommitId } from '../../src/model/ids.js';

export type Tree = ReadonlyMap<string, string>;

export interface SimCommit {
  readonly id: CommitId;
  readonly parents: readonly CommitId[];
  readonly tree: Tree;
  readonly subject: string;
  readonly trailers: readonly (readonly [string, string])[];
}

export interface SimWorktree {
  head: CommitId;
  /** The files as they stand, committed or not. */
  files: Map<string, string>;
  branch: string | undefined;
}

/** The repository outlives the engine: a kill leaves it as it is. */
export class SimRepository {
  readonly commits = new Map<CommitId, SimCommit>();
  readonly refs = new Map<string, CommitId>();
  readonly worktrees = new Map<string, SimWorktree>();
  private count = 0;

  commit(parents: readonly CommitId[], tree: Tree, subject: string, trailers: readonly (readonly [string, string])[] = []): CommitId {
    const id = (++this.count).toString(16).padStart(8, '0').padEnd(40, '0');
    this.commits.set(id, { id, parents, tree, subject, trailers });
    return id;
  }

  get(id: CommitId): SimCommit {
    const commit = this.commits.get(id);
    if (!commit) throw new Error(`no commit ${id}`);
    return commit;
  }

  /** Compare-and-swap of one ref; null stands for "does not exist". */
  swap(ref: string, from: CommitId | null, to: CommitId): Result<void, { found: CommitId | null }> {
    const found = this.refs.get(ref) ?? null;
    if (found !== from) return err({ found });
    this.refs.set(ref, to);
    return ok(undefined);
  }

  ancestors(id: CommitId): Set<CommitId> {
    const seen = new Set<CommitId>();
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...this.get(next).parents);
    }
    return seen;
  }

  /** Ids grow, and parents are older than children: what is older than the one sought need not be looked at. */
  isAncestor(ancestor: CommitId, commit: CommitId): boolean {
    if (ancestor === commit) return true;
    const seen = new Set<CommitId>();
    const open = [commit];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === ancestor) return true;
      if (next < ancestor || seen.has(next)) continue;
      seen.add(next);
      open.push(...this.get(next).parents);
    }
    return false;
  }

  mergeBases(a: CommitId, b: CommitId): CommitId[] {
    const ofA = this.ancestors(a);
    const common = [...this.ancestors(b)].filter((id) => ofA.has(id));
    return common.filter((id) => !common.some((other) => other !== id && this.isAncestor(id, other)));
  }

  /** Three-way merge of two commits; several merge bases are merged first, as the recursive strategy does. */
  merge(ours: CommitId, theirs: CommitId): Result<Tree, readonly string[]> {
    return mergeTrees(this.baseTree(this.mergeBases(ours, theirs)), this.get(ours).tree, this.get(theirs).tree);
  }

  /** The merge in which these files are as they stand in `side`. */
  mergePreferring(ours: CommitId, theirs: CommitId, side: Tree, files: readonly string[]): Tree {
    const base = new Map(this.baseTree(this.mergeBases(ours, theirs)));
    const [one, other] = [new Map(this.get(ours).tree), new Map(this.get(theirs).tree)];
    for (const tree of [base, one, other]) for (const file of files) tree.delete(file);
    const merged = mergeTrees(base, one, other);
    const tree = new Map(merged.ok ? merged.value : one);
    for (const file of files) if (side.has(file)) tree.set(file, side.get(file) as string);
    return tree;
  }

  private baseTree(bases: readonly CommitId[]): Tree {
    const [first, ...others] = bases;
    if (first === undefined) return new Map();
    return others.reduce<Tree>((tree, base) => {
      const merged = mergeTrees(this.baseTree(this.mergeBases(first, base)), tree, this.get(base).tree);
      return merged.ok ? merged.value : tree;
    }, this.get(first).tree);
  }
}

/** Per path: a side that did not change yields to the one that did; two different changes of one path conflict. */
export function mergeTrees(base: Tree, ours: Tree, theirs: Tree): Result<Tree, readonly string[]> {
  const merged = new Map<string, string>();
  const conflicts: string[] = [];
  for (const path of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const [b, o, t] = [base.get(path), ours.get(path), theirs.get(path)];
    const result = o === t || b === t ? o : b === o ? t : undefined;
    if (result !== undefined) merged.set(path, result);
    else if (!(o === t || b === t || b === o)) conflicts.push(path);
  }
  return conflicts.length > 0 ? err(conflicts.sort()) : ok(merged);
}

export function sameTree(a: Tree, b: Tree): boolean {
  return a.size === b.size && [...a].every(([path, content]) => b.get(path) === content);
}
