/** The fold: how each event changes the state. */
import type { Entry } from '../model/event.js';
import type { Orchestration } from '../model/orchestration.js';
import type { Graph } from '../graph/graph.js';
import type { RunState } from './run-state.js';

/** What a state needs besides its journal. */
export interface StateOptions {
  /** Makes the graph of a replanned orchestration; without it a `run.replanned` entry is a bug of ours. */
  readonly buildGraph?: (orchestration: Orchestration) => Graph;
  /** Order of start among ready nodes by node index, smaller is sooner; absent: plan priority, longest remaining path, index. */
  readonly order?: ArrayLike<number>;
}

/** The state of a run before its first event: ticked tasks are done, everything else is open. */
export declare function emptyState(orchestration: Orchestration, graph: Graph, options?: StateOptions): RunState;

/** Folds one entry into the state, in place. Throws on an entry out of sequence and on an event kind that it does not know. */
export declare function apply(state: RunState, entry: Entry): void;
