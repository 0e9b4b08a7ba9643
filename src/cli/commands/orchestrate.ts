import { defineCommand } from '../command.js';
import { requirePlanFile } from '../current-plan.js';
import { planFileOptions } from '../load.js';
import { orchestrateOptions } from '../orchestrate-options.js';
import { runOrchestration } from '../run-orchestration.js';

/** `plan orchestrate`. */
export const command = defineCommand({
  name: 'orchestrate',
  description: 'Runs one plan file as `orchestrate-multi` runs a manifest: in a worktree of its own, resumable, landed when it is complete.',
  positionals: [{ name: 'plan', describe: 'the plan file; default: --plan, $PLAN, or what `plan use` chose', completes: 'file' }],
  options: { plan: { type: 'string', requiresArg: true, describe: 'the plan file' }, ...planFileOptions, ...orchestrateOptions },
  examples: [['plan orchestrate --plan plans/auth.md', '']],
  async run(given, context) {
    const file = await requirePlanFile(given.words[0] ?? given.plan, context);
    if (!file.ok) return { failures: file.error };
    const { strict, tick, format, tag, 'dry-run': dryRun = false, new: fresh = false, events = false, plain = false, quiet = false } = given;
    return runOrchestration({ file: file.value, format, tag, flags: given, strict, tick, dryRun, fresh, events, plain, quiet }, context);
  },
});
