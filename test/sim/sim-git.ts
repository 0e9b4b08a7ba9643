/** A git in memory: commits, refs, worktrees and three-way merges. What its deeds give is compared with the real git's by test/sim/compare.ts. */
import { assert } from '../../src/base/assert.js';
import { err, ok, type Result } from '../../src/base/result.js';
import type { CommitId } from '../../src/model/ids.js';

export type Tree = ReadonlyMap<string, string>;

export type SimTrailers = readonly (readonly [string, string])[];

/** A trailer in place of the body of a revert, which names the commit. */
export const reverts = 'Reverts';

export interface SimCommit {
  readonly id: CommitId;
  readonly parents: readonly CommitId[];
  readonly tree: Tree;
  readonly subject: string;
  readonly trailers: SimTrailers;
}

export interface SimWorktree {
  /** Where HEAD stands while it is detached; see `headOf`. */
  head: CommitId;
  /** The files as they stand, committed or not. */
  files: Map<string, string>;
  /** The branch that HEAD is attached to. */
  branch: string | undefined;
  /** What stood at HEAD when an attempt was taken up, and the commit that it became. */
  taken?: { readonly from: CommitId; readonly to: CommitId } | undefined;
}

/** The repository outlives the engine: a kill leaves it as it is. */
export class SimRepository {
  readonly commits = new Map<CommitId, SimCommit>();
  readonly refs = new Map<string, CommitId>();
  /** Branches of the one remote. */
  readonly remote = new Map<string, CommitId>();
  /** What others pushed to the target's branch there. */
  readonly pushedByOthers: CommitId[] = [];
  /** The same as they were when we last heard of them. */
  readonly tracking = new Map<string, CommitId>();
  readonly worktrees = new Map<string, SimWorktree>();
  /** Entries of worktrees whose folder was removed. */
  readonly gone = new Map<string, SimWorktree>();
  private readonly known = new Map<string, CommitId>();
  private readonly now: () => number;
  private count = 0;

  /** `now`: milliseconds since the epoch. */
  constructor(now: () => number = () => 0) {
    this.now = now;
  }

  /** As in git, the same commit made twice within a second is one commit. Ids grow with age. */
  commit(parents: readonly CommitId[], tree: Tree, subject: string, trailers: SimTrailers = []): CommitId {
    return this.make(`${Math.floor(this.now() / 1000)}`, { parents, tree, subject, trailers });
  }

  /** A commit without a date that nobody sees: the same content is the same commit at any time. */
  standIn(tree: Tree, parents: readonly CommitId[]): CommitId {
    return this.make('', { parents, tree, subject: 'stands in', trailers: [] });
  }

  private make(date: string, content: Omit<SimCommit, 'id'>): CommitId {
    const { parents, tree, subject, trailers } = content;
    const name = treeId(tree);
    frozen.set(tree, name);
    const key = JSON.stringify([date, parents, name, subject, trailers]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const id = (++this.count).toString(16).padStart(8, '0').padEnd(40, '0');
    this.commits.set(id, { id, ...content });
    this.known.set(key, id);
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
    if (found !== from) return found === to ? ok(undefined) : err({ found });
    this.refs.set(ref, to);
    return ok(undefined);
  }

  /** The commit at a worktree's HEAD; '' where the branch that it is attached to does not exist any more. */
  headOf({ head, branch }: SimWorktree): CommitId {
    return branch === undefined ? head : (this.refs.get(`refs/heads/${branch}`) ?? '');
  }

  isDirty(worktree: SimWorktree): boolean {
    const head = this.headOf(worktree);
    return !sameTree(worktree.files, head === '' ? new Map() : this.get(head).tree);
  }

  /** Takes a worktree's folder away; its entry stays. */
  removeFolder(path: string): void {
    const worktree = this.worktrees.get(path);
    if (worktree) this.gone.set(path, worktree);
    this.worktrees.delete(path);
  }

  /** True when some ref leads to the commit. */
  isReachable(commit: CommitId): boolean {
    return [...this.refs.values()].some((tip) => this.isAncestor(commit, tip));
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

  /** Paths that differ between a commit and where it left the target, or one of the places. */
  changedSince(target: CommitId, commit: CommitId): ReadonlySet<string> {
    const { tree } = this.get(commit);
    return new Set(this.mergeBases(target, commit).flatMap((base) => pathsBetween(this.get(base).tree, tree)));
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

  /** Where the bases of bases conflict there is nothing that either side could be equal to, as there are markers in git's. */
  private baseTree(bases: readonly CommitId[]): Tree {
    const [first, ...others] = bases;
    if (first === undefined) return new Map();
    return others.reduce<Tree>((tree, base) => {
      const merged = mergeTrees(this.baseTree(this.mergeBases(first, base)), tree, this.get(base).tree);
      if (merged.ok) return merged.value;
      const clean = mergeTrees(this.baseTree(this.mergeBases(first, base)), without(tree, merged.error), without(this.get(base).tree, merged.error));
      return new Map([...(clean.ok ? clean.value : tree), ...merged.error.map((file): [string, string] => [file, '<<<<<<<'])]);
    }, this.get(first).tree);
  }
}

function without(tree: Tree, files: readonly string[]): Tree {
  return new Map([...tree].filter(([path]) => !files.includes(path)));
}

function pathsBetween(from: Tree, to: Tree): readonly string[] {
  return [...new Set([...from.keys(), ...to.keys()])].filter((path) => from.get(path) !== to.get(path));
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

/** A name for a tree that is equal exactly when the trees are. */
export function treeId(tree: Tree): string {
  return frozen.get(tree) ?? nameOf(tree);
}

/** Names that are remembered at once. */
const mostNamed = 20_000;

/** Names of trees that commits hold: those never change. */
const frozen = new WeakMap<Tree, string>();

/** Contents by their names: a name is only ever given to one. */
const named = new Map<string, string>();

/** The files in order, told apart by what they hold and not by when they were first named: a name must not hang on other stories. */
function nameOf(tree: Tree): string {
  const content = JSON.stringify([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
  let [one, other] = [0x811c9dc5, 0x9e3779b9];
  for (let index = 0; index < content.length; index += 1) {
    const code = content.charCodeAt(index);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ code, 0x85ebca6b) ^ (other >>> 13);
  }
  const name = `${(one >>> 0).toString(16).padStart(8, '0')}${(other >>> 0).toString(16).padStart(8, '0')}`.padEnd(40, '0');
  assert((named.get(name) ?? content) === content, 'two trees of one name');
  if (named.size > mostNamed) named.clear();
  named.set(name, content);
  return name;
}
