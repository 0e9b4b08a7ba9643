import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../base/clock.js';
import { err, ok, type Result } from '../../base/result.js';
import { listRuns } from '../../journal/layout.js';
import type { Failure } from '../../model/failure.js';
import { nodeState, type NodeState, type RunState } from '../../state/run-state.js';
import { statusJson, tasksJson } from '../../status/json.js';
import { duration, printable } from '../../status/printable.js';
import { planWords, statusText } from '../../status/text.js';
import { timelineOf, timelineSums, timelineSvg, timelineText } from '../../status/timeline.js';
import { reasonsOf, statusOf } from '../../status/standing.js';
import { titleOf, viewRun, type RunView } from '../../status/view.js';
import { because, outcomeWords } from '../../status/words.js';
import { defineCommand, type Answer } from '../command.js';
import type { Context } from '../context.js';
import { withCommonDir } from '../common-dir.js';
import { exit, exitOfOutcome, type ExitCode } from '../exit.js';
import { goOnCommand } from '../go-on.js';
import { isLive } from '../live-run.js';
import { requireRun, runOption, type LoadedRun } from '../runs.js';
import { unknownNode, unknownPlan } from '../nodes.js';

const options = {
  ...runOption,
  plan: { type: 'string', requiresArg: true, describe: 'only this plan' },
  watch: { type: 'boolean', alias: 'w', describe: 'follow the run until it ends' },
  timeline: { type: 'boolean', describe: 'draw when each task ran' },
  svg: { type: 'string', requiresArg: true, describe: 'write the timeline into this SVG file' },
  tasks: { type: 'boolean', describe: 'list every task; with --json too' },
  runs: { type: 'boolean', describe: 'list the runs of this repository' },
} as const;

/** `plan status`. */
export const command = defineCommand({
  name: 'status',
  description: 'Shows where a run stands: every plan, what runs, what waits and why, what failed, how far the landing is. Reads the journal only, so it works beside a live run as after a crash. Exit 0 where all is well, 1 where something failed, 3 where a person is needed.',
  positionals: [{ name: 'node', describe: 'a task or phase: where it stands and why', completes: 'node' }],
  options,
  examples: [
    ['plan status --watch', 'follow the newest run'],
    ['plan status A.2.3', 'why this task waits'],
    ['plan status --timeline --svg run.svg', 'what happened when'],
  ],
  async run(given, context) {
    if (given.watch) {
      const { watch } = await import('../watch.js');
      return watch({ ...(given.run === undefined ? {} : { run: given.run }) }, context);
    }
    const answer = await withCommonDir(context, async (commonDir): Promise<Result<Answer, readonly Failure[]>> => {
      if (given.runs) return ok(runsAnswer(await listRuns(commonDir)));
      const loaded = await requireRun(commonDir, given.run);
      if (!loaded.ok) return loaded;
      const live = await isLive(commonDir, loaded.value.state.orchestration.manifest);
      const goOn = await goOnCommand(commonDir, loaded.value.state.orchestration.manifest, context);
      return answerFor(given, loaded.value, { live, goOn }, context);
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

function answerFor(given: { plan?: string | undefined; timeline?: boolean | undefined; svg?: string | undefined; tasks?: boolean | undefined; words: readonly string[] }, { state }: LoadedRun, { live, goOn }: { live: boolean; goOn: string }, context: Context): Result<Answer, readonly Failure[]> {
  const [id] = given.words;
  const whole = viewRun(state, { now: systemClock.now(), live, goOn });
  if (id !== undefined) return nodeAnswer(state, whole, id, context);
  if (given.plan !== undefined && !state.plans.has(given.plan)) return err([unknownPlan(given.plan, state)]);
  const view = given.plan === undefined ? whole : { ...whole, plans: whole.plans.filter(({ id: plan }) => plan === given.plan) };
  const code = exitOfView(view);
  if (given.timeline || given.svg !== undefined) return ok(timelineAnswer(state, view, given.svg, context));
  const text = [statusText(view, { columns: context.terminal.columns(), paint: context.paint }), ...(given.tasks ? ['', tasksText(state, given.plan)] : [])].join('\n');
  return ok({ exit: code, json: { ...statusJson(view), ...(given.tasks ? { taskList: tasksJson(state) } : {}) }, text });
}

/** 0 while nothing is wrong, also in the middle of a run. */
function exitOfView(view: RunView): ExitCode {
  if (view.outcome !== undefined) return exitOfOutcome(view.outcome);
  if (view.plans.some(({ status }) => status === 'refused' || status === 'conflict')) return exit.person;
  return view.tasks.failed > 0 || view.tasks.blocked > 0 ? exit.failed : exit.done;
}

function timelineAnswer(state: RunState, view: RunView, svg: string | undefined, context: Context): Answer {
  const rows = timelineOf(state, view.at);
  if (svg !== undefined) writeFileSync(path.resolve(context.folder, svg), timelineSvg(rows, `${view.manifest} → ${view.target}`));
  const tasks = rows.map(({ plan, task, start, end, state: how }) => ({ plan, task, startSeconds: start, endSeconds: end, state: how }));
  const { makespan, work, widest } = timelineSums(rows);
  return {
    json: { run: state.run, makespanSeconds: makespan, workSeconds: work, mostAtOnce: widest, tasks, ...(svg === undefined ? {} : { svg }) },
    text: svg === undefined ? timelineText(rows, context.terminal.columns(), context.paint) : `wrote ${printable(svg)}`,
  };
}

function nodeAnswer(state: RunState, whole: RunView, id: string, context: Context): Result<Answer, readonly Failure[]> {
  const node = nodeState(state, id);
  if (node === undefined) return err([unknownNode(id, state)]);
  const status = statusOf(state, node);
  const reasons = reasonsOf(state, node, systemClock.now());
  const { paint } = context;
  const row = node.node.kind === 'plan' ? whole.plans.find((plan) => plan.id === id) : undefined;
  const name = node.node.kind === 'task' || node.node.kind === 'verify' ? printable(titleOf(state, node)) : node.node.kind;
  const lines = [`${paint.bold(id)}  ${row === undefined ? `${name}: ${gateWord(node, status)}` : `${printable(row.title)}: ${planWords(row, whole, true)}`}`];
  for (const reason of reasons) lines.push(`  ${because(reason, systemClock.now())}`);
  if (node.note !== undefined) lines.push(`  note: ${printable(node.note)}`);
  for (const attempt of node.attempts) {
    const span = attempt.endedAt === undefined ? 'runs' : duration(attempt.endedAt - attempt.startedAt);
    const note = attempt.outcome?.note;
    lines.push(`  attempt ${attempt.number}: ${attempt.outcome === undefined ? 'runs' : outcomeWords(attempt.outcome)} (${span})${note === undefined ? '' : `: ${printable(note)}`}${attempt.salvaged === undefined ? '' : `, work kept at ${attempt.salvaged.ref}`}`);
  }
  const json = { id, kind: node.node.kind, plan: node.node.plan, status, reasons, attempts: node.attempts, ...(node.note === undefined ? {} : { note: node.note }), ...(node.commit === undefined ? {} : { commit: node.commit }) };
  return ok({ json, text: lines.join('\n') });
}

/** A gate is passed or not: it is never committed. */
function gateWord(node: NodeState, status: string): string {
  const gate = node.node.kind !== 'task' && node.node.kind !== 'verify';
  return gate && status === 'committed' ? 'passed' : status;
}

function tasksText(state: RunState, plan: string | undefined): string {
  const nodes = state.nodes.filter(({ node }) => (node.kind === 'task' || node.kind === 'verify') && (plan === undefined || node.plan === plan));
  const room = Math.max(0, ...nodes.map(({ node }) => node.id.length));
  return nodes.map((node) => `${node.node.id.padEnd(room)}  ${statusOf(state, node).padEnd(9)}  ${printable(titleOf(state, node))}`).join('\n');
}

function runsAnswer(runs: readonly string[]): Answer {
  return { json: { runs }, text: runs.length === 0 ? 'nothing has run in this repository yet' : runs.join('\n') };
}
