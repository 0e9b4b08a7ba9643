/** Which tasks and phases of a file its ids, ranges and lists of dependencies mean. */
import type { NamedThing } from './dependency-text.js';
import type { Draft, DraftPhase, DraftTask } from './draft.js';
import { compareIds, idKey, type IdKey } from './ids.js';
import type { LineIndex } from './markdown-lines.js';
import { nearest } from './nearest.js';
import { quote, type Remarks } from './source.js';

/** How many tasks a file may have. */
export const maxTasks = 200_000;
/** How many wrong names get a hint. */
const maxHints = 200;

interface Leaf {
  readonly task: DraftTask;
  readonly key: IdKey;
}

/** The names of a file: which leaves and phases an id, a range or a list stands for. Gives duplicates names of their own. */
export class NameBook {
  private readonly draft: Draft;
  private readonly lines: LineIndex;
  private readonly remarks: Remarks;
  /** Leaves in file order; what a parent stands for is a stretch of it. */
  private readonly leaves: Leaf[] = [];
  private readonly stretch = new Map<DraftTask, { from: number; to: number }>();
  private readonly byId = new Map<string, DraftTask[]>();
  private readonly groups = new Map<string, DraftTask[]>();
  private readonly phasesById = new Map<string, DraftPhase>();
  private sorted: Leaf[] | undefined;
  private hints = 0;

  constructor(draft: Draft, lines: LineIndex, remarks: Remarks) {
    this.draft = draft;
    this.lines = lines;
    this.remarks = remarks;
    this.namePhases();
    for (const phase of draft.phases) for (const task of phase.tasks) if (!task.parent) this.enter(task);
    this.nameTasks();
    for (const group of draft.groups) {
      const known = this.groups.get(group.id.toLowerCase()) ?? [];
      for (const task of group.tasks) known.push(task);
      this.groups.set(group.id.toLowerCase(), known);
    }
  }

  private namePhases(): void {
    for (const phase of this.draft.phases) {
      const first = this.phasesById.get(phase.id);
      if (first) {
        const place = this.lines.place(first.offset);
        const old = phase.id;
        phase.id = this.freeName(old, this.phasesById);
        this.remarks.warn(
          'duplicate-phase',
          `phase ${old} exists already on line ${place.line}; this one is called ${phase.id}`,
          phase.offset,
          phase.endOffset,
          'give each phase a number of its own',
        );
      }
      this.phasesById.set(phase.id, phase);
    }
  }

  private readonly copies = new Map<string, number>();

  /** `2.3_2` for the second 2.3; counts on, since a file may repeat one id without end. */
  private freeName(written: string, taken: ReadonlyMap<string, unknown>): string {
    let count = this.copies.get(written) ?? 1;
    do count++;
    while (taken.has(`${written}_${count}`));
    this.copies.set(written, count);
    return `${written}_${count}`;
  }

  /** Puts a task's leaves in file order; iterative, since nesting may be deep. */
  private enter(root: DraftTask): void {
    const open: { task: DraftTask; next: number; from: number }[] = [{ task: root, next: 0, from: this.leaves.length }];
    while (open.length > 0) {
      const top = open[open.length - 1];
      if (!top) break;
      const child = top.task.children[top.next];
      if (child) {
        top.next++;
        open.push({ task: child, next: 0, from: this.leaves.length });
        continue;
      }
      if (top.task.children.length === 0) this.leaves.push({ task: top.task, key: [] });
      this.stretch.set(top.task, { from: top.from, to: this.leaves.length });
      open.pop();
    }
  }

  private nameTasks(): void {
    const seen = new Map<string, DraftTask>();
    const all = [...this.stretch.keys()].sort((a, b) => a.offset - b.offset);
    if (this.leaves.length > maxTasks) {
      this.remarks.error(
        'too-many-tasks',
        `the file holds ${this.leaves.length} tasks; at most ${maxTasks} are taken`,
        this.leaves[maxTasks]?.task.offset ?? 0,
        undefined,
        'split the plan',
      );
    }
    for (const task of all) {
      const written = task.id;
      const first = seen.get(written);
      if (first) {
        task.id = this.freeName(written, seen);
        const line = this.lines.place(first.offset).line;
        this.remarks.warn(
          'duplicate-id',
          `task ${written} exists already on line ${line}; this one is called ${task.id}`,
          task.offset,
          task.endOffset,
          'give each task an id of its own',
        );
      }
      seen.set(task.id, task);
      this.byId.set(task.id, [task]);
      if (first) this.byId.get(written)?.push(task);
      if (task.alias !== undefined && !this.byId.has(task.alias)) this.byId.set(task.alias, [task]);
    }
    for (const [index, leaf] of this.leaves.entries()) this.leaves[index] = { task: leaf.task, key: idKey(leaf.task.id) };
  }

  private leavesOf(task: DraftTask): DraftTask[] {
    if (task.children.length === 0) return [task];
    const stretch = this.stretch.get(task);
    return stretch ? this.leaves.slice(stretch.from, stretch.to).map((leaf) => leaf.task) : [];
  }

  /** Whether a task was entered: one that hangs on a parent outside of every phase was not. */
  holds(task: DraftTask): boolean {
    return this.stretch.has(task);
  }

  /** The leaves that an id of the file stands for; empty when the file has no such id. */
  find(id: string): DraftTask[] {
    const known = this.byId.get(id) ?? this.byId.get(this.draft.format === 'spec-kit' ? id.toUpperCase() : id);
    const [only] = known ?? [];
    if (known && only) return known.length === 1 ? this.leavesOf(only) : known.flatMap((task) => this.leavesOf(task));
    return (this.groups.get(id.toLowerCase()) ?? []).flatMap((task) => this.leavesOf(task));
  }

  /** Whether a phase of the file has this number. */
  hasPhase(id: string): boolean {
    return this.phasesById.has(id);
  }

  /** The leaves from one id to another, both included, in the order of ids. */
  private between(from: string, to: string): DraftTask[] {
    this.sorted ??= [...this.leaves].sort((a, b) => compareIds(a.key, b.key));
    const low = idKey(from);
    const high = idKey(to);
    const found: DraftTask[] = [];
    let at = 0;
    let end = this.sorted.length;
    while (at < end) {
      const middle = (at + end) >> 1;
      const leaf = this.sorted[middle];
      if (leaf && compareIds(leaf.key, low) < 0) at = middle + 1;
      else end = middle;
    }
    for (; at < this.sorted.length; at++) {
      const leaf = this.sorted[at];
      if (!leaf || compareIds(leaf.key, high, high.length) > 0) break;
      found.push(leaf.task);
    }
    return found;
  }

  /** The name that was probably meant; only for the first few mistakes of a file, since looking takes time. */
  private meant(id: string, names: Iterable<string>): string | undefined {
    return ++this.hints > maxHints ? undefined : nearest(id, names);
  }

  private unknown(id: string, offset: number, length: number): void {
    const meant = this.meant(id, this.byId.keys());
    this.remarks.warn(
      'unknown-task',
      `there is no task ${quote(id)} in this file`,
      offset,
      offset + length,
      meant === undefined ? undefined : `did you mean ${meant}?`,
    );
  }

  /** The leaves that one named thing stands for; undefined for what is no task of this file. */
  tasksNamed(thing: NamedThing, base: number): DraftTask[] | undefined {
    const offset = base + thing.at;
    if (thing.kind === 'task') {
      const found = this.find(thing.id);
      if (found.length === 0) this.unknown(thing.id, offset, thing.text.length);
      return found;
    }
    if (thing.kind !== 'range') return undefined;
    if (compareIds(idKey(thing.from), idKey(thing.to)) > 0) {
      this.remarks.warn(
        'malformed-range',
        `the range ${quote(thing.text)} ends before it begins`,
        offset,
        offset + thing.text.length,
        `write ${thing.to}-${thing.from}`,
      );
      return this.between(thing.to, thing.from);
    }
    for (const end of [thing.from, thing.to]) if (this.find(end).length === 0) this.unknown(end, offset, thing.text.length);
    return this.between(thing.from, thing.to);
  }

  /** The phases that a number or a range of numbers stands for. */
  phasesNamed(thing: NamedThing & { kind: 'phases' }, base: number): DraftPhase[] {
    const from = Number.parseFloat(thing.from);
    const to = Number.parseFloat(thing.to);
    const found =
      thing.from === thing.to
        ? [this.phasesById.get(thing.from)]
        : this.draft.phases.filter((phase) => Number.parseFloat(phase.id) >= from && Number.parseFloat(phase.id) <= to);
    const known = found.filter((phase) => phase !== undefined);
    const ends = [thing.from, thing.to].filter((id, index, all) => all.indexOf(id) === index && !this.phasesById.has(id));
    for (const id of ends) {
      const meant = this.meant(id, this.phasesById.keys());
      this.remarks.warn(
        'unknown-phase',
        `there is no phase ${quote(id)} in this file`,
        base + thing.at,
        base + thing.end,
        meant === undefined ? undefined : `did you mean phase ${meant}?`,
      );
    }
    return known;
  }
}
