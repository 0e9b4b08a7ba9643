import { assert } from '../../base/assert.js';
import { err, ok, type Result } from '../../base/result.js';
import type { Failure } from '../../model/failure.js';
import { taskStatus } from '../../state/task-status.js';
import { count, printable } from '../../status/printable.js';
import { reasonsOf } from '../../status/standing.js';
import { titleOf } from '../../status/view.js';
import { because } from '../../status/words.js';
import { systemClock } from '../../base/clock.js';
import { findMeant, type Meant } from '../by-hand.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { handView, readHand } from '../hand.js';
import { planFileOptions } from '../load.js';
import { unknownPlan } from '../nodes.js';
import { runOption } from '../runs.js';

/** `plan next`. */
export const command = defineCommand({
  name: 'next',
  description: 'Names the tasks that can be begun now: of a plan that people work through by hand, or of a run (those that wait for a person first).',
  positionals: [],
  options: {
    plan: { type: 'string', requiresArg: true, describe: 'a plan file, or a plan of the newest run' },
    ...planFileOptions,
    ...runOption,
    number: { type: 'number', alias: 'n', requiresArg: true, describe: 'at most so many' },
  },
  examples: [['plan next -n 3 --plan plans/auth.md', '']],
  async run(given, context) {
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const meant = await findMeant({ plan: given.plan, run: given.run, format: given.format, tag: given.tag }, repository, context);
      if (!meant.ok) return meant;
      const most = given.number ?? Infinity;
      return meant.value.kind === 'run' ? ofRun(meant.value, most) : ofHand(meant.value, most, context);
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

interface Offer {
  readonly id: string;
  readonly title: string;
  readonly phase?: string;
  readonly files?: readonly string[];
  readonly why?: string;
}

function ofRun({ run, plan }: Extract<Meant, { kind: 'run' }>, most: number): Result<Answer, readonly Failure[]> {
  const { state } = run;
  if (plan !== undefined && !state.plans.has(plan)) return err([unknownPlan(plan, state)]);
  const now = systemClock.now();
  const ready = state.nodes.filter((node) => node.node.kind === 'task' && (plan === undefined || node.node.plan === plan) && taskStatus(state, node) === 'ready');
  const offers = ready.map((node) => {
    const reasons = reasonsOf(state, node, now);
    return { manual: reasons.some(({ kind }) => kind === 'manual'), offer: { id: node.node.id, title: titleOf(state, node), ...(node.node.phase === undefined ? {} : { phase: node.node.phase }), ...(reasons[0] === undefined ? {} : { why: because(reasons[0], now) }) } };
  });
  offers.sort((a, b) => Number(b.manual) - Number(a.manual));
  return ok(answerOf(offers.slice(0, most).map(({ offer }) => offer), `run ${state.run}`, offers.length));
}

async function ofHand({ place, relative, loaded }: Extract<Meant, { kind: 'hand' }>, most: number, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const hand = await readHand(place, relative);
  if (!hand.ok) return err([hand.error]);
  const [plan] = loaded.orchestration.plans;
  assert(plan !== undefined, 'a plan file that was loaded is a plan');
  const { tasks, orphans } = handView(plan, loaded.graph, hand.value);
  const ready = tasks.filter(({ status }) => status === 'ready');
  const started = tasks.filter(({ status }) => status === 'started');
  const answer = answerOf(ready.slice(0, most).map(({ task, local, phase }) => ({ id: local, title: task.title, phase, files: task.files })), relative, ready.length);
  const notes: string[] = [];
  if (started.length > 0) notes.push(`under way: ${started.map(({ local }) => local).join(', ')}`);
  if (orphans.length > 0) notes.push(`marked, but not in the file any more: ${orphans.join(', ')}`);
  const done = tasks.filter(({ status }) => status === 'done' || status === 'skipped').length;
  if (ready.length === 0 && done < tasks.length) notes.push(`${count(tasks.length - done, 'task')} left, none of them can be begun`);
  return ok({ ...answer, json: { ...answer.json, version: hand.value.version, started: started.map(({ local }) => local), done, total: tasks.length }, text: [answer.text, ...notes.map((note) => context.paint.dim(printable(note)))].filter((part) => part !== '').join('\n') });
}

function answerOf(offers: readonly Offer[], of: string, ready: number): Answer & { text: string } {
  const room = Math.max(0, ...offers.map(({ id }) => id.length));
  const lines = offers.map(({ id, title, why }) => `${id.padEnd(room)}  ${printable(title)}${why === undefined ? '' : `  (${why})`}`);
  return { json: { of, next: offers, ready }, text: lines.length === 0 ? 'nothing can be begun now' : lines.join('\n') };
}
