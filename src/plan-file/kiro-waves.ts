/** `{"waves":[{"id":0,"tasks":["1.1"]}, …]}` under “Task Dependency Graph”, in its many shapes. */
import type { DraftPhase, DraftTask } from './draft.js';
import { compareIds, idKey } from './ids.js';
import { isFault, parseJson, scalarText, type JsonNode } from './json-source.js';
import type { FenceBlock, MarkdownDocument } from './markdown-blocks.js';
import { nearest } from './nearest.js';
import { quote, type Remarks } from './source.js';

/** One wave as written; `level` is its place in the order. */
export interface Wave {
  readonly level: number;
  readonly tasks: readonly string[];
  /** File offset of the fence, for remarks. */
  readonly offset: number;
}

/** The waves of a fence; undefined (and a remark) when it is no JSON. */
export function readWaves(fence: FenceBlock, document: MarkdownDocument, remarks: Remarks): Wave[] | undefined {
  const offset = document.lines.starts[fence.line - 1] ?? 0;
  const root = parseJson(fence.lines.join('\n'));
  if (isFault(root)) {
    remarks.warn(
      'malformed-waves',
      `the task dependency graph is not JSON: ${root.message}`,
      offset,
      undefined,
      'repair it; until then the order of the file holds',
    );
    return undefined;
  }
  const list = root.kind === 'object' ? root.entries.get('waves') : root;
  const nodes = list?.kind === 'array' ? list.items : list?.kind === 'object' ? [...list.entries.values()] : [];
  const read = nodes.map((node, index) => waveOf(node, index));
  const levels = new Map<string, number>();
  const found: Wave[] = [];
  for (const [index, wave] of read.entries()) {
    if (!wave) {
      remarks.warn('malformed-waves', 'a wave is a list of task ids', offset, undefined, 'write {"id": 0, "tasks": ["1.1"]}');
      continue;
    }
    const after = wave.after?.map((id) => levels.get(id)).filter((level) => level !== undefined);
    const level = wave.after === undefined ? (found.at(-1)?.level ?? -1) + 1 : Math.max(-1, ...(after ?? [])) + 1;
    levels.set(wave.id ?? String(index), level);
    found.push({ level, tasks: wave.tasks, offset });
  }
  return found;
}

function waveOf(node: JsonNode, index: number): { id: string | undefined; tasks: string[]; after: string[] | undefined } | undefined {
  if (node.kind === 'array') return { id: String(index), tasks: texts(node), after: undefined };
  if (node.kind !== 'object') return undefined;
  const tasks = node.entries.get('tasks') ?? node.entries.get('task_ids') ?? node.entries.get('taskIds');
  const after = node.entries.get('depends_on') ?? node.entries.get('dependsOn') ?? node.entries.get('depends');
  const id = scalarText(node.entries.get('id') ?? node.entries.get('wave'));
  if (tasks?.kind !== 'array') return undefined;
  return { id, tasks: texts(tasks), after: after?.kind === 'array' ? texts(after) : undefined };
}

function texts(node: JsonNode & { kind: 'array' }): string[] {
  return node.items.flatMap((item) => {
    const text = scalarText(item) ?? (item.kind === 'object' ? scalarText(item.entries.get('id')) : undefined);
    return text === undefined
      ? []
      : [
          text
            .trim()
            .replace(/^(?:task\s*|T(?=\d))/i, '')
            .replace(/[.*]+$/, ''),
        ];
  });
}

/** Waves in which every leaf of the plan stands once. What they leave out is put after what precedes it; contradictions are reported. */
export function settleWaves(waves: readonly Wave[], phases: readonly DraftPhase[], remarks: Remarks): string[][] {
  const leaves = phases.flatMap((phase) => phase.tasks.filter((task) => task.children.length === 0));
  const level = new Map<string, number>();
  const offset = waves[0]?.offset ?? 0;
  const known = new Map<string, DraftTask[]>();
  for (const phase of phases) {
    known.set(
      phase.id,
      phase.tasks.filter((task) => task.children.length === 0),
    );
    for (const task of phase.tasks) known.set(task.id, leavesOf(task));
  }
  for (const wave of waves) {
    for (const id of wave.tasks) {
      const tasks = known.get(id);
      if (!tasks) {
        const meant = nearest(id, known.keys());
        remarks.warn(
          'unknown-task',
          `the waves name task ${quote(id)}, which this file does not have`,
          wave.offset,
          undefined,
          meant === undefined ? undefined : `did you mean ${meant}?`,
        );
        continue;
      }
      for (const task of tasks) if (!level.has(task.id)) level.set(task.id, wave.level);
    }
  }
  reportContradictions(phases, level, remarks);
  placeMissing(phases, leaves, level, offset, remarks);
  const order = [...new Set(level.values())].sort((a, b) => a - b);
  const settled = new Map<number, string[]>(order.map((one) => [one, []]));
  for (const task of leaves) settled.get(level.get(task.id) ?? -1)?.push(task.id);
  return order.map((one) => settled.get(one) ?? []);
}

function leavesOf(task: DraftTask): DraftTask[] {
  const found: DraftTask[] = [];
  const open = [task];
  while (open.length > 0) {
    const one = open.pop();
    if (!one) break;
    if (one.children.length === 0) found.push(one);
    open.push(...[...one.children].reverse());
  }
  return found;
}

/** A checkpoint is a barrier in the file; where waves start something behind it before what stands ahead of it, the waves win. */
function reportContradictions(phases: readonly DraftPhase[], level: ReadonlyMap<string, number>, remarks: Remarks): void {
  let highest = -1;
  const lowestAfter: number[] = [];
  for (let index = phases.length - 1, least = Infinity; index >= 0; index--) {
    lowestAfter[index] = least;
    for (const task of phases[index]?.tasks ?? []) least = Math.min(least, level.get(task.id) ?? Infinity);
  }
  for (const [index, phase] of phases.entries()) {
    const levels = phase.tasks.map((task) => level.get(task.id)).filter((one) => one !== undefined);
    const single = phase.tasks.length === 1 && phase.tasks[0]?.id === phase.id;
    const lowest = lowestAfter[index] ?? Infinity;
    highest = levels.reduce((most, one) => Math.max(most, one), highest);
    if (single && highest >= 0 && lowest <= highest) {
      remarks.warn(
        'waves-contradict',
        `task ${phase.id} is a barrier in the file, but the waves run tasks behind it together with tasks before it; the waves hold`,
        phase.offset,
        phase.endOffset,
        'move the task into a wave of its own, or leave it so',
      );
      return;
    }
  }
}

function placeMissing(
  phases: readonly DraftPhase[],
  leaves: readonly DraftTask[],
  level: Map<string, number>,
  offset: number,
  remarks: Remarks,
): void {
  const missing = leaves.filter((task) => !level.has(task.id));
  if (missing.length === 0) return;
  const names = missing.map((task) => task.id).sort((a, b) => compareIds(idKey(a), idKey(b)));
  // Waves as Kiro writes them leave checkpoints out; a leaf that is missing was forgotten.
  const forgotten = missing.some((task) => task.id !== task.phase.id);
  remarks.say(
    forgotten ? 'warning' : 'info',
    'waves-incomplete',
    `the waves leave out ${names.slice(0, 12).join(', ')}${names.length > 12 ? ` and ${names.length - 12} more` : ''}; each runs after what stands before it`,
    offset,
    undefined,
    'add them to a wave',
  );
  let highest = -1;
  for (const phase of phases) {
    let own = -1;
    for (const task of phase.tasks) {
      if (task.children.length > 0) continue;
      const single = task.id === phase.id;
      const known = level.get(task.id);
      // A checkpoint gets a place of its own right after everything before it; a subtask one right after its predecessors in the phase.
      const place = known ?? (single ? Math.floor(highest) + 0.5 : Math.floor(own < 0 ? highest : own) + 0.25);
      if (known === undefined) level.set(task.id, place);
      own = Math.max(own, place);
      highest = Math.max(highest, place);
    }
  }
}
