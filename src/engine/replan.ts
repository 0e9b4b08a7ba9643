/** Takes a changed manifest or changed plan files up in a run that has begun and rests. */
import type { Clock } from '../base/clock.js';
import { err, ok, type Result } from '../base/result.js';
import type { Repository } from '../git/repository.js';
import { openJournal } from '../journal/append.js';
import { findRuns, lockFolder, runPaths } from '../journal/layout.js';
import { readJournal } from '../journal/read.js';
import { takeRunLock } from '../journal/run-lock.js';
import type { Entry } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import { planOf } from '../model/ids.js';
import type { Orchestration } from '../model/orchestration.js';
import { foldRun } from '../state/fold-run.js';
import type { RunState } from '../state/run-state.js';
import { compareOrchestrations, listTasks, type StructureDifference } from './compare-orchestrations.js';
import { requireGraph } from './open-run.js';

export interface ReplanRequest {
  readonly repository: Repository;
  /** As the files say now. */
  readonly orchestration: Orchestration;
  /** The command that begins a run of it, as the user would type it. */
  readonly typed: string;
  readonly clock: Clock;
}

export interface ReplanAnswer {
  readonly difference: StructureDifference;
  /** False when nothing differs, or when only the difference was asked for. */
  readonly applied: boolean;
}

/** Shows what changed since the manifest's newest run began; nothing is written, so the run may be under way. */
export async function compareWithRun({ repository, orchestration, typed }: Omit<ReplanRequest, 'clock'>): Promise<Result<ReplanAnswer, readonly Failure[]>> {
  const [run] = await findRuns(repository.commonDir, orchestration.manifest);
  if (run === undefined) return err([noRun(orchestration, typed)]);
  const read = await readJournal(runPaths(repository.commonDir, run).journal);
  if (!read.ok) return err([read.error]);
  const compared = compare(read.value.entries, orchestration, typed);
  return compared.ok ? ok({ difference: compared.value.difference, applied: false }) : compared;
}

/** Takes up what changed since the manifest's newest run began. Nothing runs meanwhile: the run's lock is held. */
export async function replan({ repository, orchestration, typed, clock }: ReplanRequest): Promise<Result<ReplanAnswer, readonly Failure[]>> {
  const lock = await takeRunLock(lockFolder(repository.commonDir, orchestration.manifest));
  if (!lock.ok) return err([{ ...lock.error, hint: 'let it end or interrupt it (Ctrl-C), then replan, then give the same command again' }]);
  try {
    const [run] = await findRuns(repository.commonDir, orchestration.manifest);
    if (run === undefined) return err([noRun(orchestration, typed)]);
    const opened = await openJournal(runPaths(repository.commonDir, run).journal, clock);
    if (!opened.ok) return err([opened.error]);
    const { journal, entries } = opened.value;
    try {
      const compared = compare(entries, orchestration, typed);
      if (!compared.ok) return compared;
      const { difference, same } = compared.value;
      if (same) return ok({ difference, applied: false });
      journal.append([{ kind: 'run.replanned', orchestration, carried: difference.carried }]);
      await journal.durable();
      return ok({ difference, applied: true });
    } finally {
      await journal.close();
    }
  } finally {
    await lock.value.release();
  }
}

function compare(entries: readonly Entry[], orchestration: Orchestration, typed: string): Result<{ readonly difference: StructureDifference; readonly same: boolean }, readonly Failure[]> {
  const state = foldRun(entries, requireGraph);
  if (state === undefined) return err([noRun(orchestration, typed)]);
  const difference = compareOrchestrations(state.orchestration, orchestration);
  const same = state.orchestration.digest === orchestration.digest;
  const blockers = same ? [] : inTheWay(state, orchestration, difference);
  return blockers.length > 0 ? err(blockers) : ok({ difference, same });
}

function noRun({ manifest }: Orchestration, typed: string): Failure {
  return { kind: 'input', code: 'no-run', message: `no run of ${manifest} has begun`, hint: `begin one with: ${typed}` };
}

/** What cannot be taken up without losing track of work that was done. */
function inTheWay(state: RunState, after: Orchestration, difference: StructureDifference): readonly Failure[] {
  const failures: Failure[] = [];
  if (after.target !== state.orchestration.target) failures.push(refusal('target-changed', `the target was ${state.orchestration.target} and is ${after.target} now`));
  for (const plan of after.plans) {
    const before = state.plans.get(plan.id);
    if (before?.opened && before.plan.branch !== plan.branch) failures.push(refusal('branch-changed', `plan ${plan.id} works on branch ${before.plan.branch}; it cannot go on on ${plan.branch}`));
  }
  const touched = [...difference.added, ...difference.removed, ...difference.changed].filter((task) => state.plans.get(planOf(task))?.landed === true);
  if (touched.length > 0) failures.push(refusal('plan-landed', `these tasks belong to plans that have landed: ${listTasks(touched)}`));
  for (const task of difference.removed) {
    const index = state.graph.indexOf.get(task);
    const stage = index === undefined ? undefined : state.nodes[index]?.stage;
    if (stage === 'running' || stage === 'passed') failures.push(refusal('task-under-way', `${task} is gone from its file while its work is under way`));
  }
  return failures;
}

function refusal(code: string, message: string): Failure {
  return { kind: 'input', code, message, hint: 'put it back as it was, or start over with `--new`' };
}
