/** Draft → document: leaves instead of parents, unique ids, every dependency looked up or reported. */
import type { LocalTaskId } from '../model/ids.js';
import type { DocumentPhase, DocumentTask, FileMention, PlanDocument, PlanFormat, Reference } from '../model/plan-document.js';
import { namedThings, saysNothing, type NamedThing } from './dependency-text.js';
import type { DraftGroup, DraftNote, DraftPhase, DraftTask, StatedList } from './draft.js';
import { compareIds, idKey, type IdGrammar, type IdKey } from './ids.js';
import type { LineIndex } from './markdown-lines.js';
import { nearest } from './nearest.js';
import { quote, type Remarks } from './source.js';

/** How many references all tasks of a file may state together, ranges expanded. */
const maxReferences = 500_000;
/** How many tasks a file may have. */
const maxTasks = 200_000;

/** Everything that a reader found in a file. */
export interface Draft {
  readonly format: PlanFormat;
  readonly title: string;
  readonly goal: string | undefined;
  readonly overview: PlanDocument['overview'];
  readonly frontMatter: PlanDocument['frontMatter'];
  readonly suggestions: PlanDocument['suggestions'];
  readonly phases: readonly DraftPhase[];
  readonly groups: readonly DraftGroup[];
  readonly notes: readonly DraftNote[];
  readonly waves: readonly (readonly string[])[] | undefined;
  readonly grammar: IdGrammar;
}

/** Looks up everything that a draft names and gives the finished document. */
export function buildDocument(draft: Draft, lines: LineIndex, remarks: Remarks): PlanDocument {
  const book = new Book(draft, lines, remarks);
  const phases = draft.phases.map((phase, index) => book.phase(phase, index));
  return {
    format: draft.format,
    title: draft.title,
    ...(draft.goal === undefined ? {} : { goal: draft.goal }),
    overview: draft.overview,
    ...(draft.frontMatter === undefined ? {} : { frontMatter: draft.frontMatter }),
    phases,
    ...(draft.waves === undefined ? {} : { waves: book.waves(draft.waves) }),
    suggestions: draft.suggestions,
    diagnostics: remarks.all(),
  };
}

interface Leaf {
  readonly task: DraftTask;
  readonly key: IdKey;
}

/** The names of a file: which leaves an id stands for. */
class Book {
  private readonly draft: Draft;
  private readonly lines: LineIndex;
  private readonly remarks: Remarks;
  /** Leaves in file order; what a parent stands for is a stretch of it. */
  private readonly leaves: Leaf[] = [];
  private readonly stretch = new Map<DraftTask, { from: number; to: number }>();
  private readonly byId = new Map<string, DraftTask[]>();
  private readonly groups = new Map<string, DraftTask[]>();
  private readonly phasesById = new Map<string, DraftPhase>();
  private readonly sequences = new Map<DraftPhase, LocalTaskId[][]>();
  private sorted: Leaf[] | undefined;
  private references = 0;

  constructor(draft: Draft, lines: LineIndex, remarks: Remarks) {
    this.draft = draft;
    this.lines = lines;
    this.remarks = remarks;
    this.namePhases();
    for (const phase of draft.phases) for (const task of phase.tasks) if (!task.parent) this.enter(task);
    this.nameTasks();
    for (const group of draft.groups)
      this.groups.set(group.id.toLowerCase(), [...(this.groups.get(group.id.toLowerCase()) ?? []), ...group.tasks]);
    for (const note of draft.notes) this.takeNote(note);
    for (const phase of draft.phases) this.chainMarked(phase);
  }

  private namePhases(): void {
    for (const phase of this.draft.phases) {
      const first = this.phasesById.get(phase.id);
      if (first) {
        const place = this.lines.place(first.offset);
        const old = phase.id;
        for (let count = 2; this.phasesById.has(phase.id); count++) phase.id = `${old}_${count}`;
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
        for (let count = 2; seen.has(task.id); count++) task.id = `${written}_${count}`;
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
    }
    for (const [index, leaf] of this.leaves.entries()) this.leaves[index] = { task: leaf.task, key: idKey(leaf.task.id) };
  }

  private leavesOf(task: DraftTask): DraftTask[] {
    if (task.children.length === 0) return [task];
    const stretch = this.stretch.get(task);
    return stretch ? this.leaves.slice(stretch.from, stretch.to).map((leaf) => leaf.task) : [];
  }

  /** The leaves that an id of the file stands for; empty when the file has no such id. */
  private find(id: string): DraftTask[] {
    const known = this.byId.get(id) ?? this.byId.get(this.draft.format === 'spec-kit' ? id.toUpperCase() : id);
    const [only] = known ?? [];
    if (known && only) return known.length === 1 ? this.leavesOf(only) : known.flatMap((task) => this.leavesOf(task));
    return (this.groups.get(id.toLowerCase()) ?? []).flatMap((task) => this.leavesOf(task));
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

  private unknown(id: string, offset: number, length: number): void {
    const meant = nearest(id, this.byId.keys());
    this.remarks.warn(
      'unknown-task',
      `there is no task ${quote(id)} in this file`,
      offset,
      offset + length,
      meant === undefined ? undefined : `did you mean ${meant}?`,
    );
  }

  /** The leaves that one named thing stands for; undefined for what is no task of this file. */
  private tasksNamed(thing: NamedThing, base: number): DraftTask[] | undefined {
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

  private phasesNamed(thing: NamedThing & { kind: 'phases' }, base: number): DraftPhase[] {
    const from = Number.parseFloat(thing.from);
    const to = Number.parseFloat(thing.to);
    const found =
      thing.from === thing.to
        ? [this.phasesById.get(thing.from)]
        : this.draft.phases.filter((phase) => Number.parseFloat(phase.id) >= from && Number.parseFloat(phase.id) <= to);
    const known = found.filter((phase) => phase !== undefined);
    const ends = [thing.from, thing.to].filter((id, index, all) => all.indexOf(id) === index && !this.phasesById.has(id));
    for (const id of ends) {
      const meant = nearest(id, this.phasesById.keys());
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

  /** Everything that a task or phase states to wait for; undefined when nothing of it could be taken. */
  private resolve(lists: readonly StatedList[], self: DraftTask | undefined): Reference[] | undefined {
    if (lists.length === 0) return undefined;
    const found: Reference[] = [];
    const seen = new Set<string>();
    let stated = false;
    for (const list of lists) {
      if (saysNothing(list.text)) stated = true;
      else
        for (const reference of this.resolveList(list, self)) {
          const key = `${reference.plan ?? ''} ${reference.to.kind} ${'id' in reference.to ? reference.to.id : ''}`;
          if (!seen.has(key)) found.push(reference);
          seen.add(key);
        }
    }
    return found.length > 0 || stated ? found : undefined;
  }

  private *resolveList(list: StatedList, self: DraftTask | undefined): Generator<Reference> {
    if (this.references > maxReferences) return;
    for (const thing of namedThings(list.text, this.draft.grammar, this.draft.format !== 'taskmaster')) {
      const place = this.lines.place(list.offset + thing.at, list.offset + thing.end);
      const { text } = thing;
      if (thing.kind === 'phases') {
        for (const phase of this.phasesNamed(thing, list.offset)) yield { text, place, to: { kind: 'phase', id: phase.id } };
      } else if (thing.kind === 'foreign') {
        const own = thing.rest === undefined ? this.find(thing.plan) : [];
        if (own.length > 0) for (const task of own) yield { text, place, to: { kind: 'task', id: task.id } };
        else yield foreignReference(thing, place);
      } else if (thing.kind === 'unclear') {
        this.remarks.warn(
          'unclear-dependency',
          `${quote(thing.text)} names no task, phase or plan`,
          list.offset + thing.at,
          list.offset + thing.end,
          'name tasks (2.1), ranges (1.1-1.3), phases (phase1) or plans (A, A.phase2)',
        );
      } else {
        for (const task of this.tasksNamed(thing, list.offset) ?? []) {
          if (task === self) {
            if (thing.kind === 'task')
              this.remarks.warn(
                'depends-on-itself',
                `task ${task.id} is said to wait for itself`,
                list.offset + thing.at,
                list.offset + thing.end,
                'remove it',
              );
            continue;
          }
          if (++this.references > maxReferences) {
            if (this.references === maxReferences + 1)
              this.remarks.error(
                'too-many-references',
                `the file states more than ${maxReferences} dependencies`,
                list.offset,
                undefined,
                'let tasks depend on phases instead of ranges',
              );
            return;
          }
          yield { text, place, to: { kind: 'task', id: task.id } };
        }
      }
    }
  }

  private takeNote(note: DraftNote): void {
    const things = namedThings(note.list.text, this.draft.grammar, false);
    if (note.what === 'here') {
      if (!note.phase) return;
      if (note.mode === 'SEQUENTIAL') note.phase.order = 'file';
      else for (const task of note.phase.tasks) this.markParallel(task);
      return;
    }
    if (note.what === 'phases') {
      for (const thing of phaseNumbers(note.list.text)) {
        for (const phase of this.phasesNamed(thing, note.list.offset)) {
          if (note.mode === 'PARALLEL') phase.parallel = true;
          else phase.order = 'file';
        }
      }
      return;
    }
    const tasks: DraftTask[] = [];
    for (const thing of things) {
      if (thing.kind === 'phases')
        for (const phase of this.phasesNamed(thing, note.list.offset))
          tasks.push(...phase.tasks.filter((task) => task.children.length === 0));
      else if (thing.kind === 'unclear' || thing.kind === 'foreign') this.unclearNote(thing, note);
      else tasks.push(...(this.tasksNamed(thing, note.list.offset) ?? []));
    }
    const chain = [...new Set(tasks)];
    if (note.mode === 'PARALLEL') for (const task of chain) this.markParallel(task);
    else this.addSequence(chain);
  }

  private unclearNote(thing: NamedThing, note: DraftNote): void {
    this.remarks.warn(
      'unclear-note',
      `${quote(thing.text)} in this note names no task and no phase`,
      note.list.offset + thing.at,
      note.list.offset + thing.end,
      'write “Tasks 2.1-2.3 and 2.5 are [SEQUENTIAL]” or “Phases 1-3, 5 are [PARALLEL]”',
    );
  }

  private readonly parallelByNote = new Set<DraftTask>();

  private markParallel(task: DraftTask): void {
    this.parallelByNote.add(task);
  }

  private addSequence(chain: readonly DraftTask[]): void {
    const phase = chain[0]?.phase;
    if (!phase || chain.length < 2) return;
    const all = this.sequences.get(phase) ?? [];
    all.push(chain.map((task) => task.id));
    this.sequences.set(phase, all);
  }

  /** Neighbours that carry `[SEQUENTIAL]` on their own lines are one chain. */
  private chainMarked(phase: DraftPhase): void {
    let chain: DraftTask[] = [];
    for (const task of phase.tasks) {
      if (task.children.length > 0) continue;
      if (task.sequential) chain.push(task);
      else {
        this.addSequence(chain);
        chain = [];
      }
    }
    this.addSequence(chain);
  }

  /** One finished phase. */
  phase(phase: DraftPhase, index: number): DocumentPhase {
    const depends = this.resolve(phase.depends, undefined);
    const pipelineStart = phase.pipelineStart && this.pipelineStart(phase, phase.pipelineStart, index);
    return {
      id: phase.id,
      title: phase.title,
      place: this.lines.place(phase.offset, phase.endOffset),
      parallel: phase.parallel,
      order: phase.order,
      ...(depends === undefined ? {} : { depends }),
      ...(pipelineStart === undefined ? {} : { pipelineStart }),
      sequences: this.sequences.get(phase) ?? [],
      tasks: phase.tasks.filter((task) => task.children.length === 0 && this.stretch.has(task)).map((task) => this.task(task)),
      verifies: phase.verifies,
    };
  }

  private pipelineStart(phase: DraftPhase, list: StatedList, index: number): DocumentPhase['pipelineStart'] {
    const { text, offset } = list;
    const end = offset + text.length;
    const bad = (hint: string): undefined => {
      this.remarks.warn('malformed-pipeline-start', `${quote(text)} does not say when phase ${phase.id} may start`, offset, end, hint);
      return undefined;
    };
    if (index === 0) return bad('the first phase has nothing before it to overlap with');
    const percent = /(-?\d{1,9}(?:\.\d{1,9})?)\s{0,3}(?:%|percent)/i.exec(text.slice(0, 200));
    if (percent) {
      const share = Number(percent[1]);
      if (!(share >= 0 && share <= 100)) return bad('a share is between 0% and 100%');
      const other = /phase\s{0,3}(\d{1,9}(?:\.\d{1,9})?)/i.exec(text.slice(0, 200));
      const before = this.draft.phases[index - 1];
      if (other && other[1] !== before?.id) return bad(`a share is one of the phase before, ${before?.id ?? ''}`);
      return { percent: share, place: this.lines.place(offset, end) };
    }
    const condition = text
      .replace(/^\s*(?:when|after|once|as soon as|at|on)\s/i, (word) => ' '.repeat(word.length))
      .replace(/[)*_.\s]+$/, '');
    const things = namedThings(condition, this.draft.grammar, false);
    const named = things.filter((thing) => thing.kind === 'task');
    const thing = named[0];
    if (!thing || named.length > 1 || things.some((other) => other.kind === 'range' || other.kind === 'phases'))
      return bad('write “when 1.3 completes” with one task, or a share such as “80%”');
    const tasks = this.tasksNamed(thing, offset) ?? [];
    const task = tasks[0];
    if (!task) return undefined;
    if (tasks.length > 1) return bad(`${thing.text} has subtasks; name the one that matters`);
    return {
      when: { text: thing.text, place: this.lines.place(offset + thing.at, offset + thing.end), to: { kind: 'task', id: task.id } },
    };
  }

  private task(task: DraftTask): DocumentTask {
    const own = this.resolve(task.depends, task);
    const inherited = own === undefined ? this.inherited(task) : undefined;
    const depends = own ?? inherited;
    const all = lineage(task);
    const estimate = task.estimateSeconds;
    const timeoutSeconds = all.find((one) => one.timeoutSeconds !== undefined)?.timeoutSeconds;
    const retries = all.find((one) => one.retries !== undefined)?.retries;
    return {
      id: task.id,
      title: task.title,
      place: this.lines.place(task.offset, task.endOffset),
      done: task.done,
      ...(task.checkbox === undefined ? {} : { checkbox: task.checkbox }),
      kind: task.kind,
      group: task.group,
      body: task.body,
      ...(task.script === undefined ? {} : { script: task.script }),
      ...(depends === undefined ? {} : { depends }),
      parallel: task.parallel || all.some((one) => this.parallelByNote.has(one)),
      optional: task.optional || (task.parent?.optional ?? false),
      files: inheritedFiles(task),
      ...(task.size === undefined ? {} : { size: task.size }),
      ...(estimate === undefined ? {} : { estimateSeconds: estimate }),
      uses: Object.assign({}, ...[...all].reverse().map((one) => one.uses)) as Record<string, number>,
      changesNothing: all.some((one) => one.changesNothing),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
      ...(retries === undefined ? {} : { retries }),
    };
  }

  /** What the nearest parent that states something waits for. */
  private inherited(task: DraftTask): Reference[] | undefined {
    for (let parent = task.parent; parent; parent = parent.parent) {
      const depends = this.resolvedOf(parent);
      if (depends) return depends.filter((reference) => reference.to.kind !== 'task' || reference.to.id !== task.id);
    }
    return undefined;
  }

  private readonly resolved = new Map<DraftTask, Reference[] | undefined>();

  private resolvedOf(parent: DraftTask): Reference[] | undefined {
    if (!this.resolved.has(parent)) this.resolved.set(parent, this.resolve(parent.depends, undefined));
    return this.resolved.get(parent);
  }

  /** Kiro's waves with parents replaced by their leaves, each leaf once; unknown ids are reported by the reader. */
  waves(waves: readonly (readonly string[])[]): LocalTaskId[][] {
    const seen = new Set<string>();
    return waves
      .map((wave) => wave.flatMap((id) => this.find(id).map((task) => task.id)).filter((id) => !seen.has(id) && seen.add(id)))
      .filter((wave) => wave.length > 0);
  }
}

/** Phases named by bare numbers: `1-3, 5 and 7`. */
function phaseNumbers(text: string): (NamedThing & { kind: 'phases' })[] {
  const found: (NamedThing & { kind: 'phases' })[] = [];
  for (const match of text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(?:\s{0,3}(?:-|–|—|to|through)\s{0,3}(\d{1,9}(?:\.\d{1,9})?))?/gi)) {
    const from = match[1] ?? '';
    found.push({ kind: 'phases', from, to: match[2] ?? from, at: match.index, end: match.index + match[0].length, text: match[0] });
  }
  return found;
}

function foreignReference(thing: NamedThing & { kind: 'foreign' }, place: Reference['place']): Reference {
  const { text, plan, rest } = thing;
  if (rest === undefined) return { text, place, plan, to: { kind: 'plan' } };
  const phase = /^phase(\d{1,9}(?:\.\d{1,9})?[a-z]?)$/i.exec(rest)?.[1];
  if (phase !== undefined) return { text, place, plan, to: { kind: 'phase', id: phase } };
  return { text, place, plan, to: rest === 'landed' ? { kind: 'landed' } : { kind: 'task', id: rest } };
}

/** A task and its parents, itself first; bounded, since files may nest without end. */
function lineage(task: DraftTask): DraftTask[] {
  const found = [task];
  for (let parent = task.parent; parent && found.length < 50; parent = parent.parent) found.push(parent);
  return found;
}

/** A leaf's files: its own, and what its parents state by annotation; when it names none, also what they name in passing. */
function inheritedFiles(task: DraftTask): readonly FileMention[] {
  if (!task.parent) return task.files;
  const found = new Map<string, FileMention>();
  for (const one of lineage(task)) {
    for (const file of one.files)
      if (one === task || file.stated || task.files.length === 0) if (!found.has(file.path) || file.stated) found.set(file.path, file);
    if (found.size > 500) break;
  }
  return [...found.values()];
}
