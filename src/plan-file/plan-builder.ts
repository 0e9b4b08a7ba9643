/** Draft → document: leaves instead of parents, unique ids, every dependency looked up or reported. */
import type { LocalTaskId } from '../model/ids.js';
import type { DocumentPhase, DocumentTask, FileMention, PlanDocument, Reference } from '../model/plan-document.js';
import { namedThings, type NamedThing } from './dependency-text.js';
import { DependsResolver } from './depends-resolver.js';
import type { Draft, DraftNote, DraftPhase, DraftTask, StatedList } from './draft.js';
import type { LineIndex } from './markdown-lines.js';
import { NameBook } from './name-book.js';
import { quote, type Remarks } from './source.js';

/** Looks up everything that a draft names and gives the finished document. */
export function buildDocument(draft: Draft, lines: LineIndex, remarks: Remarks): PlanDocument {
  const builder = new DocumentBuilder(draft, lines, remarks);
  const phases = draft.phases.map((phase, index) => builder.phase(phase, index));
  return {
    format: draft.format,
    title: draft.title,
    ...(draft.goal === undefined ? {} : { goal: draft.goal }),
    overview: draft.overview,
    ...(draft.frontMatter === undefined ? {} : { frontMatter: draft.frontMatter }),
    phases,
    ...(draft.waves === undefined ? {} : { waves: builder.waves(draft.waves) }),
    suggestions: draft.suggestions,
    diagnostics: remarks.all(),
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Makes the parts of a document out of a draft, every name looked up in the book. */
class DocumentBuilder {
  private readonly draft: Draft;
  private readonly lines: LineIndex;
  private readonly remarks: Remarks;
  private readonly names: NameBook;
  private readonly depends: DependsResolver;
  private readonly sequences = new Map<DraftPhase, LocalTaskId[][]>();

  constructor(draft: Draft, lines: LineIndex, remarks: Remarks) {
    this.draft = draft;
    this.lines = lines;
    this.remarks = remarks;
    this.names = new NameBook(draft, lines, remarks);
    this.depends = new DependsResolver(draft, this.names, lines, remarks);
    for (const note of draft.notes) this.takeNote(note);
    for (const phase of draft.phases) this.chainMarked(phase);
  }

  private takeNote(note: DraftNote): void {
    const things = namedThings(note.list.text, this.draft.grammar, 'none');
    if (note.what === 'here') {
      if (!note.phase) return;
      if (note.mode === 'SEQUENTIAL') note.phase.order = 'file';
      else for (const task of note.phase.tasks) this.markParallel(task);
      return;
    }
    if (note.what === 'phases') {
      for (const thing of phaseNumbers(note.list.text)) {
        for (const phase of this.names.phasesNamed(thing, note.list.offset)) {
          if (note.mode === 'PARALLEL') phase.parallel = true;
          else phase.order = 'file';
        }
      }
      return;
    }
    const tasks: DraftTask[] = [];
    for (const thing of things) {
      if (thing.kind === 'phases') {
        for (const phase of this.names.phasesNamed(thing, note.list.offset))
          for (const task of phase.tasks) if (task.children.length === 0) tasks.push(task);
      } else if (thing.kind === 'unclear' || thing.kind === 'foreign') this.unclearNote(thing, note);
      else for (const task of this.names.tasksNamed(thing, note.list.offset) ?? []) tasks.push(task);
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
    const depends = this.depends.resolve(phase.depends, undefined);
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
      tasks: phase.tasks.filter((task) => task.children.length === 0 && this.names.holds(task)).map((task) => this.task(task)),
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
    const things = namedThings(condition, this.draft.grammar, 'none');
    const named = things.filter((thing) => thing.kind === 'task');
    const thing = named[0];
    if (!thing || named.length > 1 || things.some((other) => other.kind === 'range' || other.kind === 'phases'))
      return bad('write “when 1.3 completes” with one task, or a share such as “80%”');
    const tasks = this.names.tasksNamed(thing, offset) ?? [];
    const task = tasks[0];
    if (!task) return undefined;
    if (tasks.length > 1) return bad(`${thing.text} has subtasks; name the one that matters`);
    return {
      when: { text: thing.text, place: this.lines.place(offset + thing.at, offset + thing.end), to: { kind: 'task', id: task.id } },
    };
  }

  private task(task: DraftTask): DocumentTask {
    const depends = this.dependsOf(task);
    const all = task.parent ? lineage(task) : undefined;
    const timeoutSeconds = all ? all.find((one) => one.timeoutSeconds !== undefined)?.timeoutSeconds : task.timeoutSeconds;
    const retries = all ? all.find((one) => one.retries !== undefined)?.retries : task.retries;
    // Set one by one and not spread: a file may have a hundred thousand of them.
    const done: Mutable<DocumentTask> = {
      id: task.id,
      title: task.title,
      place: this.lines.place(task.offset, task.endOffset),
      done: task.done,
      kind: task.kind,
      group: task.group,
      body: task.body,
      parallel: task.parallel || (all ?? [task]).some((one) => this.parallelByNote.has(one)),
      optional: task.optional || (task.parent?.optional ?? false),
      files: inheritedFiles(task),
      uses: all ? (Object.assign({}, ...[...all].reverse().map((one) => one.uses)) as Record<string, number>) : task.uses,
      changesNothing: task.changesNothing || (all?.some((one) => one.changesNothing) ?? false),
    };
    if (task.checkbox !== undefined) done.checkbox = task.checkbox;
    if (task.script !== undefined) done.script = task.script;
    if (depends !== undefined) done.depends = depends;
    if (task.size !== undefined) done.size = task.size;
    if (task.estimateSeconds !== undefined) done.estimateSeconds = task.estimateSeconds;
    if (timeoutSeconds !== undefined) done.timeoutSeconds = timeoutSeconds;
    if (retries !== undefined) done.retries = retries;
    return done;
  }

  /**
   * What a task states and what its nearest stating parent states for all that is in it. “None” is an answer of the task's own, and one
   * that waits for a task beside it waits for what that one waits for.
   */
  private dependsOf(task: DraftTask): Reference[] | undefined {
    const own = this.depends.resolve(task.depends, task);
    if (own?.length === 0 || !task.parent) return own;
    const parent = lineage(task.parent).find((one) => this.resolvedOf(one) !== undefined);
    if (!parent || own?.some((reference) => this.isInside(reference, parent))) return own;
    const inherited = this.resolvedOf(parent) ?? [];
    const known = new Set(own?.map((reference) => JSON.stringify([reference.plan, reference.to])));
    return [
      ...(own ?? []),
      ...inherited
        .filter((reference) => (reference.to.kind !== 'task' || reference.to.id !== task.id) && !known.has(JSON.stringify([reference.plan, reference.to])))
        .map((reference) => ({ ...reference, inherited: true as const })),
    ];
  }

  private isInside(reference: Reference, parent: DraftTask): boolean {
    if (reference.plan !== undefined || reference.to.kind !== 'task') return false;
    return this.names.find(reference.to.id).some((leaf) => lineage(leaf).includes(parent));
  }

  private readonly resolved = new Map<DraftTask, Reference[] | undefined>();

  private resolvedOf(parent: DraftTask): Reference[] | undefined {
    if (!this.resolved.has(parent)) this.resolved.set(parent, this.depends.resolve(parent.depends, undefined));
    return this.resolved.get(parent);
  }

  /** Kiro's waves with parents replaced by their leaves, each leaf once; unknown ids are reported by the reader. */
  waves(waves: readonly (readonly string[])[]): LocalTaskId[][] {
    const seen = new Set<string>();
    return waves
      .map((wave) => wave.flatMap((id) => this.names.find(id).map((task) => task.id)).filter((id) => !seen.has(id) && seen.add(id)))
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
