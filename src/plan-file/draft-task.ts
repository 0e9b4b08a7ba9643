/** From a task's line and its list item to a draft task; shared by the Markdown formats. */
import type { DraftPhase, DraftTask } from './draft.js';
import type { ItemBlock } from './markdown-blocks.js';
import { filesOfItem } from './task-files.js';
import { bodyOf, isScript, scriptOf, type BlockTree, type TaskLine } from './task-item.js';
import { filesNamed } from './files-named.js';
import type { FileMention } from '../model/plan-document.js';
import { quote, type Remarks } from './source.js';

/** How much of a parent's text its subtasks are handed. */
const maxParentBody = 2000;

/** A task whose item has been entered; body, script and files are filled in when its subtasks are known. Small: a file may have 200,000. */
export interface OpenTask {
  readonly draft: DraftTask;
  readonly item: ItemBlock;
  /** How many lines of its first paragraph are its title. */
  readonly titleLines: number;
}

/** What a format adds to a task's line. */
export interface TaskExtras {
  readonly id: string;
  readonly title: string;
  readonly kind: 'task' | 'verify';
  readonly parallel: boolean;
  readonly optional: boolean;
  readonly group: readonly string[];
  readonly depends?: readonly { readonly text: string; readonly offset: number }[];
}

/** Starts a task under a phase and, where there is one, under its parent. */
export function openTask(phase: DraftPhase, parent: OpenTask | undefined, item: ItemBlock, line: TaskLine, extras: TaskExtras): OpenTask {
  const { annotations } = line;
  const draft: DraftTask = {
    id: extras.id,
    title: extras.title,
    offset: line.offset,
    endOffset: line.endOffset,
    done: line.done,
    checkbox: item.checkbox?.offset,
    kind: extras.kind,
    group: extras.group,
    body: '',
    script: undefined,
    parallel: extras.parallel || line.marks.includes('PARALLEL'),
    optional: extras.optional,
    files: annotations.files.length === 0 ? [] : annotations.files.flatMap((list) => statedFiles(list.text)),
    size: annotations.size,
    estimateSeconds: annotations.estimateSeconds,
    uses: annotations.uses,
    changesNothing: annotations.changesNothing,
    timeoutSeconds: annotations.timeoutSeconds,
    retries: annotations.retries,
    depends: [...annotations.depends, ...(extras.depends ?? [])],
    sequential: line.marks.includes('SEQUENTIAL'),
    parent: parent?.draft,
    children: [],
    phase,
  };
  parent?.draft.children.push(draft);
  phase.tasks.push(draft);
  return { draft, item, titleLines: line.lines };
}

const none: readonly ItemBlock[] = [];
const noIndexes: ReadonlySet<number> = new Set();
const noPaths: ReadonlySet<string> = new Set();

/** Fills in what needs all items of the file: bodies without subtasks, scripts, files. Parents hand a short text on to their subtasks. */
export function fillTasks(tree: BlockTree, tasks: readonly OpenTask[], remarks: Remarks): void {
  const items = new Map<DraftTask, OpenTask>(tasks.map((task) => [task.draft, task]));
  const inside = directItems(tree, tasks);
  for (const task of tasks) {
    const { draft, item } = task;
    const except = inside.get(item.index) ?? none;
    const own = bodyOf(tree, item, task.titleLines, except);
    const parent = draft.parent && items.get(draft.parent);
    const above = parent && parent.draft.body !== '' && parent.draft.body.length <= maxParentBody ? parent.draft.body : '';
    draft.body = draft.children.length > 0 ? own : [above, own].filter((text) => text !== '').join('\n\n');
    takeScript(tree, task, remarks);
    const stated = draft.files.length === 0 ? noPaths : new Set(draft.files.map((file) => file.path));
    for (const file of filesOfItem(tree, item, except.length === 0 ? noIndexes : new Set(except.map((one) => one.index))))
      if (!stated.has(file.path)) draft.files.push(file);
  }
}

/** Paths of a `(files: …)` list: every entry counts, also a name without an ending. */
function statedFiles(text: string): FileMention[] {
  const found = filesNamed(text, true);
  const names = new Set(found.map((file) => file.path));
  for (const entry of text.split(/[,;\s]+/).slice(0, 300)) {
    const path = entry.replace(/^[`'"*]+|[`'"*]+$/g, '').replace(/^\.\//, '');
    const taken = [...names].some((name) => path.includes(name.replace(/\/$/, '')) || name.includes(path));
    if (!/^[\p{L}\p{N}_.@*?{}[\]+-][\p{L}\p{N}_.@*?{}[\]()+/-]{0,200}$/u.test(path) || taken || path.split('/').includes('..')) continue;
    names.add(path);
    found.push({ path, stated: true });
  }
  return found;
}

/** For every task's item the outermost task items inside it, in order. */
function directItems(tree: BlockTree, tasks: readonly OpenTask[]): Map<number, ItemBlock[]> {
  const { blocks } = tree.document;
  const isTask = new Uint8Array(blocks.length);
  for (const task of tasks) isTask[task.item.index] = 1;
  const owner = new Int32Array(blocks.length).fill(-1);
  const found = new Map<number, ItemBlock[]>();
  for (const block of blocks) {
    if (block.kind !== 'item' || block.parent < 0) continue;
    const above = isTask[block.parent] === 1 ? block.parent : (owner[block.parent] ?? -1);
    owner[block.index] = above;
    if (isTask[block.index] !== 1 || above < 0) continue;
    const list = found.get(above);
    if (list) list.push(block);
    else found.set(above, [block]);
  }
  return found;
}

function takeScript(tree: BlockTree, task: OpenTask, remarks: Remarks): void {
  const { draft, item } = task;
  const scripts = tree.of(item.index).filter(isScript);
  const [first, second] = scripts;
  if (!first) return;
  const offset = tree.document.lines.starts[first.line - 1] ?? 0;
  if (draft.children.length > 0) {
    remarks.warn(
      'script-on-parent',
      `this block stands under ${draft.id}, which has subtasks, so nothing runs it`,
      offset,
      undefined,
      'put it under a subtask',
    );
    return;
  }
  draft.script ??= scriptOf(first);
  if (second)
    remarks.info(
      'second-script',
      `task ${draft.id} has more than one sh block; the first one is run`,
      tree.document.lines.starts[second.line - 1] ?? 0,
      undefined,
      `put the commands of ${quote(draft.title)} into one block`,
    );
}
