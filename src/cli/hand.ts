/**
 * A plan worked through by hand, without a run: what people marked, kept beside the journals in a file of its own per plan. Several
 * sessions may mark at once: each change is read, made and written under a lock, and the version grows with it.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { removeHalfWritten, replaceFile } from '../base/atomic-file.js';
import { systemClock } from '../base/clock.js';
import { readRegularText } from '../base/regular-file.js';
import { err, ok, type Result } from '../base/result.js';
import type { Graph } from '../graph/graph.js';
import { fileNameOf } from '../journal/layout.js';
import type { Failure } from '../model/failure.js';
import type { LocalTaskId } from '../model/ids.js';
import type { Plan, Task } from '../model/orchestration.js';
import { withLock } from '../queue/generation-lock.js';

/** What a person can say of a task. */
export const handStatuses = ['started', 'completed', 'failed', 'skipped'] as const;
export type HandStatus = (typeof handStatuses)[number];

const markSchema = z.object({ status: z.enum(handStatuses), at: z.string(), title: z.string(), note: z.string().optional() });
const fileSchema = z.object({ version: z.int().min(0), plan: z.string(), tasks: z.record(z.string(), markSchema) });

/** The last thing said of a task; `title` tells whether the file still means the same task by this id. */
export type HandMark = z.infer<typeof markSchema>;
/** What was said of a plan's tasks. `version` grows with every change. */
export type HandFile = z.infer<typeof fileSchema>;

/** Where the marks of a plan are kept; `file` is its path relative to the repository's top, `tag` one of several plans in it. */
export function handPath(commonDir: string, file: string, tag?: string): string {
  return path.join(commonDir, 'plan', 'hand', `${fileNameOf(tag === undefined ? file : `${file}@${tag}`)}.json`);
}

/** The marks of a plan; none where nothing was marked. */
export async function readHand(place: string, plan: string): Promise<Result<HandFile, Failure>> {
  const text = await readRegularText(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return ok({ version: 0, plan, tasks: {} });
  const parsed = fileSchema.safeParse(parseJson(text));
  if (parsed.success) return ok(parsed.data);
  return err({ kind: 'input', code: 'hand-state-damaged', message: `${place} is not what \`plan mark\` writes`, hint: 'move it away, and mark again what is done' });
}

/** Changes one task's mark under the plan's lock and gives the file as it then is. `also` runs under the same lock, after the mark is on the disk. */
export async function markByHand(place: string, plan: string, task: LocalTaskId, mark: HandMark, also: () => Promise<Failure | undefined> = () => Promise.resolve(undefined)): Promise<Result<HandFile, readonly Failure[]>> {
  await mkdir(path.dirname(place), { recursive: true, mode: 0o700 });
  const done = await withLock(`${place}.lock`, `plan mark ${task}`, systemClock, async (): Promise<Result<HandFile, readonly Failure[]>> => {
    const before = await readHand(place, plan);
    if (!before.ok) return err([before.error]);
    const tasks = { ...before.value.tasks };
    Object.defineProperty(tasks, task, { value: mark, enumerable: true, configurable: true, writable: true });
    const next = { version: before.value.version + 1, plan, tasks };
    await removeHalfWritten(path.dirname(place), path.basename(place));
    await replaceFile(place, `${JSON.stringify(next, null, 2)}\n`, { durable: true });
    const failure = await also();
    return failure === undefined ? ok(next) : err([failure]);
  });
  if (done.ok) return done.value;
  const { identity, purpose } = done.error;
  return err([{ kind: 'busy', code: 'hand-busy', message: `process ${identity.pid} (${purpose}) holds the marks of this plan`, hint: 'try again when it is done' }]);
}

/** How tasks of a plan stand when people do them. */
export interface HandView {
  readonly tasks: readonly HandTask[];
  /** Marks whose task is not in the file any more, or is another one now. */
  readonly orphans: readonly LocalTaskId[];
}

export interface HandTask {
  readonly task: Task;
  readonly local: LocalTaskId;
  readonly phase: string;
  /** `ready`: nothing stands before it. `blocked`: something before it failed. */
  readonly status: 'done' | 'skipped' | 'started' | 'failed' | 'ready' | 'waiting' | 'blocked';
  readonly note?: string;
}

/** Every task of the plan, in the file's order. Verifies are taken as passed: who works by hand looks for himself. */
export function handView(plan: Plan, graph: Graph, { tasks: marks }: HandFile): HandView {
  const own = plan.phases.flatMap((phase) => phase.tasks.map((task) => ({ task, phase: phase.id, local: task.id.slice(plan.id.length + 1) })));
  const byId = new Map(own.map((one) => [one.local, one]));
  const markOf = new Map<string, HandMark>();
  const orphans: string[] = [];
  for (const [id, mark] of Object.entries(marks)) {
    // By identity: the id where the title agrees, else the one task that bears the title now.
    const sameId = byId.get(id);
    const sameTitle = own.filter(({ task }) => task.title === mark.title);
    const meant = sameId?.task.title === mark.title ? sameId : sameTitle.length === 1 ? sameTitle[0] : undefined;
    if (meant === undefined) orphans.push(id);
    else markOf.set(meant.local, mark);
  }
  const over = (id: string): boolean => byId.get(id)?.task.done === true || ['completed', 'skipped'].includes(markOf.get(id)?.status ?? '');
  const { done, blocked } = propagate(graph, plan, over, (id) => markOf.get(id)?.status === 'failed');
  const tasks = own.map(({ task, phase, local }): HandTask => {
    const mark = markOf.get(local);
    const index = graph.indexOf.get(task.id) ?? -1;
    const ready = (graph.before[index] ?? []).every((before) => done[before] === true);
    const status = mark?.status === 'skipped' ? 'skipped' : over(local) ? 'done' : mark?.status === 'failed' ? 'failed' : mark?.status === 'started' ? 'started' : ready ? 'ready' : blocked[index] === true ? 'blocked' : 'waiting';
    return { task, local, phase, status, ...(mark?.note === undefined ? {} : { note: mark.note }) };
  });
  return { tasks, orphans };
}

function propagate(graph: Graph, plan: Plan, over: (id: string) => boolean, failed: (id: string) => boolean): { done: boolean[]; blocked: boolean[] } {
  const done: boolean[] = [];
  const blocked: boolean[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    const before = graph.before[index] ?? [];
    const need = node.quorum ?? before.length;
    const local = node.id.slice(plan.id.length + 1);
    const passed = before.filter((one) => done[one] === true).length >= need;
    done[index] = node.kind === 'task' ? over(local) : passed;
    blocked[index] = !done[index] && ((node.kind === 'task' && failed(local)) || before.filter((one) => blocked[one] === true).length > before.length - need);
  }
  return { done, blocked };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
