import { err, ok, type Result } from '../../base/result.js';
import { checkoutsOf } from '../../git/checkouts.js';
import { failureOfGit } from '../../git/git-error.js';
import { createPlanDeeds } from '../../git/plan-deeds.js';
import type { Repository } from '../../git/repository.js';
import { undoLanding } from '../../landing/undo.js';
import type { Event } from '../../model/event.js';
import type { Failure } from '../../model/failure.js';
import { sentenceWords } from '../../status/sentences.js';
import { shortRef } from '../../status/text.js';
import { listed } from '../../status/words.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { goOnCommand } from '../go-on.js';
import { recordOn } from '../record.js';
import { runOption, type LoadedRun } from '../runs.js';
import { usageFailure } from '../usage.js';

/** `plan undo`. */
export const command = defineCommand({
  name: 'undo',
  description: 'Takes the last landing of a run back: the target goes to where it was, or, where others have it already, gets a commit that reverts it. With --all every landing of the run; with --branches also every branch that the run moved goes back to where it was.',
  positionals: [],
  options: { ...runOption, all: { type: 'boolean', describe: 'every landing of the run' }, branches: { type: 'boolean', describe: "put the plans' branches back too" } },
  async run(given, context) {
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const done = await recordOn(repository.commonDir, given.run, (run) => undo(run, { all: given.all ?? false, branches: given.branches ?? false }, repository, context));
      if (!done.ok) return done;
      const { run, events } = done.value;
      const { restored, failures } = given.branches ? await restoreBranches(run, repository) : { restored: [], failures: [] };
      const words = events.map((event) => sentenceWords(event, run.state));
      return ok({ json: { run: run.state.run, events, restored }, failures, text: [...words, ...(restored.length > 0 ? [`put back: ${listed(restored, 12)}`] : [])].join('\n') || 'nothing to undo' });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

async function undo({ state }: LoadedRun, how: { readonly all: boolean; readonly branches: boolean }, repository: Repository, context: Context): Promise<Result<readonly Event[], readonly Failure[]>> {
  // The target may have moved without a word of it in the journal: what is taken back would be another landing than the last.
  if (state.landing.advancing !== undefined) {
    const message = `the run was cut off while ${listed(state.landing.advancing.plans)} landed: it is not recorded yet whether ${shortRef(state.target.ref)} took that`;
    const goOn = await goOnCommand(repository.commonDir, state.orchestration.manifest, context);
    return err([{ kind: 'person', code: 'undo-unsettled', message, hint: `${goOn} finds it out; then run plan undo again` }]);
  }
  const advances = how.all || how.branches ? state.landing.advances : state.landing.advances.slice(-1);
  if (advances.length === 0) return how.branches ? ok([]) : err([usageFailure('nothing-to-undo', 'this run has not moved the target, or it was taken back already')]);
  const done = await undoLanding(repository, { run: state.run, target: state.orchestration.target, advances, push: state.settings.landing.push });
  return done.ok ? done : err([done.error]);
}

/**
 * Branches of plans go back by compare-and-swap from where the run left them, and worktrees of ours that stand on them go along.
 * What somebody moved since stays; a branch that a person has checked out stays and is a failure.
 */
async function restoreBranches({ state }: LoadedRun, repository: Repository): Promise<{ readonly restored: readonly string[]; readonly failures: readonly Failure[] }> {
  const restored: string[] = [];
  const failures: Failure[] = [];
  const deeds = createPlanDeeds(repository, { run: state.run, copy: [] });
  for (const { plan, tip } of state.plans.values()) {
    const ref = `refs/heads/${plan.branch}`;
    const before = state.refs[ref];
    // A branch that the run made is kept: removing it is for `plan clean`, which proves that nothing is lost.
    if (tip === undefined || before === undefined || before === null || before === tip) continue;
    const ours = (await checkoutsOf(repository, ref)).filter((checkout) => checkout.ours);
    try {
      if (!(await deeds.moveBranch(plan.branch, tip, before)).ok) continue;
      restored.push(plan.branch);
      for (const { path } of ours) await deeds.attach(path, plan.branch);
    } catch (error) {
      const failure = failureOfGit(error);
      if (failure === undefined) throw error;
      failures.push(failure);
    }
  }
  return { restored, failures };
}
