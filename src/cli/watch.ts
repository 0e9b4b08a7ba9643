/** A run followed from another process until it ends: the same live list, lines or event stream that the run's own process shows. */
import { systemClock } from '../base/clock.js';
import { ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { RunId } from '../model/ids.js';
import { eventsObserver } from '../status/events.js';
import { followRun } from '../status/follow.js';
import type { Observer } from '../status/observer.js';
import { plainObserver } from '../status/plain.js';
import type { RunState } from '../state/run-state.js';
import type { Answer } from './command.js';
import type { Context } from './context.js';
import { withCommonDir } from './common-dir.js';
import { exit, exitOfOutcome } from './exit.js';
import { isLive } from './live-run.js';
import { chooseRun, graphOfRun } from './runs.js';

const pollMs = 200;
/** A run whose process is gone is looked at once more after this time, so that its last words are not missed. */
const liveCheckMs = 2000;

/** Shows the run until it is finished, nobody works on it any more, or Ctrl-C. */
export async function watch(options: { readonly run?: RunId; readonly events?: boolean }, context: Context): Promise<Answer> {
  const found = await withCommonDir(context, async (commonDir): Promise<Result<{ commonDir: string; journal: string }, readonly Failure[]>> => {
    const paths = await chooseRun(commonDir, options.run);
    return paths.ok ? ok({ commonDir, journal: paths.value.journal }) : { ok: false, error: [paths.error] };
  });
  if (!found.ok) return { failures: found.error };
  const { commonDir, journal } = found.value;
  const observer = await observerFor(options.events ?? context.json, context);
  let interrupted = false;
  const silence = context.terminal.onSignal(() => (interrupted = true));
  const follower = followRun(journal, graphOfRun);
  let state: RunState | undefined;
  let nextCheck = 0;
  let alone = false;
  try {
    while (!interrupted) {
      const polled = await follower.poll((entry, now) => observer.entry(entry, now));
      if (!polled.ok) return { failures: [polled.error] };
      state = polled.value;
      if (state?.finished !== undefined || alone) break;
      if (systemClock.now() >= nextCheck) {
        alone = state !== undefined && !(await isLive(commonDir, state.orchestration.manifest));
        nextCheck = systemClock.now() + liveCheckMs;
      }
      if (!alone) await new Promise<void>((resolve) => systemClock.after(pollMs, resolve));
    }
  } finally {
    silence();
    await observer.close();
  }
  if (interrupted) return { exit: exit.done };
  if (state?.finished === undefined) {
    context.terminal.stderr.write('no process works on this run; the command that started it goes on from here\n');
    return { exit: exit.failed };
  }
  return { exit: exitOfOutcome(state.finished) };
}

async function observerFor(events: boolean, { terminal, paint }: Context): Promise<Observer> {
  if (events) return eventsObserver(terminal.stdout, systemClock);
  if (!terminal.live) return plainObserver(terminal.stdout, paint);
  const { liveObserver } = await import('../status/live.js');
  const screen = { stdout: terminal.stdout as NodeJS.WriteStream, stderr: terminal.stderr as NodeJS.WriteStream, columns: () => terminal.columns(), rows: () => terminal.rows() };
  return liveObserver(screen, systemClock, paint);
}
