/** A run as another process sees it: its journal read from the beginning and then on, folded as it grows. */
import { err, ok, type Result } from '../base/result.js';
import type { Entry } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import { followJournal } from '../journal/read.js';
import { apply } from '../state/apply.js';
import { stateBefore, type BuildGraph } from '../state/fold-run.js';
import type { RunState } from '../state/run-state.js';

/** A reader's own copy of a run's state, brought up to date by `poll`. */
export interface RunFollower {
  /** Folds what came since the last call and tells `seen` of each entry; undefined while the journal has no first entry yet. */
  poll(seen?: (entry: Entry, state: RunState) => void): Promise<Result<RunState | undefined, Failure>>;
}

/** Follows the journal in `file`. */
export function followRun(file: string, buildGraph: BuildGraph): RunFollower {
  const journal = followJournal(file);
  let state: RunState | undefined;
  return {
    async poll(seen) {
      const came = await journal.poll();
      if (!came.ok) return came;
      for (const entry of came.value) {
        state ??= stateBefore(entry, buildGraph);
        if (state === undefined) return err(noBeginning(file));
        apply(state, entry);
        seen?.(entry, state);
      }
      return ok(state);
    },
  };
}

/** A run as its journal tells it now; undefined where nothing was recorded. */
export async function loadRun(file: string, buildGraph: BuildGraph, seen?: (entry: Entry, state: RunState) => void): Promise<Result<RunState | undefined, Failure>> {
  return followRun(file, buildGraph).poll(seen);
}

function noBeginning(file: string): Failure {
  return { kind: 'input', code: 'journal-damaged', message: `the journal ${file} does not begin with the start of a run`, hint: 'start over with `--new`: what was committed stays on its branches' };
}
