/** Which run a command means, and its state as the journal tells it. */
import { assert } from '../base/assert.js';
import { err, ok, type Result } from '../base/result.js';
import { nearestName } from '../base/text.js';
import { buildGraph } from '../graph/build-graph.js';
import type { Graph } from '../graph/graph.js';
import { listRuns, runPaths, type RunPaths } from '../journal/layout.js';
import type { Entry } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import type { RunId } from '../model/ids.js';
import type { Orchestration } from '../model/orchestration.js';
import { loadRun } from '../status/follow.js';
import type { RunState } from '../state/run-state.js';
import type { OptionTable } from './command.js';
import { usageFailure } from './usage.js';

/** The option of every command that is about one run. */
export const runOption = {
  run: { type: 'string', requiresArg: true, describe: 'the run that is meant; default: the one that last had something happen' },
} as const satisfies OptionTable;

/** The places of the run that is meant: the one named, else the newest. */
export async function chooseRun(commonDir: string, named: RunId | undefined): Promise<Result<RunPaths, Failure>> {
  const runs = await listRuns(commonDir);
  if (named === undefined) {
    const [newest] = runs;
    if (newest === undefined) return err({ kind: 'input', code: 'no-run', message: 'nothing has run in this repository yet', hint: 'begin with `plan orchestrate-multi <manifest>`' });
    return ok(runPaths(commonDir, newest));
  }
  if (runs.includes(named)) return ok(runPaths(commonDir, named));
  const meant = nearestName(named, runs);
  return err(usageFailure('unknown-run', `there is no run \`${named}\``, meant === undefined ? 'see `plan status --runs`' : `did you mean \`${meant}\`?`));
}

/** The graph of an orchestration that ran: it was proved before it began. */
export function graphOfRun(orchestration: Orchestration): Graph {
  const graph = buildGraph(orchestration);
  assert(graph.ok, 'the orchestration of a run has a cycle');
  return graph.value;
}

/** A run that is there: where it is kept and how it stands. */
export interface LoadedRun {
  readonly paths: RunPaths;
  readonly state: RunState;
}

/** The run that is meant, folded. `seen` is told of each entry on the way. */
export async function requireRun(commonDir: string, named: RunId | undefined, seen?: (entry: Entry, state: RunState) => void): Promise<Result<LoadedRun, readonly Failure[]>> {
  const paths = await chooseRun(commonDir, named);
  if (!paths.ok) return err([paths.error]);
  const state = await loadRun(paths.value.journal, graphOfRun, seen);
  if (!state.ok) return err([state.error]);
  if (state.value === undefined) return err([usageFailure('empty-run', `the run \`${paths.value.run}\` has not begun: nothing was recorded`, 'give the command that started it again')]);
  return ok({ paths: paths.value, state: state.value });
}
