/** Marks a task as done in the bytes of its plan file: the characters between the brackets, or the status value, and nothing else. */
import { isUtf8 } from 'node:buffer';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { LocalTaskId } from '../model/ids.js';
import type { PlanFormat } from '../model/plan-document.js';
import { isFault, parseJson, scalarText, type JsonNode } from './json-source.js';
import { findReader, readPlanFile, readers } from './readers.js';
import { Remarks, PlanSource } from './source.js';
import { superpowersSections } from './superpowers.js';
import { BlockTree, isDone } from './task-item.js';
import { taggedTasks } from './taskmaster.js';

/** Which plan of the file is meant, and what the task was called when it was run. */
export interface TickOptions {
  /** POSIX path; it helps to tell the format. */
  readonly path: string;
  readonly format?: PlanFormat;
  /** Task Master's tag. Without it the file's only or first list is meant. */
  readonly name?: string;
  /** When given, a task of this id with another title is refused: the file was renumbered meanwhile. */
  readonly title?: string;
}

/** Replaces these bytes (from, to) by that text. */
interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * The file with the task marked as done. The task is looked up by its id in the bytes as they are now; BOM, line endings, a missing
 * final newline and invalid UTF-8 elsewhere stay as they are. A task that is marked already gives the same bytes back.
 */
export function tickTask(bytes: Buffer, task: LocalTaskId, options: TickOptions): Result<Buffer, Failure> {
  const text = decoded(bytes);
  const reader = options.format === undefined ? findReader(options.path, text) : readers.find((one) => one.format === options.format);
  const format = reader?.format ?? 'native';
  const documents = readPlanFile(text, { path: options.path, format });
  const chosen = options.name === undefined ? documents[0] : documents.find((one) => one.name === options.name);
  const found = chosen?.document.phases.flatMap((phase) => phase.tasks).find((one) => one.id === task);
  if (!found) return refuse('task-not-found', `${options.path} has no task ${task} any more`, 'run `plan replan`, or tick it by hand');
  if (options.title !== undefined && found.title !== options.title) {
    return refuse(
      'task-changed',
      `task ${task} of ${options.path} is now called “${found.title.slice(0, 80)}”`,
      'run `plan replan`, or tick it by hand',
    );
  }
  const edits =
    format === 'taskmaster'
      ? statusEdit(text, task, options.name)
      : format === 'superpowers'
        ? stepEdits(text, options.path, task)
        : boxEdit(text, found.checkbox);
  if (!edits) return refuse('no-checkbox', `task ${task} of ${options.path} has nothing that could be ticked`, 'mark it by hand');
  return ok(applied(bytes, text, edits));
}

function refuse(code: string, message: string, hint: string): Result<Buffer, Failure> {
  return err({ kind: 'failed', code, message, hint });
}

function boxEdit(text: string, checkbox: number | undefined): Edit[] | undefined {
  if (checkbox === undefined) return undefined;
  return isDone(text.charAt(checkbox)) ? [] : [{ from: checkbox, to: checkbox + 1, text: 'x' }];
}

/** A superpowers task is done when all its steps are. */
function stepEdits(text: string, path: string, id: string): Edit[] | undefined {
  const source = new PlanSource(path, text);
  const tree = new BlockTree(source.markdown);
  const tasks = superpowersSections(tree, new Remarks(source.markdown.lines)).flatMap((section) =>
    section.kind === 'task' ? [section.task] : [],
  );
  const written = id.replace(/_\d+$/, '');
  const repeat = id === written ? 1 : Number(id.slice(written.length + 1));
  const task = tasks.filter((one) => one.id === written)[repeat - 1];
  if (!task || task.steps.length === 0) return undefined;
  return task.steps.flatMap((step) => boxEdit(text, step.checkbox?.offset) ?? []);
}

function statusEdit(text: string, id: string, name: string | undefined): Edit[] | undefined {
  const root = parseJson(text);
  if (isFault(root)) return undefined;
  const lists = taggedTasks(root);
  const list = name === undefined ? lists[0] : lists.find((one) => one.tag === name);
  const status = list && findTask(list.tasks, id)?.entries.get('status');
  if (status?.kind !== 'string') return undefined;
  return status.value === 'done' ? [] : [{ from: status.start + 1, to: status.end - 1, text: 'done' }];
}

/** The task object of an absolute id, through its parents. */
function findTask(tasks: readonly JsonNode[], id: string): (JsonNode & { kind: 'object' }) | undefined {
  let nodes = tasks;
  let prefix = '';
  for (let depth = 0; depth < 100; depth++) {
    let next: (JsonNode & { kind: 'object' }) | undefined;
    let nextId = '';
    for (const node of nodes) {
      const written = node.kind === 'object' ? scalarText(node.entries.get('id'))?.trim() : undefined;
      if (node.kind !== 'object' || written === undefined) continue;
      const whole = prefix === '' || written.startsWith(`${prefix}.`) ? written : `${prefix}.${written}`;
      if (whole === id) return node;
      if (id.startsWith(`${whole}.`) && !next) {
        next = node;
        nextId = whole;
      }
    }
    const subtasks = next?.entries.get('subtasks');
    if (subtasks?.kind !== 'array') return undefined;
    nodes = subtasks.items;
    prefix = nextId;
  }
  return undefined;
}

/** The bytes as text; bytes that are no UTF-8 become one `?` each, so that offsets can be counted back. */
function decoded(bytes: Buffer): string {
  return (isUtf8(bytes) ? bytes : withoutInvalid(bytes)).toString('utf8');
}

function withoutInvalid(bytes: Buffer): Buffer {
  const clean = Buffer.from(bytes);
  for (let at = 0; at < clean.length;) {
    const length = sequenceLength(clean, at);
    if (length === 0) clean[at] = 0x3f;
    at += Math.max(1, length);
  }
  return clean;
}

/** How many bytes the valid UTF-8 sequence at `at` has; 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) === 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  return length > 0 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function applied(bytes: Buffer, text: string, edits: readonly Edit[]): Buffer {
  const pieces: Buffer[] = [];
  let taken = 0;
  let offset = 0;
  let position = 0;
  for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
    const from = position + Buffer.byteLength(text.slice(offset, edit.from), 'utf8');
    const to = from + Buffer.byteLength(text.slice(edit.from, edit.to), 'utf8');
    pieces.push(bytes.subarray(taken, from), Buffer.from(edit.text, 'utf8'));
    taken = to;
    offset = edit.to;
    position = to;
  }
  pieces.push(bytes.subarray(taken));
  return Buffer.concat(pieces);
}
