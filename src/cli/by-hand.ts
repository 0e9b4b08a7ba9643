/** Whether `next` and `mark` mean a run or a plan that people work through without one. */
import path from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import { listRuns } from '../journal/layout.js';
import type { Repository } from '../git/repository.js';
import type { Loaded } from '../manifest/load-orchestration.js';
import type { Failure } from '../model/failure.js';
import type { PlanId } from '../model/ids.js';
import type { PlanFormat } from '../model/plan-document.js';
import { handPath } from './hand.js';
import type { Context } from './context.js';
import { requirePlanFile } from './current-plan.js';
import { load } from './load.js';
import { requireRun, type LoadedRun } from './runs.js';
import { topOf } from './top.js';

/** What is meant. */
export type Meant =
  /** A run, or one plan of it. */
  | { readonly kind: 'run'; readonly run: LoadedRun; readonly plan?: PlanId }
  /** A plan file, by hand; `file` is absolute, `place` where its marks are. */
  | { readonly kind: 'hand'; readonly file: string; readonly relative: string; readonly place: string; readonly loaded: Loaded };

/** What the options said. */
export interface MeantBy {
  readonly plan: string | undefined;
  readonly run: string | undefined;
  readonly format: PlanFormat | undefined;
  readonly tag: string | undefined;
}

/**
 * A run that is named is meant. A plan that is named (by option, variable or `plan use`) is meant as a plan of the newest unfinished run
 * where it is one of that, else by hand. Where nothing is named: the newest run, if there is any.
 */
export async function findMeant(by: MeantBy, repository: Repository, context: Context): Promise<Result<Meant, readonly Failure[]>> {
  const { commonDir } = repository;
  if (by.run !== undefined) return asRun(await requireRun(commonDir, by.run), by.plan);
  const named = await requirePlanFile(by.plan, context);
  const anyRun = (await listRuns(commonDir)).length > 0;
  const newest = anyRun ? await requireRun(commonDir, undefined) : undefined;
  if (!named.ok) return newest?.ok === true ? ok({ kind: 'run', run: newest.value }) : named;
  if (newest?.ok === true && newest.value.state.plans.has(named.value)) return asRun(newest, named.value);
  const absolute = path.resolve(context.folder, named.value);
  const relative = path.relative(await topOf(repository), absolute).split(path.sep).join('/');
  if (newest?.ok === true && newest.value.state.finished !== 'landed') {
    const plan = newest.value.state.orchestration.plans.find(({ file }) => file === relative);
    if (plan !== undefined) return asRun(newest, plan.id);
  }
  const { format, tag } = by;
  const loaded = await load({ file: named.value, format, tag, alone: true }, context, repository);
  return loaded.ok ? ok({ kind: 'hand', file: absolute, relative, place: handPath(commonDir, relative, tag), loaded: loaded.value }) : err(loaded.error);
}

function asRun(run: Result<LoadedRun, readonly Failure[]>, plan: PlanId | undefined): Result<Meant, readonly Failure[]> {
  return run.ok ? ok({ kind: 'run', run: run.value, ...(plan === undefined ? {} : { plan }) }) : run;
}
