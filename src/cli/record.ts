/** Facts that a command finds out itself, written into a run's journal under the run's lock: only while nobody works on it. */
import { systemClock } from '../base/clock.js';
import { err, ok, type Result } from '../base/result.js';
import { openJournal } from '../journal/append.js';
import { lockFolder } from '../journal/layout.js';
import { takeRunLock } from '../journal/run-lock.js';
import type { Event } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import { requireRun, type LoadedRun } from './runs.js';

/** Does a deed on a run that stands still, and records what it says came of it. */
export async function recordOn(commonDir: string, named: string | undefined, deed: (run: LoadedRun) => Promise<Result<readonly Event[], readonly Failure[]>>): Promise<Result<{ readonly run: LoadedRun; readonly events: readonly Event[] }, readonly Failure[]>> {
  const found = await requireRun(commonDir, named);
  if (!found.ok) return found;
  const lock = await takeRunLock(lockFolder(commonDir, found.value.state.orchestration.manifest));
  if (!lock.ok) return err([lock.error]);
  try {
    // Read again: it may have gone on before the lock was ours.
    const run = await requireRun(commonDir, found.value.paths.run);
    if (!run.ok) return run;
    const opened = await openJournal(run.value.paths.journal, systemClock);
    if (!opened.ok) return err([opened.error]);
    const { journal } = opened.value;
    try {
      const events = await deed(run.value);
      if (!events.ok) return events;
      journal.append(events.value);
      await journal.durable();
      return ok({ run: run.value, events: events.value });
    } finally {
      await journal.close();
    }
  } finally {
    await lock.value.release();
  }
}
