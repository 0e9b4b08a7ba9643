/** What a run looks like now: the journal folded. Readers hold these types; only apply.ts changes what they show. */
import type { AttemptOutcome, RunOutcome } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, NodeId, PhaseId, PlanId, RunId } from '../model/ids.js';
import type { Orchestration, Plan, Settings } from '../model/orchestration.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { IndexedHeap } from './heap.js';
import type { LandingState } from './landing-state.js';
import type { ReadyQueue } from './ready-queue.js';

/**
 * A run as its journal tells it, indexed so that one event costs O(log n). It is one object that grows with each entry
 * (never copied): whoever keeps it sees the present, whoever needs the past folds the journal again.
 */
export interface RunState {
  /** '' before `run.started`. */
  readonly run: RunId;
  readonly orchestration: Orchestration;
  readonly graph: Graph;
  /** The settings of the moment: those of the orchestration until `settings.changed`. */
  readonly settings: Settings;
  /** The ref that plans land in and its commit when the run began: where plans without dependency start. */
  readonly target: { readonly ref: string; readonly commit: CommitId };
  /** Every ref that the run may move, as it was before. */
  readonly refs: Readonly<Record<string, CommitId | null>>;
  /** Number of entries folded: the `seq` of the next one. */
  readonly entries: number;
  /** Milliseconds since the epoch: when the run began (0 before that), and the latest time that the journal has seen. */
  readonly startedAt: number;
  readonly at: number;
  /** How it ended; absent while it goes on. A resumed run is unfinished again. */
  readonly finished?: RunOutcome | undefined;
  /** A person paused the whole run: what runs goes on, nothing new starts. */
  readonly paused: boolean;
  /** By index in `graph.nodes`. */
  readonly nodes: readonly NodeState[];
  /** In manifest order. */
  readonly plans: ReadonlyMap<PlanId, PlanState>;
  /** Indices of nodes with an attempt under way, and of those among them that a person wants ended. */
  readonly running: ReadonlySet<number>;
  readonly cancelling: ReadonlySet<number>;
  /** Verifies that failed for good. */
  readonly failedVerifies: number;
  /** Plans that hold a place under `limits.plans`, and plans with something under way (all of them hold one). */
  readonly placed: number;
  readonly busy: number;
  /** Deeds that follow from what has ended and that come at once: commits, publications, completions. */
  readonly pending: number;
  /** Nodes that a person has done and that may be taken up. */
  readonly byHandReady: number;
  /** Names of all pools: those of the graph by its indices, then agents that have a pool of their own. */
  readonly poolNames: readonly string[];
  /** Pools that start nothing before a time (ms since the epoch): an agent's usage limit. */
  readonly limited: ReadonlyMap<string, number>;
  /** What is taken from each pool, by index in `poolNames`. */
  readonly poolUse: ArrayLike<number>;
  /** Branches foreseen not to merge, by `A B` (sorted). */
  readonly overlaps: ReadonlyMap<string, Overlap>;
  /** Attempts of tasks and verifies begun so far: the scheduler's own time, by which waiting is measured. */
  readonly starts: number;
  /** How often the structure was taken up anew. */
  readonly replans: number;
  /** Sum of `usage.cost` over all attempts, in the currency of the limit. */
  readonly cost: number;
  readonly counters: Counters;
  readonly landing: LandingState;
  /** The plan made ahead that is followed; undefined: none is. */
  readonly planned?: PlannedStarts | undefined;
  /** What may start, in order; for the scheduler. */
  readonly queue: ReadyQueue;
  /** Plans (by index) for which a deed other than a start may be wanted; for the scheduler. */
  readonly agenda: ReadonlySet<number>;
  /** Nodes that wait for the end of a back-off, by that time. */
  readonly delayed: IndexedHeap;
  /** Grows with every fact that can change what the landing queue wants. */
  readonly landingVersion: number;
}

/** When a plan made ahead has each node start. */
export interface PlannedStarts {
  /** Node indices as they are to start. */
  readonly order: ArrayLike<number>;
  /** Milliseconds after the run's start, by node index. */
  readonly start: ArrayLike<number>;
  /** A node waits for its turn in the order at most so much longer than its planned start. Milliseconds. */
  readonly slack: number;
  /** Place in the order of the first node that could still start and has not. */
  readonly place: number;
}

/** A plan being followed. */
export interface FollowedPlan extends PlannedStarts {
  place: number;
}

/** One node of the graph as it stands. Gates use `done`, `open` and `blocked` alone. */
export interface NodeState {
  readonly node: GraphNode;
  readonly index: number;
  /** It is over for good, and what waits for it may go on: committed, skipped, ticked in the file, verified; or a gate that is passed. */
  readonly done: boolean;
  /** How many predecessors (of the quorum) are still to be done before it may begin; 0 or less: none. */
  readonly open: number;
  /** Predecessors that failed or are blocked themselves, plus one if its plan is stopped: blocked when too few others are left. */
  readonly blocked: number;
  /** It failed, was cancelled, or will never begin because of what did: what comes after it is blocked too. */
  readonly bad: boolean;
  /** Where it stands by itself, apart from what it waits for. `idle`: nothing happened yet, or it runs again. */
  readonly stage: NodeStage;
  /** Earlier ones first; empty for gates. */
  readonly attempts: readonly AttemptState[];
  /** Attempts that ended `failed`, or were rejected for anything but a conflict, since the last wish to retry: what `retries` is compared with. */
  readonly failures: number;
  /** Commits rejected because they did not apply on the new tip, since the last wish to retry. */
  readonly conflicts: number;
  /** Milliseconds since the epoch before which it does not start again. */
  readonly notBefore: number;
  /** A person carries it out, by its settings. */
  readonly manual: boolean;
  /** A person does it: `started` waits for the mark, `completed` has the work taken up from the plan's own worktree. */
  readonly byHand?: 'started' | 'completed' | undefined;
  /** Its own work in the plan's branch: the tip after its commit. Absent where nothing was committed by this run. */
  readonly commit?: CommitId | undefined;
  /** What a person said with a mark or a skip. */
  readonly note?: string | undefined;
  /** A person wants its attempt ended. */
  readonly cancelRequested: boolean;
  /** What it becomes when its attempt has ended, by a person's wish. */
  readonly afterAttempt?: 'skipped' | 'failed' | 'by-hand' | undefined;
}

/** `passed`: its attempt passed and waits in the commit queue. `ticked`: done in the file when the run began. */
export type NodeStage = 'idle' | 'running' | 'passed' | 'committed' | 'verified' | 'failed' | 'skipped' | 'ticked' | 'cancelled';

/** One try of a task or a verify. */
export interface AttemptState {
  /** From 1. */
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  /** The worktree of the plan's pool; -1: a verification's own. */
  readonly slot: number;
  readonly base: CommitId;
  readonly session?: string | undefined;
  /** What it was called when it ran, where its node's id alone does not say so any more: a replan moves ids from one task to another. */
  readonly ranAs?: string | undefined;
  readonly outcome?: AttemptOutcome | undefined;
  /** Set between `commit.prepared` and what follows it: its work stands in `to`. */
  readonly prepared?: { readonly from: CommitId; readonly to: CommitId } | undefined;
  /** Its work is on the branch; false: it changed nothing. */
  readonly changed?: boolean | undefined;
  readonly rejected?: { readonly reason: string; readonly files: readonly string[] } | undefined;
  readonly salvaged?: { readonly ref: string; readonly commit: CommitId } | undefined;
}

export interface PlanState {
  readonly plan: Plan;
  /** In manifest order, from 0. */
  readonly index: number;
  /** The branch exists and is ours to move. */
  readonly opened: boolean;
  /** The plan's branch; undefined until opened. */
  readonly tip?: CommitId | undefined;
  /** The branch had commits of its own before this run. */
  readonly adopted: boolean;
  /** Nodes of other plans whose commits the branch contains, with that commit. */
  readonly integrated: ReadonlyMap<NodeId, CommitId>;
  /** Publications of other plans that the branch contains, also through others: phase node to generation. */
  readonly contains: ReadonlyMap<NodeId, number>;
  /** A branch move whose intent is recorded and whose end is not. */
  readonly moving?: BranchMove | undefined;
  /** It holds a place under `limits.plans`: something of it ran or runs, and something runs or is ready. */
  readonly placed: boolean;
  /** An attempt, a worktree that waits for its commit, or a move of the branch. */
  readonly busy: boolean;
  /** Its part of the run's `pending`. */
  readonly pending: number;
  /** Phase gates (node indices) that only lack their publication. */
  readonly publishable: ReadonlySet<number>;
  /** Everything is done, and only `plan.completed` is lacking. */
  readonly completable: boolean;
  /** Nodes that a person has done and that may be taken up. */
  readonly byHandReady: ReadonlySet<number>;
  /** Nodes that could start but wait for a person to do them. */
  readonly awaited: ReadonlySet<number>;
  /** It cannot go on until a person acted or it is tried anew. */
  readonly refused?: Failure | undefined;
  readonly conflict?: { readonly input: NodeId; readonly commit: CommitId; readonly files: readonly string[] } | undefined;
  readonly paused: boolean;
  /** A person works in its worktree. */
  readonly takenOver: boolean;
  /** The commit that was complete; undefined before, and again when the branch moved on. */
  readonly completed?: CommitId | undefined;
  readonly landed: boolean;
  readonly phases: ReadonlyMap<PhaseId, PhaseState>;
  /** Passed attempts that are not committed yet, in journal order. */
  readonly commitQueue: readonly QueuedCommit[];
  /** Attempts of its tasks that hold a worktree, by slot: node indices. */
  readonly slots: ReadonlyMap<number, number>;
  /** Attempts of tasks and verifies under way. */
  readonly running: number;
  /** Phase nodes of other plans that its branch holds in a generation which is no longer good: nothing of it lands before that is mended. */
  readonly stale: ReadonlySet<NodeId>;
  /** Plans whose work its branch will hold or whose landing it waits for, directly or through others. */
  readonly restsOn: readonly PlanId[];
  readonly counts: PlanCounts;
}

/** Tasks of a plan by where they stand; `done` counts committed, skipped and ticked ones. */
export interface PlanCounts {
  readonly tasks: number;
  readonly done: number;
  readonly failed: number;
}

export type BranchMove =
  | { readonly kind: 'open'; readonly from: CommitId | null; readonly to: CommitId; readonly inputs: readonly NodeId[]; readonly adopted: boolean }
  | { readonly kind: 'integrate'; readonly from: CommitId; readonly to: CommitId; readonly inputs: readonly NodeId[] }
  | { readonly kind: 'commit'; readonly from: CommitId; readonly to: CommitId; readonly node: number; readonly attempt: number };

export interface QueuedCommit {
  readonly node: number;
  readonly attempt: number;
}

export interface PhaseState {
  /** Node id of the phase's gate: `A.phase2`. */
  readonly id: NodeId;
  /** The branch's tip when the last of the phase's tasks was done: what its verifies check and what is published. */
  readonly candidate?: CommitId | undefined;
  /** The publication that holds; undefined before the first and while reopened. */
  readonly published?: Publication | undefined;
  /** Generations published so far. */
  readonly generations: number;
}

export interface Publication {
  readonly generation: number;
  readonly commit: CommitId;
  /** Publications of other plans inside it: phase node to generation. */
  readonly contains: ReadonlyMap<NodeId, number>;
  /** A background verify failed on it: what was built on it is stale until that is mended. */
  readonly suspect: boolean;
}

export interface Overlap {
  readonly plans: readonly [PlanId, PlanId];
  readonly tips: readonly [CommitId, CommitId];
  readonly files: readonly string[];
}

/** Numbers for a status line; tasks of the whole run, verifies not counted. */
export interface Counters {
  readonly tasks: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  /** Attempts begun, over all tasks and verifies. */
  readonly attempts: number;
  /** Commits made, integrations and landings not counted. */
  readonly commits: number;
  readonly conflicts: number;
  readonly lost: number;
}

/** The state of a node by its id; undefined where the graph has no such node. */
export function nodeState(state: RunState, id: NodeId): NodeState | undefined {
  const index = state.graph.indexOf.get(id);
  return index === undefined ? undefined : state.nodes[index];
}

/**
 * The commit that stands for a node that others wait for: a phase's publication, a task's commit, a plan's completion, the landing.
 * Undefined while there is none, and for work that brought no commit in this run (ticked, skipped): nothing has to be merged for it.
 */
export function commitOf(state: RunState, id: NodeId): CommitId | undefined {
  const found = nodeState(state, id);
  if (!found) return undefined;
  const plan = state.plans.get(found.node.plan);
  switch (found.node.kind) {
    case 'task':
      return found.commit;
    case 'phase':
      return found.node.phase === undefined ? undefined : plan?.phases.get(found.node.phase)?.published?.commit;
    case 'plan':
      return plan?.completed;
    case 'landed':
      return plan?.landed ? found.commit : undefined;
    default:
      return undefined;
  }
}

/** The newest attempt of a node; undefined before the first. */
export function lastAttempt(node: NodeState): AttemptState | undefined {
  return node.attempts[node.attempts.length - 1];
}

/** True when too many of its predecessors failed for it ever to begin. */
export function cannotBegin({ graph }: Pick<RunState, 'graph'>, node: NodeState): boolean {
  const before = (graph.before[node.index] as readonly number[]).length;
  return node.blocked > before - (node.node.quorum ?? before);
}
