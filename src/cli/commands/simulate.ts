import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { simulate, simulationJson, type Simulation } from '../../engine/simulate.js';
import { taskId } from '../../model/ids.js';
import { duration, padEnd, printable } from '../../status/printable.js';
import { timelineSvg, timelineText, type TimelineRow } from '../../status/timeline.js';
import { listed } from '../../status/words.js';
import { defineCommand, type Answer } from '../command.js';
import type { Context } from '../context.js';
import { requirePlanFile } from '../current-plan.js';
import { planFileOptions, withLoaded } from '../load.js';
import { featureOptions, settingOptions } from '../setting-flags.js';

/** `plan simulate`. */
export const command = defineCommand({
  name: 'simulate',
  description: 'Predicts how long a manifest or plan would take, with the scheduler of a real run on a virtual clock: timeline, longest path, what no schedule can beat, and what simpler ways of running it would take.',
  positionals: [{ name: 'file', describe: 'a manifest or plan file; default: --plan, $PLAN, or what `plan use` chose', completes: 'file' }],
  options: {
    plan: { type: 'string', requiresArg: true, describe: 'a plan file' },
    ...planFileOptions,
    svg: { type: 'string', requiresArg: true, describe: 'write the timeline into this SVG file' },
    ...settingOptions,
    ...featureOptions,
  },
  examples: [
    ['plan simulate release.yml --tasks 8', 'with eight tasks at once'],
    ['plan simulate release.yml --svg timeline.svg', ''],
  ],
  async run(given, context) {
    const file = await requirePlanFile(given.words[0] ?? given.plan, context);
    if (!file.ok) return { failures: file.error };
    const answer = await withLoaded({ file: file.value, format: given.format, tag: given.tag, flags: given }, context, ({ orchestration, graph }) => {
      const simulation = simulate(orchestration, graph);
      if (given.svg !== undefined) writeFileSync(path.resolve(context.folder, given.svg), timelineSvg(rowsOf(simulation), `${orchestration.manifest}, predicted`));
      return answerOf(simulation, given.svg, context);
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

/** The predicted bars; those on the longest path are marked. */
export function rowsOf({ tasks, verifies, criticalPath }: Simulation): readonly TimelineRow[] {
  const critical = new Set(criticalPath);
  return [...tasks, ...verifies].map(({ plan, task, startSeconds, endSeconds }) => ({ plan, task, start: startSeconds, end: endSeconds, critical: critical.has(taskId(plan, task)) }));
}

const stageWords = { 'phase-by-phase': 'one plan after another, phase by phase, 5 at once', dependencies: 'with dependencies', overlap: 'with overlapping phases and background verifies', everything: 'as set up' } as const;

function difference(seconds: number, baseline: number): string {
  const percent = Math.round(100 * (1 - seconds / baseline));
  return percent === 0 ? 'the same' : `${Math.abs(percent)} % ${percent > 0 ? 'less' : 'more'}`;
}

function answerOf(simulation: Simulation, svg: string | undefined, context: Context): Answer {
  const { makespanSeconds, lowerBoundSeconds, slots, utilisation, criticalPath, comparison } = simulation;
  const json = { ...simulationJson(simulation), ...(svg === undefined ? {} : { svg }) };
  const baseline = comparison[0]?.seconds ?? makespanSeconds;
  const room = Math.max(...comparison.map(({ name }) => stageWords[name].length));
  const lines = [
    ...(svg === undefined ? [timelineText(rowsOf(simulation), context.terminal.columns(), context.paint)] : [`wrote ${printable(svg)}`]),
    '',
    `predicted ${duration(makespanSeconds * 1000)} · nothing can take less than ${duration(lowerBoundSeconds * 1000)} · ${slots} at once, ${Math.round(utilisation * 100)} % used`,
    `longest path: ${listed(criticalPath, 8)}`,
    ...comparison.map(({ name, seconds }) => `  ${padEnd(stageWords[name], room)}  ${duration(seconds * 1000).padStart(7)}${baseline > 0 && name !== 'phase-by-phase' ? `  ${difference(seconds, baseline)}` : ''}`),
  ];
  return { json, text: lines.join('\n') };
}
