import { assert } from '../../base/assert.js';
import { systemClock } from '../../base/clock.js';
import { err, ok, type Result } from '../../base/result.js';
import { nearestName } from '../../base/text.js';
import type { Failure } from '../../model/failure.js';
import { taskId, type TaskId } from '../../model/ids.js';
import { nodeState } from '../../state/run-state.js';
import { iso } from '../../status/json.js';
import { findMeant, type Meant } from '../by-hand.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { handStatuses, handView, markByHand, readHand, type HandStatus } from '../hand.js';
import { planFileOptions } from '../load.js';
import { unknownNode } from '../nodes.js';
import { request } from '../request.js';
import { runOption } from '../runs.js';
import { tickOne } from '../tick.js';
import { usageFailure } from '../usage.js';

/** `plan mark`. */
export const command = defineCommand({
  name: 'mark',
  description:
    'Says of a task that it is started, completed, failed or skipped. In a run this is a request: a completed mark ends the attempt that runs, commits what stands in its worktree (else in the plan’s own), and goes on. ' +
    'Without a run it is kept beside the journals; several people and sessions may mark the same plan at once.',
  positionals: [
    { name: 'task', required: true, describe: 'a task, such as 2.3, or A.2.3 in a run', completes: 'node' },
    { name: 'status', required: true, describe: handStatuses.join(', ') },
  ],
  options: {
    plan: { type: 'string', requiresArg: true, describe: 'a plan file, or a plan of the newest run' },
    ...planFileOptions,
    ...runOption,
    note: { type: 'string', requiresArg: true, describe: 'why, for the record' },
    tick: { type: 'boolean', describe: 'tick it in the plan file too, by that one byte' },
  },
  examples: [['plan mark 2.3 completed --plan plans/auth.md --tick', '']],
  async run(given, context) {
    const [task = '', word = ''] = given.words;
    const status = asStatus(word);
    if (status === undefined) {
      const meant = nearestName(word, handStatuses);
      return { failures: [usageFailure('unknown-status', `a task cannot be marked ${JSON.stringify(word)}`, meant === undefined ? `one of ${handStatuses.join(', ')}` : `did you mean \`${meant}\`?`)] };
    }
    const wish: Wish = { task, status, note: given.note, tick: given.tick ?? false, format: given.format, tag: given.tag };
    const found = await withRepository(context, async (repository): Promise<Result<Answer | Extract<Meant, { kind: 'run' }>, readonly Failure[]>> => {
      const meant = await findMeant({ plan: given.plan, run: given.run, format: given.format, tag: given.tag }, repository, context);
      if (!meant.ok) return meant;
      return meant.value.kind === 'run' ? ok(meant.value) : byHand(meant.value, wish);
    });
    if (!found.ok) return { failures: found.error };
    return 'kind' in found.value ? inRun(found.value, wish, context) : found.value;
  },
});

interface Wish {
  readonly task: string;
  readonly status: HandStatus;
  readonly note: string | undefined;
  readonly tick: boolean;
  readonly format: Parameters<typeof tickOne>[2]['format'];
  readonly tag: string | undefined;
}

/** `complete`, `done` and their kin are what people type. */
function asStatus(word: string): HandStatus | undefined {
  const other: Readonly<Record<string, HandStatus>> = { complete: 'completed', done: 'completed', start: 'started', fail: 'failed', skip: 'skipped' };
  return handStatuses.find((status) => status === word) ?? (Object.hasOwn(other, word) ? other[word] : undefined);
}

function inRun({ run, plan }: Extract<Meant, { kind: 'run' }>, { task, status, note, tick }: Wish, context: Context): Promise<Answer> {
  return request(
    run.paths.run,
    (state) => {
      if (tick) return err([usageFailure('tick-in-run', 'a run ticks its plan files itself, after landing', 'plan orchestrate-multi … --tick')]);
      const id = nodeState(state, task) === undefined && plan !== undefined ? taskId(plan, task) : task;
      const node = nodeState(state, id);
      if (node?.node.kind !== 'task') return err([unknownNode(task, state)]);
      return ok({ event: { kind: 'mark.requested', node: id as TaskId, as: status, ...(note === undefined ? {} : { note }) }, words: `mark ${id} ${status}` });
    },
    context,
  );
}

async function byHand({ place, relative, file, loaded }: Extract<Meant, { kind: 'hand' }>, wish: Wish): Promise<Result<Answer, readonly Failure[]>> {
  const [plan] = loaded.orchestration.plans;
  assert(plan !== undefined, 'a plan file that was loaded is a plan');
  const before = await readHand(place, relative);
  if (!before.ok) return err([before.error]);
  const { tasks } = handView(plan, loaded.graph, before.value);
  const local = wish.task.startsWith(`${plan.id}.`) ? wish.task.slice(plan.id.length + 1) : wish.task;
  const found = tasks.find((one) => one.local === local);
  if (found === undefined) return err([unknownTask(wish.task, relative, tasks.map((one) => one.local))]);
  const { title } = found.task;
  const mark = { status: wish.status, at: iso(systemClock.now()), title, ...(wish.note === undefined ? {} : { note: wish.note }) };
  const ticks = wish.tick && wish.status === 'completed';
  const done = await markByHand(place, relative, local, mark, () => (ticks ? tickOne(file, { id: local, title }, wish) : Promise.resolve(undefined)));
  if (!done.ok) return done;
  const text = `${local} is ${wish.status}${ticks ? ', and ticked in its file' : ''} (${relative}, version ${done.value.version})`;
  return ok({ json: { plan: relative, task: local, status: wish.status, version: done.value.version, ticked: ticks }, text });
}

function unknownTask(task: string, file: string, known: readonly string[]): Failure {
  const meant = nearestName(task, known);
  return usageFailure('unknown-task', `${file} has no task \`${task}\``, meant === undefined ? 'see `plan check`' : `did you mean \`${meant}\`?`);
}
