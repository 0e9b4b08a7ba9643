/** Which plan a command without one means: `--plan` beats `PLAN`, which beats what `plan use` chose. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { cutOffAge, removeHalfWritten, replaceFile } from '../base/atomic-file.js';
import { readRegularText } from '../base/regular-file.js';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import { asTyped, withRepository, type Context } from './context.js';
import { topOf } from './top.js';
import { outsideRepository, usageFailure } from './usage.js';

/** The plan file that is meant, relative to where the command acts. `given` is what `--plan` (or the word) said. */
export async function requirePlanFile(given: string | undefined, context: Context): Promise<Result<string, readonly Failure[]>> {
  if (given !== undefined) return ok(given);
  const fromEnvironment = context.terminal.environment['PLAN'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return ok(fromEnvironment);
  const chosen = await chosenPlan(context);
  if (!chosen.ok) return chosen;
  if (chosen.value !== undefined) return ok(asTyped(context, chosen.value));
  return err([usageFailure('no-plan', 'no plan was named', 'say which: --plan <file>, the variable PLAN, or `plan use <file>`')]);
}

/** What `plan use` chose, as an absolute path; undefined where nothing was chosen. */
export async function chosenPlan(context: Context): Promise<Result<string | undefined, readonly Failure[]>> {
  return withRepository(context, async (repository) => {
    const text = await readRegularText(pointer(repository.commonDir)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const relative = text.trim();
    return ok(relative === '' ? undefined : path.resolve(await topOf(repository), relative));
  });
}

/** Chooses a plan file (as typed), or nothing. */
export async function choosePlan(file: string | undefined, context: Context): Promise<Result<void, readonly Failure[]>> {
  return withRepository(context, async (repository) => {
    const place = pointer(repository.commonDir);
    if (file === undefined) {
      await rm(place, { force: true });
      return ok(undefined);
    }
    const relative = path.relative(await topOf(repository), path.resolve(context.folder, file));
    if (relative.startsWith('..') || path.isAbsolute(relative)) return err([outsideRepository(file)]);
    await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
    await removeHalfWritten(path.dirname(place), path.basename(place), cutOffAge);
    await replaceFile(place, `${relative.split(path.sep).join('/')}\n`);
    return ok(undefined);
  });
}

function pointer(commonDir: string): string {
  return path.join(commonDir, 'plan', 'current-plan');
}
