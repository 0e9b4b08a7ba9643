import type { CommitRejection } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { Result } from '../base/result.js';

/**
 * What the engine asks of git for plans: each deed is idempotent, and a kill in its middle leaves something that
 * the same deed, asked again, completes or cleans. The simulator has a second implementation of it, checked against this one.
 */
export interface PlanDeeds {
  /** The commit of a ref or expression; undefined when there is none. */
  resolve(ref: string): Promise<CommitId | undefined>;
  /** True when `ancestor` is reachable from `commit` (or is it). */
  isAncestor(ancestor: CommitId, commit: CommitId): Promise<boolean>;
  /**
   * Merges `commits` (named for the message; ancestors of others dropped) into `tip`, in memory: no ref, no worktree changes.
   * Gives `tip` itself when nothing was missing.
   */
  mergeInMemory(
    tip: CommitId,
    commits: readonly { readonly name: string; readonly commit: CommitId }[],
    message: MergeMessage,
  ): Promise<Result<CommitId, MergeConflict>>;
  /** Moves `refs/heads/<branch>` from `from` (null: must not exist) to `to`. On refusal: what stands there now. */
  moveBranch(branch: string, from: CommitId | null, to: CommitId): Promise<Result<void, { readonly found: CommitId | null }>>;
  /** Creates a ref that never moves; the same commit again is fine, another one is a bug. `name` is below `refs/plan-runs/<run>/`. */
  pin(name: string, commit: CommitId): Promise<void>;
  /**
   * Makes the worktree of a slot exist, clean and detached at `commit`; ignored files of an earlier attempt stay.
   * Runs `copy` and `setup` once, when it is new. Work of unknown origin found in it is salvaged first, never overwritten.
   */
  prepareWorktree(slot: WorktreeSlot, commit: CommitId): Promise<Result<PreparedWorktree, Failure>>;
  /** What stands in the worktree after an attempt. One git process. */
  inspect(path: string): Promise<{ readonly head: CommitId; readonly dirty: boolean }>;
  /**
   * Turns what an attempt left (commits on the detached HEAD since `base`, then what is uncommitted) into commits on top of `tip`.
   * Nothing moves but the worktree's own HEAD. Gives `tip` itself, `changed` false, when there was nothing.
   */
  commitAttempt(
    work: AttemptWork,
  ): Promise<
    Result<
      { readonly commit: CommitId; readonly changed: boolean },
      { readonly reason: CommitRejection; readonly files: readonly string[]; readonly note?: string }
    >
  >;
  /** Keeps commits and the dirty tree of an attempt that ended badly under a ref, then cleans the worktree to `base`; of a folder that is gone, its commits. Undefined: there was nothing to keep. */
  salvage(
    path: string,
    base: CommitId,
    refName: string,
    message: string,
  ): Promise<{ readonly ref: string; readonly commit: CommitId } | undefined>;
  /** Attaches a resting worktree to its branch, so that a person finds it as expected; does nothing where the branch is elsewhere. */
  attach(path: string, branch: string): Promise<void>;
}

export interface WorktreeSlot {
  readonly plan: PlanId;
  /** 0 is the plan's own worktree; others are its pool. A verification's has its own name. */
  readonly slot: number | string;
  /** Absolute. */
  readonly path: string;
  /** True for a scratch worktree: what stands in it came from us alone, and nothing of it is kept. */
  readonly disposable?: boolean;
}

export interface PreparedWorktree {
  readonly path: string;
  /** True when it was made just now. */
  readonly fresh: boolean;
}

export interface MergeConflict {
  /** `name` of the commit that did not merge. */
  readonly name: string;
  readonly commit: CommitId;
  readonly files: readonly string[];
}

export interface MergeMessage {
  readonly subject: string;
  readonly trailers: readonly Trailer[];
}

/** A `Key: value` line at the end of a commit message; one line each. */
export type Trailer = readonly [key: string, value: string];

export interface AttemptWork {
  readonly path: string;
  /** The commit that the attempt started on. */
  readonly base: CommitId;
  /** The branch's tip now: `base` unless other tasks were committed meanwhile. */
  readonly tip: CommitId;
  /** As found by `inspect`; spares asking again. */
  readonly head: CommitId;
  readonly dirty: boolean;
  readonly subject: string;
  readonly body: string;
  readonly trailers: readonly Trailer[];
  /** Run the repository's commit hooks (pre-commit, commit-msg) as `git commit` does. */
  readonly hooks: boolean;
}
