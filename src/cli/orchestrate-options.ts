/** Apart from what carries them out: help and a call that finds nothing to do need no more. */
import type { OptionTable } from './command.js';
import { featureOptions, settingOptions } from './setting-flags.js';

/** Options of both commands that run plans. */
export const orchestrateOptions = {
  'dry-run': { type: 'boolean', describe: 'show worktrees, order, foreseen conflicts and predicted duration; do nothing' },
  new: { type: 'boolean', describe: 'start over instead of going on with an earlier run' },
  events: { type: 'boolean', describe: 'stream what happens as NDJSON on stdout' },
  plain: { type: 'boolean', describe: 'plain lines, also on a terminal' },
  quiet: { type: 'boolean', alias: 'q', describe: 'only how it ended' },
  strict: { type: 'boolean', describe: 'remarks about plan files count as errors' },
  tick: { type: 'boolean', describe: 'tick what landed in the plan files, by those bytes alone' },
  ...settingOptions,
  ...featureOptions,
} as const satisfies OptionTable;
