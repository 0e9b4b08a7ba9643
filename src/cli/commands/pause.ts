import { ok } from '../../base/result.js';
import { listed } from '../../status/words.js';
import { defineCommand } from '../command.js';
import { plansOf, request } from '../request.js';
import { runOption } from '../runs.js';

/** `plan pause`. */
export const command = defineCommand({
  name: 'pause',
  description: 'Starts nothing new, in the whole run or in the plans that are named. What runs goes on to its end.',
  positionals: [{ name: 'plan', many: true, describe: 'plans; none: the whole run', completes: 'node' }],
  options: runOption,
  run(given, context) {
    return request(
      given.run,
      (state) => {
        const plans = plansOf(state, given.words);
        if (!plans.ok) return plans;
        const words = `pause ${plans.value === undefined ? 'the whole run' : listed(plans.value, 6)}`;
        return ok({ event: { kind: 'pause.requested', ...(plans.value === undefined ? {} : { plans: plans.value }) }, words });
      },
      context,
    );
  },
});
