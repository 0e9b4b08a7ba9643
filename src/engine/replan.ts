/** Takes a changed manifest or changed plan files up in a run that has begun and rests. */
import type { Clock } from '../base/clock.js';
import { err, ok, type Result } from '../base/result.js';
import type { Repository } from '../git/repository.js';
import { openJournal } from '../journal/append.js';
import { findRuns, lockFolder, runPaths } from '../journal/layout.js';
import { takeRunLock } from '../journal/run-lock.js';
import type { Failure } from '../model/failure.js';
import { planOf } from '../model/ids.js';
import type { Orchestration } from '../model/orchestration.js';
import { apply, emptyState } from '../state/apply.js';
import type { RunState } from '../state/run-state.js';
import { compareOrchestrations, listTasks, type StructureDifference } from './compare-orchestrations.js';
import { requireGraph } from './open-run.js';

export interface ReplanRequest {
  readonly repository: Repository;
  /** As the files say now. */
  readonly orchestration: Orchestration;
  readonly clock: Clock;
  /** False: only show the difference. */
  readonly apply: boolean;
}

export interface ReplanAnswer {
  readonly difference: StructureDifference;
  /** False when nothing differs, or when only the difference was asked for. */
  readonly applied: boolean;
}

/** Shows, and when asked takes up, what changed since the manifest's newest run began. Nothing runs meanwhile: the run's lock is held. */
export async function replan({ repository, orchestration, clock, apply: wanted }: ReplanRequest): Promise<Result<ReplanAnswer, readonly Failure[]>> {
  const lock = await takeRunLock(lockFolder(repository.commonDir, orchestration.manifest));
  if (!lock.ok) return err([{ ...lock.error, hint: 'let it end or interrupt it (Ctrl-C), then replan, then give the same command again' }]);
  try {
    const [run] = await findRuns(repository.commonDir, orchestration.manifest);
    if (run === undefined) return err([{ kind: 'input', code: 'no-run', message: `no run of ${orchestration.manifest} has begun`, hint: `plan orchestrate-multi ${orchestration.manifest}` }]);
    const opened = await openJournal(runPaths(repository.commonDir, run).journal, clock);
    if (!opened.ok) return err([opened.error]);
    const { journal, entries } = opened.value;
    try {
      const first = entries[0]?.event;
      if (first?.kind !== 'run.started') return err([{ kind: 'input', code: 'no-run', message: `the run ${run} never began` }]);
      const state = emptyState(first.orchestration, requireGraph(first.orchestration), { buildGraph: requireGraph });
      for (const entry of entries) apply(state, entry);
      const difference = compareOrchestrations(state.orchestration, orchestration);
      if (state.orchestration.digest === orchestration.digest) return ok({ difference, applied: false });
      const blockers = inTheWay(state, orchestration, difference);
      if (blockers.length > 0) return err(blockers);
      if (wanted) {
        journal.append([{ kind: 'run.replanned', orchestration, carried: difference.carried }]);
        await journal.durable();
      }
      return ok({ difference, applied: wanted });
    } finally {
      await journal.close();
    }
  } finally {
    await lock.value.release();
  }
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
