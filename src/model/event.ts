import type { Failure } from './failure.js';
import type { CommitId, NodeId, PhaseId, PlanId, RunId, TaskId } from './ids.js';
import type { LandingEvent } from './landing-event.js';
import type { Orchestration, Settings } from './orchestration.js';

/** One line of the journal: what happened, when, in which order. `seq` counts from 0 without a gap. */
export interface Entry {
  readonly seq: number;
  /** Milliseconds since the epoch. Never used to order anything: clocks jump. */
  readonly at: number;
  readonly event: Event;
  /** Id of the inbox request that the event came from: a request is taken up once, whatever is killed in between. */
  readonly request?: string;
}

/**
 * A fact about a run: past tense, ids and plain data, never an object of the graph, never an absolute path.
 * Names ending in `-ing` are intents: recorded and durable before their effect begins; `recover` asks git which of them came true.
 */
export type Event = RunEvent | PlanEvent | AttemptEvent | RequestEvent | LandingEvent;

export type RunEvent =
  /** The first event. `refs` holds every ref that the run may move, as it was: null for one that did not exist. */
  | { readonly kind: 'run.started'; readonly run: RunId; readonly orchestration: Orchestration; readonly target: { readonly ref: string; readonly commit: CommitId }; readonly refs: Readonly<Record<string, CommitId | null>> }
  /** A new process took the run over. Attempts that ran are ended one by one as `lost` after this. */
  | { readonly kind: 'run.resumed' }
  | { readonly kind: 'settings.changed'; readonly settings: Settings }
  /** The structure was taken up anew by a person's wish; tasks keep their state by id in `carried` (old id to new id). */
  | { readonly kind: 'run.replanned'; readonly orchestration: Orchestration; readonly carried: Readonly<Record<TaskId, TaskId>> }
  /** Nothing more will happen unless somebody acts. `landed`: everything is in the target. */
  | { readonly kind: 'run.finished'; readonly outcome: RunOutcome };

/** How a run ended; cli turns it into an exit code. `complete` is landed-less success (`landing.mode: manual`). */
export type RunOutcome = 'landed' | 'complete' | 'failed' | 'person' | 'interrupted' | 'deadline';

export type PlanEvent =
  /** Intent: the branch is about to be created at `to` (`from` null) or adopted as it is (`from` = `to`). */
  | { readonly kind: 'plan.opening'; readonly plan: PlanId; readonly from: CommitId | null; readonly to: CommitId; readonly adopted: boolean; readonly inputs: readonly NodeId[] }
  /** The branch exists; `inputs` are the nodes whose commits its start contains; `adopted`: it had commits of its own. */
  | { readonly kind: 'plan.opened'; readonly plan: PlanId; readonly tip: CommitId; readonly adopted: boolean; readonly inputs: readonly NodeId[] }
  /** The plan cannot go on until a person acted: branch checked out elsewhere, rewound, its setup failed, … */
  | { readonly kind: 'plan.refused'; readonly plan: PlanId; readonly failure: Failure }
  /** Intent: published commits are merged in memory; the branch is about to move from the old tip to the merge. */
  | { readonly kind: 'plan.integrating'; readonly plan: PlanId; readonly inputs: readonly NodeId[]; readonly from: CommitId; readonly to: CommitId }
  | { readonly kind: 'plan.integrated'; readonly plan: PlanId; readonly inputs: readonly NodeId[]; readonly tip: CommitId }
  /** What the plan waits for does not merge into its branch: blocked before any executor starts. */
  | { readonly kind: 'plan.conflicted'; readonly plan: PlanId; readonly input: NodeId; readonly commit: CommitId; readonly files: readonly string[] }
  /** Somebody else moved the plan's branch forward; the new commits descend from our tip and are kept. */
  | { readonly kind: 'plan.advanced'; readonly plan: PlanId; readonly from: CommitId; readonly tip: CommitId }
  /** All tasks of the phase are committed and its blocking verifies passed; the commit is pinned by a ref that never moves. */
  | { readonly kind: 'phase.published'; readonly plan: PlanId; readonly phase: PhaseId; readonly generation: number; readonly commit: CommitId }
  /** The phase will be worked on again: what was built on `generation` is stale. */
  | { readonly kind: 'phase.reopened'; readonly plan: PlanId; readonly phase: PhaseId; readonly generation: number }
  | { readonly kind: 'plan.completed'; readonly plan: PlanId; readonly commit: CommitId };

/** Attempts of tasks and of verifies alike: `node` is a task id, `A.phase2.verify1`, or `A.verify`. */
export type AttemptEvent =
  /** Intent. `slot` is the worktree of the plan's pool (0: the plan's own); `base` the commit it stands on. */
  | { readonly kind: 'attempt.started'; readonly node: NodeId; readonly attempt: number; readonly slot: number; readonly base: CommitId; readonly session?: string }
  | { readonly kind: 'attempt.finished'; readonly node: NodeId; readonly attempt: number; readonly outcome: AttemptOutcome }
  /** Intent: the attempt's work stands in commit `to`; the plan's branch is about to move there. */
  | { readonly kind: 'commit.prepared'; readonly node: TaskId; readonly attempt: number; readonly from: CommitId; readonly to: CommitId }
  /** The task's work is on its branch. `changed` false: there was nothing to commit and `tip` did not move. */
  | { readonly kind: 'task.committed'; readonly node: TaskId; readonly attempt: number; readonly tip: CommitId; readonly changed: boolean }
  /** The work could not become a commit on the branch; the task runs again or fails. */
  | { readonly kind: 'commit.rejected'; readonly node: TaskId; readonly attempt: number; readonly reason: CommitRejection; readonly files: readonly string[]; readonly note?: string }
  /** Work of an attempt that ended badly was kept under a ref. */
  | { readonly kind: 'work.salvaged'; readonly node: NodeId; readonly attempt: number; readonly ref: string; readonly commit: CommitId }
  /** An agent's or service's limit: its pool starts nothing before `until` (ms since the epoch). */
  | { readonly kind: 'pool.limited'; readonly pool: string; readonly until: number }
  /** Branches of two plans do not merge as they stand; a warning, not a fact about the target. */
  | { readonly kind: 'overlap.foreseen'; readonly plans: readonly [PlanId, PlanId]; readonly tips: readonly [CommitId, CommitId]; readonly files: readonly string[] }
  | { readonly kind: 'overlap.cleared'; readonly plans: readonly [PlanId, PlanId] };

/**
 * `conflict`: does not apply on the new tip; `rewritten`: history below the start was changed; `hook`: a commit hook said no;
 * `unwanted`: a person had skipped the task, or marked it failed, when its attempt passed all the same.
 */
export type CommitRejection = 'conflict' | 'rewritten' | 'hook' | 'git' | 'unwanted';

/** How an attempt ended. `cancelled` and `lost` cost no retry and no back-off. */
export interface AttemptOutcome {
  readonly result: 'passed' | 'failed' | 'cancelled' | 'lost';
  readonly reason?: AttemptReason;
  readonly exitCode?: number;
  readonly signal?: string;
  /** The worktree's HEAD when it ended, and whether the tree differs from it: what the commit queue has to take up. */
  readonly head?: CommitId;
  readonly dirty?: boolean;
  /** One line for people: the last output line, an agent's summary, what was refused. Masked and bounded. */
  readonly note?: string;
  readonly usage?: Usage;
  readonly session?: string;
  /** A usage limit with a known end: the pool pauses until then (ms since the epoch). */
  readonly limitedUntil?: number;
  readonly limitedPool?: string;
}

export type AttemptReason = 'exit' | 'signal' | 'timeout' | 'stuck' | 'limit' | 'budget' | 'no-change' | 'bad-output' | 'start' | 'setup' | 'interrupted' | 'request' | 'fail-fast' | 'stale' | 'deadline' | 'executor';

/** What an agent used, as far as it says. */
export interface Usage {
  readonly model?: string;
  readonly turns?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
  readonly cost?: number;
}

/** Wishes of a person, taken up by the loop from the run's inbox. */
export type RequestEvent =
  | { readonly kind: 'retry.requested'; readonly nodes: readonly NodeId[] }
  | { readonly kind: 'skip.requested'; readonly nodes: readonly TaskId[]; readonly note?: string }
  | { readonly kind: 'mark.requested'; readonly node: TaskId; readonly as: 'started' | 'completed' | 'failed' | 'skipped'; readonly note?: string }
  | { readonly kind: 'cancel.requested'; readonly nodes: readonly NodeId[] }
  /** Without plans: the whole run. Running attempts go on; nothing new starts. */
  | { readonly kind: 'pause.requested'; readonly plans?: readonly PlanId[] }
  | { readonly kind: 'resume.requested'; readonly plans?: readonly PlanId[] }
  /** A person took the plan over by hand (`true`) or gave it back. */
  | { readonly kind: 'takeover.requested'; readonly plan: PlanId; readonly on: boolean };
