import { defineCommand } from '../command.js';
import { exit } from '../exit.js';
import { orchestrateOptions } from '../orchestrate-options.js';
import { isAtRest, nothingToDo } from '../rest.js';

/** `plan orchestrate-multi`. */
export const command = defineCommand({
  name: 'orchestrate-multi',
  description:
    'Runs the plans of a manifest at once, each in a worktree of its own, and lands their branches in order as one verified move of the target. ' +
    'The same command goes on after a kill, an interrupt or a failure. Ctrl-C once lets what runs end; twice stops it and keeps its work.',
  positionals: [{ name: 'manifest', required: true, describe: 'the manifest: a YAML file', completes: 'file' }],
  options: orchestrateOptions,
  examples: [
    ['plan orchestrate-multi release.yml --dry-run', 'what would be done'],
    ['plan orchestrate-multi release.yml', 'do it, or go on with it'],
    ['plan orchestrate-multi release.yml --mode each', 'land each plan when it is ready'],
  ],
  async run(given, context) {
    const [file = ''] = given.words;
    const { strict, tick, 'dry-run': dryRun = false, new: fresh = false, events = false, plain = false, quiet = false } = given;
    const wantsMore = tick === true || dryRun || fresh || events || context.json;
    if (!wantsMore && isAtRest({ file, flags: given }, context)) return { exit: exit.done, text: nothingToDo };
    const { runOrchestration } = await import('../run-orchestration.js');
    return runOrchestration({ file, flags: given, strict, tick, dryRun, fresh, events, plain, quiet }, context);
  },
});
