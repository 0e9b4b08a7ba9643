/** Task Master: `.taskmaster/tasks/tasks.json`, one plan per tag. */
import type { PlanDocument } from '../model/plan-document.js';
import { draftPhase, type DraftPhase, type DraftTask, type StatedList } from './draft.js';
import { filesNamed } from './files-named.js';
import { numericId } from './ids.js';
import { remarkParentDone } from './task-remarks.js';
import { isFault, parseJson, scalarText, type JsonNode } from './json-source.js';
import { LineIndex } from './markdown-lines.js';
import { buildDocument } from './plan-builder.js';
import type { NamedDocument } from './reader.js';
import { quote, Remarks, type PlanSource } from './source.js';

type ObjectNode = JsonNode & { readonly kind: 'object' };

/** One list of tasks in the file. */
export interface TaggedTasks {
  /** The tag; undefined for the old form without tags. */
  readonly tag: string | undefined;
  readonly tasks: readonly JsonNode[];
  readonly metadata: JsonNode | undefined;
  readonly offset: number;
}

/** The lists of tasks that a JSON value holds: one per tag, or the one of the old form. */
export function taggedTasks(root: JsonNode): TaggedTasks[] {
  if (root.kind !== 'object') return [];
  const direct = root.entries.get('tasks');
  if (direct?.kind === 'array')
    return [
      { tag: undefined, tasks: direct.items, metadata: root.entries.get('metadata') ?? root.entries.get('meta'), offset: direct.start },
    ];
  const found: TaggedTasks[] = [];
  for (const [tag, node] of root.entries) {
    const tasks = node.kind === 'object' ? node.entries.get('tasks') : undefined;
    if (node.kind === 'object' && tasks?.kind === 'array')
      found.push({ tag, tasks: tasks.items, metadata: node.entries.get('metadata'), offset: node.start });
  }
  return found;
}

/** How surely a file is Task Master's. */
export function claimsTaskMaster(source: PlanSource): number {
  if (!/^\ufeff?\s{0,100}\{/.test(source.text.slice(0, 200))) return 0;
  return /"tasks"\s*:\s*\[/.test(source.text) || /tasks\.json$/.test(source.path) ? 20 : 0;
}

/** Reads every tag of a `tasks.json`. */
export function readTaskMaster(source: PlanSource): NamedDocument[] {
  const lines = new LineIndex(source.text);
  const root = parseJson(source.text);
  const remarks = new Remarks(lines);
  if (isFault(root)) {
    remarks.error('malformed-json', `this is not JSON: ${root.message}`, root.offset, undefined, 'repair the file');
    return [{ document: new TagReader({ tag: undefined, tasks: [], metadata: undefined, offset: 0 }, lines, remarks).read() }];
  }
  const tags = taggedTasks(root);
  if (tags.length === 0) {
    remarks.error('no-tasks', 'this file holds no list of tasks', root.start, undefined, 'it should look like {"master": {"tasks": […]}}');
    return [{ document: new TagReader({ tag: undefined, tasks: [], metadata: undefined, offset: 0 }, lines, remarks).read() }];
  }
  return tags.map((tag) => {
    const document = new TagReader(tag, lines, new Remarks(lines)).read();
    return tag.tag === undefined ? { document } : { name: tag.tag, document };
  });
}

const statuses = new Set(['pending', 'in-progress', 'done', 'completed', 'review', 'deferred', 'cancelled', 'canceled', 'blocked', 'todo']);

class TagReader {
  private readonly tag: TaggedTasks;
  private readonly lines: LineIndex;
  private readonly remarks: Remarks;
  private readonly phase: DraftPhase;

  constructor(tag: TaggedTasks, lines: LineIndex, remarks: Remarks) {
    this.tag = tag;
    this.lines = lines;
    this.remarks = remarks;
    this.phase = draftPhase('1', tag.tag ?? '', tag.offset, tag.offset + 1, 'free');
    this.tops = new Set(tag.tasks.flatMap((task) => (task.kind === 'object' ? (scalarText(task.entries.get('id')) ?? []) : [])));
  }

  read(): PlanDocument {
    const { tag, phase } = this;
    for (const node of tag.tasks) this.take(node, undefined);
    for (const task of phase.tasks) remarkParentDone(this.remarks, task);
    const metadata = tag.metadata?.kind === 'object' ? tag.metadata.entries : undefined;
    const overview = [...(metadata ?? [])].flatMap(([key, node]) => {
      const value = scalarText(node);
      return value === undefined || value === '' ? [] : [{ key, value }];
    });
    const text = (key: string): string | undefined => overview.find((entry) => entry.key === key)?.value;
    return buildDocument(
      {
        format: 'taskmaster',
        title: text('projectName') ?? text('project') ?? tag.tag ?? '',
        goal: text('description'),
        overview,
        frontMatter: undefined,
        suggestions: [],
        phases: tag.tasks.length > 0 ? [phase] : [],
        groups: [],
        notes: [],
        waves: undefined,
        grammar: numericId,
      },
      this.lines,
      this.remarks,
    );
  }

  private take(node: JsonNode, parent: DraftTask | undefined): void {
    if (node.kind !== 'object') {
      this.remarks.warn('unclear-task', 'a task is an object', node.start, node.end, 'write {"id": 1, "title": "…", "status": "pending"}');
      return;
    }
    const written = scalarText(node.entries.get('id'))?.trim();
    if (written === undefined || !/^\d{1,9}(?:\.\d{1,9}){0,7}$/.test(written)) {
      this.remarks.warn(
        'task-without-id',
        `this task has no id that is a number${written === undefined ? '' : `: ${quote(written)}`}, so it is not run`,
        node.start,
        node.start + 1,
        'give it an “id”',
      );
      return;
    }
    const id = parent && !written.startsWith(`${parent.id}.`) ? `${parent.id}.${written}` : written;
    const subtasks = node.entries.get('subtasks');
    const children = subtasks?.kind === 'array' ? subtasks.items : [];
    const task = this.draft(node, id, parent, children);
    parent?.children.push(task);
    this.phase.tasks.push(task);
    this.siblingIds.set(task, new Set(children.flatMap((child) => (child.kind === 'object' ? (scalarText(child.entries.get('id')) ?? []) : []))));
    for (const child of children) this.take(child, task);
  }

  private draft(node: ObjectNode, id: string, parent: DraftTask | undefined, children: readonly JsonNode[]): DraftTask {
    const text = (key: string): string => scalarText(node.entries.get(key)) ?? '';
    const at = node.entries.get('id') ?? node;
    const body = [text('description'), text('details'), text('testStrategy') && `Test strategy: ${text('testStrategy')}`]
      .filter((part) => part !== '')
      .join('\n\n');
    return {
      id,
      title: (text('title') || text('description')).replace(/\s+/g, ' ').trim().slice(0, 2000),
      offset: at.start,
      endOffset: at.end,
      done: this.done(node, id, parent),
      checkbox: undefined,
      kind: 'task',
      group: parent ? [...parent.group, parent.title] : [],
      body: [parent && parent.body.length <= 2000 ? parent.body : '', body].filter((part) => part !== '').join('\n\n'),
      script: undefined,
      parallel: false,
      optional: false,
      files: filesNamed(`${text('title')}\n${withoutFences(body)}`),
      size: undefined,
      estimateSeconds: undefined,
      uses: {},
      changesNothing: false,
      timeoutSeconds: undefined,
      retries: undefined,
      depends: this.depends(node, parent, children),
      sequential: false,
      parent,
      children: [],
      phase: this.phase,
    };
  }

  private done(node: ObjectNode, id: string, parent: DraftTask | undefined): boolean {
    const status = node.entries.get('status');
    const word = (scalarText(status) ?? 'pending').toLowerCase().replace(/[_ ]/g, '-');
    const from = status?.start ?? node.start;
    if (!statuses.has(word))
      this.remarks.warn(
        'unknown-status',
        `${quote(word)} is no status; task ${id} counts as pending`,
        from,
        status?.end,
        'pending, in-progress, done, review, deferred or cancelled',
      );
    if (word === 'cancelled' || word === 'canceled')
      this.remarks.info('task-cancelled', `task ${id} is cancelled: it counts as done and is not run`, from, status?.end);
    if (word === 'deferred' && !parent)
      this.remarks.info(
        'task-deferred',
        `task ${id} is deferred; it runs like any other`,
        from,
        status?.end,
        'set it to cancelled to leave it out',
      );
    return /^(?:done|completed|cancelled|canceled)$/.test(word);
  }

  /** Dependencies as absolute ids. In a subtask a bare number names a sibling; one that no sibling has is a task of the plan. */
  private depends(node: ObjectNode, parent: DraftTask | undefined, children: readonly JsonNode[]): StatedList[] {
    const list = node.entries.get('dependencies');
    if (list === undefined || (list.kind === 'literal' && list.value === null)) return [];
    if (list.kind !== 'array') {
      this.remarks.warn('unclear-dependency', 'dependencies are a list of ids', list.start, list.end, 'write [1, 2]');
      return [];
    }
    const siblings = parent ? this.siblings(parent) : new Set<string>();
    const found: StatedList[] = [];
    for (const item of list.items) {
      const raw = scalarText(item)?.trim();
      if (raw === undefined || !/^\d{1,9}(?:\.\d{1,9}){0,7}$/.test(raw)) {
        this.remarks.warn('unclear-dependency', `${quote(raw ?? 'this')} is no id`, item.start, item.end, 'write the number of a task');
        continue;
      }
      const sibling = parent !== undefined && !raw.includes('.') && (siblings.has(raw) || (item.kind === 'number' && !this.tops.has(raw)));
      // A string has its quotes before the id; the place is that of the spelling.
      found.push({ text: sibling ? `${parent.id}.${raw}` : raw, offset: item.kind === 'string' ? item.start + 1 : item.start });
    }
    // An empty list states that a task waits for nothing; for the subtasks of a parent it states nothing.
    if (found.length === 0 && list.items.length === 0 && !parent && children.length === 0) return [{ text: 'none', offset: list.start }];
    return found;
  }

  /** Ids of the tasks that are no subtasks. */
  private readonly tops: ReadonlySet<string>;
  private readonly siblingIds = new Map<DraftTask, Set<string>>();

  private siblings(parent: DraftTask): ReadonlySet<string> {
    return this.siblingIds.get(parent) ?? new Set();
  }
}

/** Details without code blocks: what they show is not what the task writes. */
function withoutFences(text: string): string {
  const out: string[] = [];
  let fence = '';
  for (const line of text.split('\n')) {
    const mark = /^\s{0,12}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === '' && mark !== undefined) fence = mark;
    else if (fence !== '' && mark?.startsWith(fence)) fence = '';
    else if (fence === '') out.push(line);
  }
  return out.join('\n');
}
