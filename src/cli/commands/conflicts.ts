import { ok, type Result } from '../../base/result.js';
import { findOverlaps, type Overlap } from '../../graph/overlap.js';
import type { Failure } from '../../model/failure.js';
import type { RunState } from '../../state/run-state.js';
import { count, printable } from '../../status/printable.js';
import { listed } from '../../status/words.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { requirePlanFile } from '../current-plan.js';
import { planFileOptions, withLoaded } from '../load.js';
import { requireRun, runOption } from '../runs.js';

/** `plan conflicts`. */
export const command = defineCommand({
  name: 'conflicts',
  description:
    'Before a run: files that several tasks name, and what is ordered because of it — tasks of one plan run one at a time, across plans it is reported and used for the landing order. ' +
    'With --live: plans of a run whose branches do not merge as they stand now. False alarms are waived in the manifest: plans.A.waive or tasks."2.3".waive.',
  positionals: [{ name: 'file', describe: 'a manifest or plan file; default: --plan, $PLAN, or what `plan use` chose', completes: 'file' }],
  options: {
    plan: { type: 'string', requiresArg: true, describe: 'a plan file' },
    ...planFileOptions,
    ...runOption,
    live: { type: 'boolean', describe: 'what a run has found by merging its branches in memory' },
  },
  async run(given, context) {
    if (given.live) {
      const live = await withRepository(context, async ({ commonDir }): Promise<Result<Answer, readonly Failure[]>> => {
        const run = await requireRun(commonDir, given.run);
        return run.ok ? ok(liveAnswer(run.value.state)) : run;
      });
      return live.ok ? live.value : { failures: live.error };
    }
    const file = await requirePlanFile(given.words[0] ?? given.plan, context);
    if (!file.ok) return { failures: file.error };
    const answer = await withLoaded({ file: file.value, format: given.format, tag: given.tag }, context, ({ orchestration, graph }) => foreseen(findOverlaps(orchestration, graph), context));
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

function foreseen(overlaps: readonly Overlap[], { paint }: Context): Answer {
  const lines = overlaps.flatMap((overlap) => [paint.bold(printable(overlap.path)), ...meaning(overlap).map((line) => `  ${line}`)]);
  const summary = overlaps.length === 0 ? 'no file is named by more than one task' : `${count(overlaps.length, 'path')} named by more than one task`;
  return { json: { overlaps }, text: [...lines, summary].join('\n') };
}

function meaning({ tasks, plans, unordered, excluded }: Overlap): string[] {
  const lines = [listed(tasks, 12)];
  if (excluded) lines.push('tasks of one plan: run one at a time');
  if (plans.length > 1) lines.push(unordered.length === 0 ? `plans ${listed(plans)}: in an order anyway` : `plans ${listed(plans)}: may run at the same time (${unordered.slice(0, 3).map((pair) => pair.join(' and ')).join('; ')}${unordered.length > 3 ? '; …' : ''})`);
  return lines;
}

/** What the trial merges found while plans ran, and what stopped the landing. */
function liveAnswer({ run, overlaps, landing, orchestration }: RunState): Answer {
  const trial = [...overlaps.values()];
  const stopped = [...landing.conflicts].map(([plan, { with: other, files }]) => ({ plan, with: other, files }));
  const lines = [
    ...trial.map(({ plans, files }) => `${plans.join(' and ')} do not merge as they stand: ${listed(files, 8)}`),
    ...stopped.map(({ plan, with: other, files }) => `${plan} conflicts with ${other ?? printable(orchestration.target)} at landing: ${listed(files, 8)}; plan resolve ${plan}`),
  ];
  return { json: { run, overlaps: trial, conflicts: stopped }, text: lines.length === 0 ? 'no plans are known not to merge' : lines.join('\n') };
}
