import { ok } from '../../base/result.js';
import { listed } from '../../status/words.js';
import { defineCommand } from '../command.js';
import { plansOf, request } from '../request.js';
import { runOption } from '../runs.js';

/** `plan resume`. */
export const command = defineCommand({
  name: 'resume',
  description: 'Lets a paused run, or the plans that are named, start work again.',
  positionals: [{ name: 'plan', many: true, describe: 'plans; none: the whole run', completes: 'node' }],
  options: runOption,
  run(given, context) {
    return request(
      given.run,
      (state) => {
        const plans = plansOf(state, given.words);
        if (!plans.ok) return plans;
        const words = `resume ${plans.value === undefined ? 'the whole run' : listed(plans.value, 6)}`;
        return ok({ event: { kind: 'resume.requested', ...(plans.value === undefined ? {} : { plans: plans.value }) }, words });
      },
      context,
    );
  },
});
