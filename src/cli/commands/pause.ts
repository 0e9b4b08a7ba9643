import { defineCommand } from '../command.js';
import { pauseOrResume } from '../request.js';
import { runOption } from '../runs.js';

/** `plan pause`. */
export const command = defineCommand({
  name: 'pause',
  description: 'Starts nothing new, in the whole run or in the plans that are named. What runs goes on to its end.',
  positionals: [{ name: 'plan', many: true, describe: 'plans; none: the whole run', completes: 'node' }],
  options: runOption,
  run: (given, context) => pauseOrResume('pause', given, context),
});
