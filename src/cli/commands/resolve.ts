import { existsSync } from 'node:fs';
import { err, ok, type Result } from '../../base/result.js';
import { subjectOf } from '../../engine/landing-hands.js';
import { createPlanDeeds } from '../../git/plan-deeds.js';
import type { Repository } from '../../git/repository.js';
import { openResolution, type Obstacle } from '../../landing/resolve.js';
import { findTarget } from '../../landing/target-ref.js';
import type { Failure } from '../../model/failure.js';
import { landingView } from '../../scheduler/landing-now.js';
import { landingOrder } from '../../scheduler/landing-view.js';
import type { PlanState, RunState } from '../../state/run-state.js';
import { printable } from '../../status/printable.js';
import { commandWord } from '../../status/run-command.js';
import { defineCommand, type Answer } from '../command.js';
import { asTyped, withRepository, type Context } from '../context.js';
import { exit } from '../exit.js';
import { goOnCommand } from '../go-on.js';
import { unknownPlan } from '../nodes.js';
import { slotPath } from '../places.js';
import { requireRun, runOption } from '../runs.js';
import { usageFailure } from '../usage.js';

/** `plan resolve`. */
export const command = defineCommand({
  name: 'resolve',
  description: "Lays a conflict out for you in the plan's worktree, on its branch, in the middle of the merge. Resolve it there and commit; the next landing takes the branch's new tip up and verifies it like any other.",
  positionals: [{ name: 'plan', describe: 'the plan; default: the first that conflicts', completes: 'node' }],
  options: runOption,
  async run(given, context) {
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const run = await requireRun(repository.commonDir, given.run);
      if (!run.ok) return run;
      const { state } = run.value;
      const id = given.words[0] ?? conflicting(state);
      if (id === undefined) return err([usageFailure('no-conflict', 'no plan of this run is known to conflict', 'see `plan status`')]);
      const plan = state.plans.get(id);
      if (plan === undefined) return err([unknownPlan(id, state)]);
      return resolve(plan, state, repository, context);
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

function conflicting(state: RunState): string | undefined {
  return [...state.plans.values()].find((plan) => plan.conflict !== undefined)?.plan.id ?? [...state.landing.conflicts.keys()][0];
}

async function resolve(plan: PlanState, state: RunState, repository: Repository, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const { id, branch } = plan.plan;
  // A branch that was there before the run and does not merge with what it has to stand on is not taken up yet.
  const tip = plan.tip ?? (plan.conflict === undefined ? undefined : await repository.objects.commitId(`refs/heads/${branch}`));
  if (tip === undefined) return err([usageFailure('no-branch', `plan ${id} has no branch yet: there is nothing to resolve`)]);
  if (plan.running > 0) return err([{ kind: 'busy', code: 'plan-runs', message: `tasks of plan ${id} run now`, hint: `plan pause ${id}, wait for them, then again` }]);
  const obstacles = await obstaclesOf(plan, state, repository);
  const slot = { plan: id, slot: 0, path: slotPath(repository, state, id) };
  const deeds = createPlanDeeds(repository, { run: state.run, copy: state.settings.copy });
  try {
    if (!existsSync(slot.path)) {
      const made = await deeds.prepareWorktree(slot, tip);
      if (!made.ok) return err([made.error]);
    }
    await deeds.attach(slot.path, branch);
  } finally {
    deeds.close();
  }
  const opened = await openResolution(repository, subjectOf(state, id, tip), obstacles, slot);
  if (!opened.ok) return err([opened.error]);
  const { path, files, merging } = opened.value;
  const shown = asTyped(context, path);
  const lines = files.length === 0 ? [`it merges by itself now, and is committed on ${branch}`] : [`cd ${commandWord(shown)}`, ...files.map((file) => `  conflict in ${printable(file)}`), 'resolve them, git add, git commit'];
  return ok({ exit: files.length === 0 ? exit.done : exit.person, json: { plan: id, branch, worktree: path, merging, files }, text: [...lines, `then: ${await goOnCommand(repository.commonDir, state.orchestration.manifest, context)}`].join('\n') });
}

/** What the plan has to merge with: what it waits for where that stopped it, else the plans that land before it, and the target. */
async function obstaclesOf(plan: PlanState, state: RunState, repository: Repository): Promise<readonly Obstacle[]> {
  if (plan.conflict !== undefined) return [{ name: plan.conflict.input, commit: plan.conflict.commit }];
  const view = landingView(state);
  const open = view.plans.filter((one) => one.tip !== undefined && !state.landing.landed.has(one.id));
  const order = landingOrder(open, view.plans);
  const before = order.slice(0, order.findIndex((one) => one.id === plan.plan.id));
  const target = await findTarget(repository, state.orchestration.target);
  const commit = target && (await repository.objects.commitId(target.ref));
  const ground = commit === undefined ? [] : [{ name: state.orchestration.target, commit }];
  return [...ground, ...before.flatMap((one) => (one.tip === undefined ? [] : [{ name: `plan ${one.id}`, commit: one.tip }]))];
}
