/** A run as its journal tells it. */
import type { Graph } from '../graph/graph.js';
import type { Entry } from '../model/event.js';
import type { Orchestration } from '../model/orchestration.js';
import { apply, emptyState, type StateOptions } from './apply.js';
import type { RunState } from './run-state.js';

/** Makes the graph of an orchestration that was proved sound when it was read. */
export type BuildGraph = (orchestration: Orchestration) => Graph;

/** The order that a run is to follow, for whoever decides by the state; readers need none. */
export type Follow = (orchestration: Orchestration, graph: Graph) => Pick<StateOptions, 'order' | 'plannedStart'>;

/** The state before a journal's first entry; undefined when that does not begin a run. */
export function stateBefore({ event }: Entry, buildGraph: BuildGraph, follow?: Follow): RunState | undefined {
  if (event.kind !== 'run.started') return undefined;
  const graph = buildGraph(event.orchestration);
  return emptyState(event.orchestration, graph, { buildGraph, ...follow?.(event.orchestration, graph) });
}

/** The state after all entries of a journal; undefined when there is none, or the first does not begin a run. */
export function foldRun(entries: readonly Entry[], buildGraph: BuildGraph, follow?: Follow): RunState | undefined {
  const state = entries[0] === undefined ? undefined : stateBefore(entries[0], buildGraph, follow);
  if (state !== undefined) for (const entry of entries) apply(state, entry);
  return state;
}
