/** Which commits are a branch's own, and where they begin: one walk for a whole chain of candidates, in memory. */

import { git } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import type { CommitId } from '../model/ids.js';

/** A branch's work, seen from what stands before it. */
export interface OwnWork {
  /** Its commits that nothing before it holds, parents before children. */
  readonly commits: readonly CommitId[];
  /** Commits held already on which the own ones stand: the merge bases, and perhaps some of their ancestors. */
  readonly bases: readonly CommitId[];
}

/** Commits of several branches that a common ground does not hold. */
export class OwnHistory {
  readonly #parents: ReadonlyMap<CommitId, readonly CommitId[]>;
  readonly #held = new Set<CommitId>();

  private constructor(parents: ReadonlyMap<CommitId, readonly CommitId[]>) {
    this.#parents = parents;
  }

  /** Reads what `heads` have beyond `ground`. One git process. */
  static async read(repository: Repository, ground: readonly CommitId[], heads: readonly CommitId[]): Promise<OwnHistory> {
    if (heads.length === 0) return new OwnHistory(new Map());
    const input = [...heads, ...ground.map((commit) => `^${commit}`)].join('\n');
    const printed = await git(['rev-list', '--parents', '--stdin'], { ...repository.place, input: `${input}\n`, outputLimit: 512 * 1024 * 1024 });
    const parents = new Map<CommitId, readonly CommitId[]>();
    for (const line of printed.split('\n')) {
      const [commit, ...rest] = line.split(' ');
      if (commit !== undefined && commit !== '') parents.set(commit, rest);
    }
    return new OwnHistory(parents);
  }

  /** True when what stands so far holds the commit. */
  holds(commit: CommitId): boolean {
    return this.#held.has(commit) || !this.#parents.has(commit);
  }

  /** What the branch adds to what stands so far. */
  own(head: CommitId): OwnWork {
    const commits: CommitId[] = [];
    const bases = new Set<CommitId>();
    const seen = new Set<CommitId>();
    // Depth first without recursion: a branch may be long. A commit is listed once its parents are.
    const stack: { readonly commit: CommitId; readonly done: boolean }[] = [{ commit: head, done: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (top.done) {
        commits.push(top.commit);
        continue;
      }
      if (seen.has(top.commit)) continue;
      if (this.holds(top.commit)) {
        bases.add(top.commit);
        continue;
      }
      seen.add(top.commit);
      stack.push({ commit: top.commit, done: true });
      for (const parent of [...(this.#parents.get(top.commit) as readonly CommitId[])].reverse()) stack.push({ commit: parent, done: false });
    }
    return { commits, bases: [...bases] };
  }

  /** From now on the branch's commits are held. */
  hold(head: CommitId): void {
    for (const commit of this.own(head).commits) this.#held.add(commit);
  }

  /** Parents of a commit that is nobody's before it; empty for others. */
  parents(commit: CommitId): readonly CommitId[] {
    return this.#parents.get(commit) ?? [];
  }
}
