import type { Failure } from '../model/failure.js';
import type { RunOutcome } from '../model/event.js';

/** What the program's exit code says to scripts. */
export const exit = {
  done: 0,
  /** Something of the run failed or is blocked. */
  failed: 1,
  /** The call or its input cannot be used; nothing was touched. */
  usage: 2,
  /** A person has to act. */
  person: 3,
  /** A bug of ours. */
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exit)[keyof typeof exit];

/** The exit code of a run that ended so. A deadline leaves work for the next time: nothing failed, yet not all is done. */
export function exitOfOutcome(outcome: RunOutcome): ExitCode {
  switch (outcome) {
    case 'landed':
    case 'complete':
      return exit.done;
    case 'failed':
    case 'deadline':
      return exit.failed;
    case 'person':
      return exit.person;
    case 'interrupted':
      return exit.interrupted;
  }
}

/** The exit code of a command that ended with failures: bad input weighs most, then a person's turn, then what failed. */
export function exitOfFailures(failures: readonly Failure[]): ExitCode {
  const kinds = new Set(failures.map((failure) => failure.kind));
  if (kinds.has('input') || kinds.has('busy')) return exit.usage;
  if (kinds.has('person')) return exit.person;
  return kinds.size === 0 ? exit.done : exit.failed;
}
