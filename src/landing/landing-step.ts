/** One step of a chain of candidates: what goes in, what it stands on, what may come out. */

import type { Result } from '../base/result.js';
import type { TreeConflict } from '../git/merge.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { Candidate } from '../model/landing-event.js';
import type { CommitWriter } from './commit-writer.js';
import type { OwnHistory } from './own-history.js';

/** A plan to be landed. */
export interface LandingSubject {
  readonly plan: PlanId;
  /** The commit that is landed: its branch's tip. */
  readonly head: CommitId;
  readonly branch: string;
  readonly title: string;
  readonly goal: string;
  /** Plans whose work its branch holds; they have landed or stand before it. */
  readonly restsOn: readonly PlanId[];
  /** Commits that its tasks ended with on the branch, as far as they are known: executors' own commits name no plan. */
  readonly commits?: readonly CommitId[];
}

/** What the next plan lands on. */
export interface Ground {
  /** What the target would be. */
  readonly published: CommitId;
  readonly tree: string;
  /** Same tree; holds as ancestors all branches that landed. `published` itself where history is kept by merging. */
  readonly shadow: CommitId;
}

/** Two commits that do not merge. */
export interface StepConflict extends TreeConflict {
  readonly ours: CommitId;
  readonly theirs: CommitId;
}

/** A merge of two commits, however its conflicts were settled. */
export interface MergedTree {
  readonly tree: string;
  readonly resolved?: NonNullable<Candidate['resolved']>;
}

/** What strategies need. */
export interface StepTools {
  readonly repository: Repository;
  readonly writer: CommitWriter;
  readonly history: OwnHistory;
  /** Merges; a conflict stays one. */
  mergeClean(ours: CommitId, theirs: CommitId): Promise<Result<MergedTree, StepConflict>>;
  /** Merges, and settles conflicts as the policy says; an error is what a person has to settle. */
  merge(ours: CommitId, theirs: CommitId, subject: LandingSubject): Promise<Result<MergedTree, StepConflict>>;
  /** Runs the repository's commit-msg hook where there is one and it is wanted. */
  checkMessage(message: string): Promise<Result<string, Failure>>;
}
