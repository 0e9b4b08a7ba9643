import { readdir } from 'node:fs/promises';
import { findRuns, runPaths } from '../journal/layout.js';
import type { Orchestration } from '../model/orchestration.js';
import type { RunState } from '../state/run-state.js';
import { loadRun } from '../status/follow.js';
import { graphOfRun } from './runs.js';

/**
 * The newest run of a manifest where there is nothing left to do for it: everything landed and stayed there, nothing has changed since,
 * and nobody has asked for anything. Found by reading alone, so that saying so costs no lock and loads no engine. Undefined: it has to be run.
 */
export async function findIdle(commonDir: string, orchestration: Orchestration): Promise<RunState | undefined> {
  const [run] = await findRuns(commonDir, orchestration.manifest);
  if (run === undefined) return undefined;
  const paths = runPaths(commonDir, run);
  const loaded = await loadRun(paths.journal, graphOfRun);
  if (!loaded.ok || loaded.value === undefined) return undefined;
  const state = loaded.value;
  const landed = state.finished === 'landed' && state.landing.undone.size === 0;
  if (!landed || state.orchestration.digest !== orchestration.digest) return undefined;
  const waiting = (await readdir(paths.inbox).catch(() => [])).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  return waiting.length === 0 ? state : undefined;
}
