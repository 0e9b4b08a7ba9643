/** The word in a process's environment by which an attempt's descendants are known wherever they went. */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Clock } from '../base/clock.js';
import { endMarked } from '../base/process-group.js';
import type { MarkedProcess, MarkScanner } from '../base/process-scan.js';
import type { NodeId, RunId } from '../model/ids.js';

/** The variable that holds the marks, separated by spaces: a run inside an attempt of another run adds its own. */
export const markVariable = 'PLAN_MARK';

/** A process of an attempt that was found by its mark. */
export interface Leftover {
  readonly process: MarkedProcess;
  readonly node: NodeId;
  readonly attempt: number;
}

/** The mark of one attempt. Folders of runs tell apart the runs of two clones of one repository. */
export function attemptMark(run: RunId, outputFile: string, node: NodeId, attempt: number): string {
  return `${runMark(run, dirname(outputFile))}${encodeURIComponent(node)}#${attempt}`;
}

/**
 * Processes of the run's attempts that are still there, such as after the orchestrator was killed. `attemptsFolder` is that
 * of their output files. Whoever asks holds the run's lock: then none of them is watched by anybody.
 */
export async function findLeftovers(scanner: MarkScanner, run: RunId, attemptsFolder: string): Promise<readonly Leftover[]> {
  const prefix = runMark(run, attemptsFolder);
  const found = await scanner.find((mark) => mark.startsWith(prefix), true);
  return found.flatMap((process) => {
    const mark = process.marks.find((one) => one.startsWith(prefix));
    const match = /^([^#]*)#([0-9]+)$/.exec(mark?.slice(prefix.length) ?? '');
    return match === null ? [] : [{ process, node: decode(match[1] ?? ''), attempt: Number(match[2]) }];
  });
}

/** Ends them: SIGTERM, then SIGKILL after the grace; a pid that belongs to somebody else by now is not touched. */
export async function endLeftovers(leftovers: readonly Leftover[], clock: Clock, graceMs: number): Promise<void> {
  await endMarked(leftovers.map(({ process }) => process), markVariable, clock, graceMs);
}

function runMark(run: RunId, attemptsFolder: string): string {
  return `${run}@${createHash('sha256').update(attemptsFolder).digest('hex').slice(0, 12)}/`;
}

/** A mark that somebody else put into an environment may hold anything. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
