import { err, ok } from '../../base/result.js';
import { listed } from '../../status/words.js';
import { defineCommand } from '../command.js';
import { asTyped, withRepository } from '../context.js';
import { plansOf, request } from '../request.js';
import { runOrchestration } from '../run-orchestration.js';
import { requireRun, runOption } from '../runs.js';
import { usageFailure } from '../usage.js';
import path from 'node:path';
import { topOf } from '../top.js';
import { isLive } from '../live-run.js';

/** `plan land`. */
export const command = defineCommand({
  name: 'land',
  description: 'Lets finished plans move the target: all that wait for approval, or the ones named. A live run takes it up; a stopped one is gone on with here. `plan diff` shows what would land.',
  positionals: [{ name: 'plan', many: true, describe: 'plans; none: all that are complete', completes: 'node' }],
  options: { ...runOption, plain: { type: 'boolean', describe: 'plain lines, also on a terminal' } },
  async run(given, context) {
    const wish = await request(
      given.run,
      (state) => {
        const named = plansOf(state, given.words);
        if (!named.ok) return named;
        const plans = named.value ?? [...state.plans.values()].filter((plan) => plan.completed !== undefined && !plan.landed).map(({ plan }) => plan.id);
        if (plans.length === 0) return err([usageFailure('nothing-to-land', 'no plan is complete and not in the target yet', 'see `plan status`')]);
        const unfinished = plans.filter((plan) => state.plans.get(plan)?.completed === undefined);
        if (unfinished.length > 0) return err([usageFailure('not-complete', `${listed(unfinished)} ${unfinished.length === 1 ? 'is' : 'are'} not complete yet`, 'see `plan status`')]);
        const heads = plans.map((plan) => state.plans.get(plan)?.completed ?? '');
        return ok({ event: { kind: 'landing.approved', plans, heads }, words: `land ${listed(plans, 8)}` });
      },
      context,
    );
    if (wish.failures !== undefined && wish.failures.length > 0) return wish;
    const stopped = await withRepository(context, async (repository) => {
      const run = await requireRun(repository.commonDir, given.run);
      if (!run.ok) return run;
      const { manifest } = run.value.state.orchestration;
      return ok((await isLive(repository.commonDir, manifest)) ? undefined : asTyped(context, path.join(await topOf(repository), manifest)));
    });
    if (!stopped.ok) return { failures: stopped.error };
    if (stopped.value === undefined) return wish;
    return runOrchestration({ file: stopped.value, dryRun: false, fresh: false, events: false, plain: given.plain ?? false, quiet: false, flags: {} }, context);
  },
});
