/** Ticking in plan files: the byte between the brackets and no other, also when somebody edits the file at the same time. */
import { readFile, realpath } from 'node:fs/promises';
import { replaceTheirs } from '../base/atomic-file.js';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { LocalTaskId } from '../model/ids.js';
import type { PlanFormat } from '../model/plan-document.js';
import { tickTask } from '../plan-file/tick.js';

/** A task as it was called when it was done. */
export interface TickedTask {
  readonly id: LocalTaskId;
  readonly title: string;
}

const mostTries = 20;

/** Ticks tasks in a plan file. Tasks that are not there any more are failures; the others are ticked all the same. */
export async function tickFile(file: string, tasks: readonly TickedTask[], about: { readonly format?: PlanFormat | undefined; readonly tag?: string | undefined }): Promise<readonly Failure[]> {
  const real = await realpath(file);
  for (let tries = 0; tries < mostTries; tries++) {
    const before = await readFile(real);
    const { bytes, failures } = ticked(before, real, tasks, about);
    if (bytes.equals(before)) return failures;
    // What somebody saved in between is read again: a rename would take it away.
    if (!(await readFile(real)).equals(before)) continue;
    await replaceTheirs(real, bytes);
    return failures;
  }
  return [{ kind: 'failed', code: 'file-keeps-changing', message: `${file} changes all the time: nothing was ticked`, hint: 'try again when nobody writes it' }];
}

function ticked(before: Buffer, file: string, tasks: readonly TickedTask[], { format, tag }: { readonly format?: PlanFormat | undefined; readonly tag?: string | undefined }): { bytes: Buffer; failures: Failure[] } {
  let bytes: Buffer = before;
  const failures: Failure[] = [];
  for (const { id, title } of tasks) {
    const next: Result<Buffer, Failure> = tickTask(bytes, id, { path: file, title, ...(format === undefined ? {} : { format }), ...(tag === undefined ? {} : { name: tag }) });
    if (next.ok) bytes = next.value;
    else failures.push(next.error);
  }
  return { bytes, failures };
}

/** The first failure of ticking one task; undefined where it was ticked. */
export async function tickOne(file: string, task: TickedTask, about: Parameters<typeof tickFile>[2]): Promise<Failure | undefined> {
  const result: Result<void, readonly Failure[]> = await tickFile(file, [task], about).then((failures) => (failures.length > 0 ? err(failures) : ok(undefined)));
  return result.ok ? undefined : result.error[0];
}
