import path from 'node:path';
import { systemClock } from '../../base/clock.js';
import { err, ok, type Result } from '../../base/result.js';
import { deadlineAfter, localTimeZone } from '../../base/zoned-time.js';
import { parsePriority } from '../../manifest/units.js';
import type { Failure } from '../../model/failure.js';
import { parseTimeOfDay } from '../../queue/nightly.js';
import { heldBackBy, openQueue, type Queue, type QueueEntry } from '../../queue/queue.js';
import { padEnd, printable } from '../../status/printable.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { exit } from '../exit.js';
import { queueOutcome, workThroughQueue } from '../night.js';
import { topOf } from '../top.js';
import { outsideRepository, usageFailure } from '../usage.js';

const actions = ['add', 'list', 'remove', 'run'] as const;

/** `plan queue`. */
export const command = defineCommand({
  name: 'queue',
  description: 'Manifests that wait for their turn. `add <manifest>` queues one, `list` shows them in the order in which they run, `remove <number|manifest>` takes one out, `run` works through them now; one that fails does not hold up the next.',
  positionals: [
    { name: 'action', required: true, describe: actions.join(', ') },
    { name: 'manifest', describe: 'a manifest, or the number of an entry', completes: 'file' },
  ],
  options: {
    priority: { type: 'string', requiresArg: true, describe: 'low, medium, high, critical or a number' },
    after: { type: 'string', array: true, requiresArg: true, describe: 'run it only when this entry (number or manifest) is done' },
    until: { type: 'string', requiresArg: true, describe: 'run: start nothing after this time: 06:30' },
    cost: { type: 'number', requiresArg: true, describe: 'run: stop at this cost' },
  },
  examples: [
    ['plan queue add release.yml --priority high', ''],
    ['plan queue run --until 06:30', ''],
  ],
  async run(given, context) {
    const [action = '', which] = given.words;
    if (!actions.some((one) => one === action)) return { failures: [usageFailure('unknown-action', `\`plan queue\` does not know ${JSON.stringify(action)}`, `one of ${actions.join(', ')}`)] };
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const queue = openQueue(repository.commonDir, systemClock);
      const top = await topOf(repository);
      switch (action) {
        case 'add':
          return add(queue, top, which, given, context);
        case 'remove':
          return remove(queue, top, which, context);
        case 'list':
          return list(queue, context);
        default:
          return runNow(queue, top, given, context);
      }
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

/** A manifest as the queue knows it: relative to the repository's top. A number stays what it is. */
function keyOf(top: string, which: string, context: Context): Result<string, Failure> {
  if (/^\d+$/.test(which)) return ok(which);
  const relative = path.relative(top, path.resolve(context.folder, which)).split(path.sep).join('/');
  return relative.startsWith('..') ? err(outsideRepository(which)) : ok(relative);
}

async function add(queue: Queue, top: string, which: string | undefined, given: { readonly priority?: string | undefined; readonly after?: string[] | undefined }, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  if (which === undefined) return err([usageFailure('missing-word', 'say which manifest', 'plan queue add <manifest>')]);
  const manifest = keyOf(top, which, context);
  if (!manifest.ok) return err([manifest.error]);
  const priority = given.priority === undefined ? 50 : priorityOf(given.priority);
  if (priority === undefined) return err([usageFailure('bad-priority', `${JSON.stringify(given.priority)} is no priority`, 'low, medium, high, critical or a number')]);
  const after: string[] = [];
  for (const word of given.after ?? []) {
    const key = keyOf(top, word, context);
    if (!key.ok) return err([key.error]);
    after.push(key.value);
  }
  const { load } = await import('../load.js');
  const checked = await withRepository(context, (repository) => load({ file: which }, context, repository));
  if (!checked.ok) return checked;
  const added = await queue.add({ manifest: manifest.value, priority, after });
  if (!added.ok) return err([added.error]);
  const { entry, added: fresh } = added.value;
  return ok({ json: { entry, added: fresh }, text: fresh ? `${entry.id}: ${printable(entry.manifest)} is queued` : `${entry.id}: ${printable(entry.manifest)} was queued already; its priority is ${entry.priority} now` });
}

function priorityOf(text: string): number | undefined {
  if (Number.isFinite(Number(text))) return Number(text);
  return ['low', 'medium', 'high', 'critical'].includes(text) ? parsePriority(text) : undefined;
}

async function remove(queue: Queue, top: string, which: string | undefined, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  if (which === undefined) return err([usageFailure('missing-word', 'say which entry', 'see `plan queue list`')]);
  const key = keyOf(top, which, context);
  if (!key.ok) return err([key.error]);
  const removed = await queue.remove(key.value);
  if (!removed.ok) return err([removed.error]);
  return ok({ json: { removed: removed.value }, text: removed.value.map(({ id, manifest }) => `${id}: ${printable(manifest)} is taken out`).join('\n') || 'nothing was taken out' });
}

async function list(queue: Queue, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const listed = await queue.list();
  if (!listed.ok) return err([listed.error]);
  const room = Math.max(0, ...listed.value.map(({ manifest }) => manifest.length));
  const lines = listed.value.map((entry) => entryLine(entry, listed.value, room, context));
  return ok({ json: { queue: listed.value }, text: lines.join('\n') || 'the queue is empty: plan queue add <manifest>' });
}

function entryLine(entry: QueueEntry, all: readonly QueueEntry[], room: number, { paint }: Context): string {
  const held = heldBackBy(entry, all).map(({ id }) => id);
  const facts = [`priority ${entry.priority}`, ...(held.length > 0 ? [`after ${held.join(', ')}`] : []), ...(entry.run === undefined ? [] : [entry.run]), ...(entry.note === undefined ? [] : [printable(entry.note)])];
  return `${String(entry.id).padStart(3)}  ${padEnd(printable(entry.manifest), room)}  ${padEnd(entry.state, 11)}  ${paint.dim(facts.join(' · '))}`;
}

async function runNow(queue: Queue, top: string, given: { readonly until?: string | undefined; readonly cost?: number | undefined }, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const until = given.until === undefined ? undefined : parseTimeOfDay(given.until);
  if (until?.ok === false) return err([until.error]);
  const ended = await workThroughQueue({ queue, top, ...(until === undefined ? {} : { until: deadlineAfter(until.value, systemClock.now(), localTimeZone()) }), ...(given.cost === undefined ? {} : { costLimit: given.cost }) }, context);
  if (!ended.ok) return err([ended.error]);
  const { because, entries, heldBack } = ended.value;
  return ok({ exit: because === 'signal' ? exit.interrupted : queueOutcome(entries), json: { because, entries, heldBack }, text: '' });
}
