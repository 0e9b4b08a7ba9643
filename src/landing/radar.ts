/**
 * Conflicts foreseen: branches merged pairwise in memory while plans still run. One stream for all pairs (two where
 * there are many), its objects thrown away; pairs that have no path in common, pairs whose changes lie apart in the files of both, and
 * pairs whose tips did not move since are not merged at all.
 */

import { attributesFolder } from '../git/attributes.js';
import { GitError } from '../git/git-error.js';
import { git } from '../git/git.js';
import type { GitOptions } from '../git/git.js';
import { conflictPath, withAttributes } from '../git/merge.js';
import type { Repository } from '../git/repository.js';
import type { CommitId, PlanId } from '../model/ids.js';
import { EditRegions } from './edit-regions.js';
import { OwnHistory } from './own-history.js';
import { Quarantine } from './quarantine.js';
import { TreeChanges, type TreeChange } from './tree-changes.js';
import { treeOf } from './tree-of.js';

/** A branch as it stands. */
export interface RadarTip {
  readonly plan: PlanId;
  readonly commit: CommitId;
}

/** Two branches that do not merge as they stand. */
export interface ForeseenConflict {
  readonly plans: readonly [PlanId, PlanId];
  readonly tips: readonly [CommitId, CommitId];
  readonly files: readonly string[];
}

/** What one look found. */
export interface RadarSweep {
  /** Every pair in conflict now, in the order of the tips given. */
  readonly conflicts: readonly ForeseenConflict[];
  /** Conflicts that the last look did not find, and pairs that were in conflict then and are not now. */
  readonly appeared: readonly ForeseenConflict[];
  readonly cleared: readonly (readonly [PlanId, PlanId])[];
  /** Pairs that were really merged. */
  readonly merged: number;
  /** Pairs left out because there were too many; the next look takes them up. */
  readonly postponed: number;
}

/** Pairs merged in one look at most: a bound on cost, not on plans. */
const pairLimit = 20_000;
/** Paths of one branch that are compared one by one; a branch that touches more is merged with every other. */
const pathLimit = 50_000;

/** Remembers what was found; one for each run. */
export class Radar {
  readonly #repository: Repository;
  readonly #footprints = new Map<CommitId, Footprint>();
  readonly #regions: EditRegions;
  /** Files in conflict by pair of tips; empty: they merge. */
  #known = new Map<string, readonly string[]>();
  #conflicts = new Map<string, ForeseenConflict>();

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#regions = new EditRegions(repository);
  }

  /** Looks at all branches; `target` is what they are to land on. Cost grows with the pairs whose tips moved. */
  async sweep(target: CommitId, tips: readonly RadarTip[]): Promise<RadarSweep> {
    await this.#measure(target, tips);
    const pairs = pairsOf(tips);
    const open = pairs.filter(([a, b]) => !this.#known.has(pairKey(a, b)));
    const meeting = await this.#withoutApart(target, open.filter(([a, b]) => meet(this.#footprints.get(a.commit), this.#footprints.get(b.commit))));
    const taken = meeting.slice(0, pairLimit);
    const found = await this.#merge(target, taken);
    const postponed = new Set(meeting.slice(pairLimit).map(([a, b]) => pairKey(a, b)));
    const known = new Map<string, readonly string[]>();
    for (const [a, b] of pairs) {
      const key = pairKey(a, b);
      const files = found.get(key) ?? this.#known.get(key) ?? (postponed.has(key) ? undefined : []);
      if (files !== undefined) known.set(key, files);
    }
    this.#known = known;
    return this.#report(pairs, taken.length, postponed.size);
  }

  /** Leaves out pairs that change the same files only, and those far from each other. Attributes may merge otherwise than by lines. */
  async #withoutApart(target: CommitId, pairs: readonly Pair[]): Promise<readonly Pair[]> {
    if (pairs.length === 0 || (await attributesFolder(this.#repository, target)) !== undefined) return pairs;
    const apart = await Promise.all(pairs.map(([a, b]) => this.#areApart(this.#footprints.get(a.commit), this.#footprints.get(b.commit))));
    this.#regions.rest();
    return pairs.filter((_, index) => apart[index] === false);
  }

  async #areApart(a: Footprint | undefined, b: Footprint | undefined): Promise<boolean> {
    if (a?.base === undefined || a.base !== b?.base || a.everywhere || b.everywhere || a.left.size > 0 || b.left.size > 0) return false;
    // Stacked branches meet where they part, not where they left the target.
    if (share(a.own, b.own) || share(a.paths, b.entered) || share(b.paths, a.entered)) return false;
    for (const path of a.paths) {
      if (!b.paths.has(path)) continue;
      const [one, other] = [a.edits.get(path), b.edits.get(path)];
      if (one === undefined || other?.from !== one.from) return false;
      if (!(await this.#regions.areApart(one.from, one.to, other.to))) return false;
    }
    return true;
  }

  #report(pairs: readonly Pair[], merged: number, postponed: number): RadarSweep {
    const conflicts = new Map<string, ForeseenConflict>();
    for (const [a, b] of pairs) {
      const files = this.#known.get(pairKey(a, b)) ?? [];
      if (files.length > 0) conflicts.set(`${a.plan} ${b.plan}`, { plans: [a.plan, b.plan], tips: [a.commit, b.commit], files });
    }
    const before = this.#conflicts;
    this.#conflicts = conflicts;
    const appeared = [...conflicts].filter(([key, conflict]) => before.get(key)?.files.join('\0') !== conflict.files.join('\0')).map(([, conflict]) => conflict);
    const cleared = [...before].filter(([key]) => !conflicts.has(key)).map(([, conflict]) => conflict.plans);
    return { conflicts: [...conflicts.values()], appeared, cleared, merged, postponed };
  }

  /** What each branch changed; known by its tip, so that only branches that moved are looked at. */
  async #measure(target: CommitId, tips: readonly RadarTip[]): Promise<void> {
    const fresh = [...new Set(tips.map((tip) => tip.commit))].filter((commit) => !this.#footprints.has(commit));
    const wanted = new Set(tips.map((tip) => tip.commit));
    for (const commit of [...this.#footprints.keys()]) if (!wanted.has(commit)) this.#footprints.delete(commit);
    if (fresh.length === 0) return;
    const history = await OwnHistory.read(this.#repository, [target], fresh);
    const changes = new TreeChanges(this.#repository);
    try {
      for (const commit of fresh) {
        const own = history.own(commit);
        const all = (await Promise.all(own.bases.map((base) => this.#between(changes, base, commit)))).flat();
        this.#footprints.set(commit, { ...footprintOf(all), own: new Set(own.commits), base: own.bases.length === 1 ? own.bases[0] : undefined });
      }
    } finally {
      changes.close();
    }
  }

  async #between(changes: TreeChanges, from: CommitId, to: CommitId): ReturnType<TreeChanges['between']> {
    const [before, after] = await Promise.all([treeOf(this.#repository, from), treeOf(this.#repository, to)]);
    return changes.between(before, after);
  }

  async #merge(target: CommitId, pairs: readonly Pair[]): Promise<ReadonlyMap<string, readonly string[]>> {
    if (pairs.length === 0) return new Map();
    try {
      return await this.#mergeIn(await Quarantine.open(this.#repository), target, pairs);
    } catch (error) {
      if (!(error instanceof GitError) || error.kind !== 'disk-full') throw error;
      return this.#mergeIn(await Quarantine.open(this.#repository, true), target, pairs);
    }
  }

  async #mergeIn(quarantine: Quarantine, target: CommitId, pairs: readonly Pair[]): Promise<ReadonlyMap<string, readonly string[]>> {
    try {
      const place = { ...quarantine.repository.place, ...withAttributes(await attributesFolder(this.#repository, target)) };
      const half = pairs.length < splitFrom ? pairs.length : Math.ceil(pairs.length / 2);
      const found = await Promise.all([pairs.slice(0, half), pairs.slice(half)].map((part) => mergeStream(place, part)));
      return new Map(found.flatMap((part) => [...part]));
    } finally {
      await quarantine.close();
    }
  }
}

/** From this many pairs on two streams are quicker than one. */
const splitFrom = 100;

async function mergeStream(place: GitOptions, pairs: readonly Pair[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (pairs.length === 0) return new Map();
  const input = pairs.map(([a, b]) => `${a.commit} ${b.commit}\n`).join('');
  const args = ['merge-tree', '--write-tree', '--stdin', '-z', '--name-only', '--no-messages', '--allow-unrelated-histories'];
  return parseStream(await git(args, { ...place, input, outputLimit: 256 * 1024 * 1024 }), pairs);
}

type Pair = readonly [RadarTip, RadarTip];

function pairsOf(tips: readonly RadarTip[]): Pair[] {
  const pairs: Pair[] = [];
  for (const [index, a] of tips.entries()) for (const b of tips.slice(index + 1)) if (a.commit !== b.commit) pairs.push([a, b]);
  return pairs;
}

/** The same for both orders: whether two commits merge does not depend on it. */
function pairKey(a: RadarTip, b: RadarTip): string {
  return a.commit < b.commit ? `${a.commit} ${b.commit}` : `${b.commit} ${a.commit}`;
}

/** What of a branch can meet another's changes. */
interface Footprint {
  readonly paths: ReadonlySet<string>;
  /** Folders that files left (they may have been renamed), and folders that files were added to. */
  readonly left: ReadonlySet<string>;
  readonly entered: ReadonlySet<string>;
  /** Too many paths to tell. */
  readonly everywhere: boolean;
  /** Its own commits, and where they begin if that is one commit. */
  readonly own: ReadonlySet<CommitId>;
  readonly base: CommitId | undefined;
  /** Regular files that only changed their content: blobs before and after. */
  readonly edits: ReadonlyMap<string, { readonly from: string; readonly to: string }>;
}

function footprintOf(changes: readonly TreeChange[]): Omit<Footprint, 'own' | 'base'> {
  const left = new Set<string>();
  const entered = new Set<string>();
  for (const { path, status } of changes.slice(0, pathLimit)) {
    if (status === 'D') for (const folder of foldersOf(path)) left.add(folder);
    if (status === 'A') for (const folder of foldersOf(path)) entered.add(folder);
  }
  return { paths: new Set(changes.slice(0, pathLimit).map((change) => change.path)), left, entered, everywhere: changes.length > pathLimit, edits: editsOf(changes) };
}

function editsOf(changes: readonly TreeChange[]): Footprint['edits'] {
  const plain = changes.slice(0, pathLimit).filter((change) => change.status === 'M' && change.fromMode === change.toMode && change.toMode.startsWith('100'));
  return new Map(plain.map((change) => [change.path, { from: change.fromId, to: change.toId }]));
}

function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** True unless it is certain that the two branches merge: a path of both, a renamed folder that the other adds to, a file where the other needs a folder. */
function meet(a: Footprint | undefined, b: Footprint | undefined): boolean {
  if (a === undefined || b === undefined || a.everywhere || b.everywhere) return true;
  return share(a.paths, b.paths) || share(a.left, b.entered) || share(b.left, a.entered) || share(a.paths, b.entered) || share(b.paths, a.entered);
}

function share(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  for (const one of few) if (many.has(one)) return true;
  return false;
}

/** `<1 clean, 0 conflict> NUL <tree> NUL <path> NUL … NUL` for each pair, in order. */
function parseStream(printed: string, pairs: readonly Pair[]): ReadonlyMap<string, readonly string[]> {
  const fields = printed.split('\0');
  const found = new Map<string, readonly string[]>();
  let at = 0;
  for (const [a, b] of pairs) {
    const clean = fields[at] === '1';
    at += 2;
    const files = new Set<string>();
    for (; at < fields.length && fields[at] !== ''; at += 1) files.add(conflictPath(fields[at] as string, [a.commit, b.commit]));
    at += 1;
    found.set(pairKey(a, b), clean ? [] : files.size === 0 ? ['.'] : [...files].sort());
  }
  return found;
}
