import type { AttemptOutcome, Event } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, NodeId, PlanId, TaskId } from '../model/ids.js';
import type { Plan } from '../model/orchestration.js';
import type { MergeMessage, PlanDeeds, Trailer, WorktreeSlot } from '../git/deeds.js';
import type { RunningAttempt } from '../executor/executor.js';
import type { GraphNode } from '../graph/graph.js';
import type { Decision } from '../scheduler/decision.js';
import type { LandingDecision } from '../scheduler/landing-decision.js';
import type { Advance } from '../state/landing-state.js';

/** Everything through which the engine reaches the world. A run has real ones, the simulator its own. */
export interface Hands {
  readonly plans: PlanDeeds;
  readonly landing: LandingHands;
  readonly view: RunView;
  /** The worktree of a plan's slot; negative numbers are those of its verifications. */
  slot(node: NodeId, slot: number): WorktreeSlot;
  /** True when a folder stands at the path; a link is none. */
  exists(path: string): boolean;
  /** Starts the attempt's executor in a prepared worktree. */
  beginAttempt(decision: Extract<Decision, { kind: 'start' }>, worktree: string): Promise<RunningAttempt>;
  /** The sentence for what git or the disk refused; undefined for a bug of ours. */
  failureOf(error: unknown): Failure | undefined;
}

/** The landing queue's deeds. */
export interface LandingHands {
  perform(decision: LandingDecision): Promise<readonly Event[]>;
  /** After a kill: finishes or takes back a move of the target that was under way, and says which. Idempotent. */
  recover(advance: Advance): Promise<readonly Event[]>;
  /** Ends verifications that run: their outcomes arrive as usual. */
  cancelAll(): void;
}

/** What performing needs to know of the run: a narrow window on state, so that no deed reads more than it should. */
export interface RunView {
  plan(id: PlanId): Plan;
  tip(plan: PlanId): CommitId;
  target(): { readonly ref: string; readonly commit: CommitId };
  nodeKind(node: NodeId): GraphNode['kind'];
  /** A person did the node's work and said so. */
  isByHand(node: NodeId): boolean;
  /** The exact commits that stand for these nodes, in topological order, named by node. */
  published(nodes: readonly NodeId[]): readonly { readonly name: NodeId; readonly commit: CommitId }[];
  attempt(node: NodeId, attempt: number): { readonly base: CommitId; readonly slot: number; readonly outcome?: AttemptOutcome };
  /** True for shells, commands and people, and for tasks that say so: an attempt without a change passes. */
  mayChangeNothing(node: NodeId): boolean;
  commitMessage(node: TaskId, attempt: number): { readonly subject: string; readonly body: string; readonly trailers: readonly Trailer[] };
  mergeMessage(plan: PlanId, names: readonly string[]): MergeMessage;
  commitHooks(): boolean;
  /** True when every task of the plan was done before the run and no verification waits: nothing will run on its branch. */
  isDone(plan: PlanId): boolean;
  /** True when a conflict with the target does not have to wait for a person. */
  settlesConflicts(): boolean;
}
