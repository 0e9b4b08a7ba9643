import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { assert } from '../base/assert.js';
import { findRuns, runPaths } from '../journal/layout.js';
import { readJournal } from '../journal/read.js';
import type { Entry } from '../model/event.js';
import type { Orchestration } from '../model/orchestration.js';
import { foldRun } from '../state/fold-run.js';
import type { RunState } from '../state/run-state.js';
import { graphOfRun } from './runs.js';

/** A run with nothing left to do. */
export interface IdleRun {
  /** Folders and files that say so, absolute. */
  readonly files: readonly string[];
  state(): RunState;
}

/**
 * The newest run of a manifest where there is nothing left to do for it: everything landed and stayed there, nothing has changed since,
 * and nobody has asked for anything. Found by reading alone, so that saying so costs no lock and loads no engine; its state is only
 * worked out for whoever wants to see it. Undefined: it has to be run.
 */
export async function findIdle(commonDir: string, orchestration: Orchestration): Promise<IdleRun | undefined> {
  const [run] = await findRuns(commonDir, orchestration.manifest);
  if (run === undefined) return undefined;
  const paths = runPaths(commonDir, run);
  const read = await readJournal(paths.journal);
  if (!read.ok || !hasLanded(read.value.entries, orchestration.digest)) return undefined;
  const waiting = (await readdir(paths.inbox).catch(() => [])).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  if (waiting.length > 0) return undefined;
  return {
    files: [path.dirname(paths.folder), paths.journal, paths.inbox],
    state() {
      const state = foldRun(read.value.entries, graphOfRun);
      assert(state !== undefined, 'a run that landed has begun');
      return state;
    },
  };
}

/** What was undone once is left to the engine, which knows whether it has landed again. */
function hasLanded(entries: readonly Entry[], digest: string): boolean {
  const last = entries.at(-1)?.event;
  if (last?.kind !== 'run.finished' || last.outcome !== 'landed') return false;
  const structure = entries.findLast(({ event }) => event.kind === 'run.started' || event.kind === 'run.replanned')?.event;
  if (structure === undefined || !('orchestration' in structure) || structure.orchestration.digest !== digest) return false;
  return entries.every(({ event }) => event.kind !== 'target.undone');
}
