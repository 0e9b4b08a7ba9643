/** What stands in a worktree when its attempt has ended decides what the attempt was worth. */
import type { AttemptOutcome } from '../model/event.js';
import type { CommitId } from '../model/ids.js';

/** Success is decided by what stands in the worktree: an executor that must change something and did not has failed. */
export function judge(outcome: AttemptOutcome, base: CommitId, mayChangeNothing: boolean): AttemptOutcome {
  if (outcome.result !== 'passed' || mayChangeNothing) return outcome;
  if (outcome.dirty || outcome.head !== base) return outcome;
  return { ...outcome, result: 'failed', reason: 'no-change', note: outcome.note ?? 'ended well but changed nothing' };
}

/** Somebody removed the worktree while the attempt was at work: whatever the executor says, there is nothing to take up but its commits. */
export function bereft(outcome: AttemptOutcome): AttemptOutcome {
  const note = 'its worktree was removed or replaced while it ran; what was not committed there is gone';
  return outcome.result === 'passed' || outcome.result === 'failed' ? { ...outcome, result: 'failed', reason: 'bad-output', note } : { ...outcome, note };
}

/** A person said of a task that ran that it is done: how its attempt ended does not matter, and what it left is taken up. */
export function done(left: AttemptOutcome): AttemptOutcome {
  if (left.result === 'passed') return left;
  const { exitCode: _code, signal: _signal, reason: _reason, ...rest } = left;
  return { ...rest, result: 'passed', note: 'a person says that it is done' };
}
