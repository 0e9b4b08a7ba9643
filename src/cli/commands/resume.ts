import { defineCommand } from '../command.js';
import { pauseOrResume } from '../request.js';
import { runOption } from '../runs.js';

/** `plan resume`. */
export const command = defineCommand({
  name: 'resume',
  description: 'Lets a paused run, or the plans that are named, start work again.',
  positionals: [{ name: 'plan', many: true, describe: 'plans; none: the whole run', completes: 'node' }],
  options: runOption,
  run: (given, context) => pauseOrResume('resume', given, context),
});
