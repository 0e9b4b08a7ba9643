/** From lists of dependencies as written to references: what a task or phase of a file waits for. */
import type { Reference } from '../model/plan-document.js';
import { namedThings, saysNothing, type NamedThing, type PlanNames } from './dependency-text.js';
import type { Draft, DraftTask, StatedList } from './draft.js';
import { idKey } from './ids.js';
import type { LineIndex } from './markdown-lines.js';
import type { NameBook } from './name-book.js';
import { quote, type Remarks } from './source.js';

/** How many references all tasks of a file may state together, ranges expanded. */
const maxReferences = 500_000;

/** Looks up what the lists of one file name, and reports what they do not. */
export class DependsResolver {
  private readonly draft: Draft;
  private readonly names: NameBook;
  private readonly lines: LineIndex;
  private readonly remarks: Remarks;
  private readonly plans: PlanNames;
  private references = 0;

  constructor(draft: Draft, names: NameBook, lines: LineIndex, remarks: Remarks) {
    this.draft = draft;
    this.names = names;
    this.lines = lines;
    this.remarks = remarks;
    this.plans = draft.format === 'native' ? 'any' : draft.format === 'taskmaster' ? 'none' : 'dotted';
  }

  /** Everything that a task or phase states to wait for; undefined when nothing of it could be taken. */
  resolve(lists: readonly StatedList[], self: DraftTask | undefined): Reference[] | undefined {
    if (lists.length === 0) return undefined;
    const found: Reference[] = [];
    const seen = new Set<string>();
    let stated = false;
    for (const list of lists) {
      if (list.ifKnown === true && !this.knows(list)) continue;
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

  private knows(list: StatedList): boolean {
    return namedThings(list.text, this.draft.grammar, 'none').every((thing) => thing.kind === 'task' && this.names.find(thing.id).length > 0);
  }

  /** Where groups are `## 2. Name` and tasks `2.1`, a bare 2 is the group. */
  private isGroup(id: string): boolean {
    return this.draft.format === 'openspec' && this.names.hasPhase(id) && this.names.find(id).length === 0;
  }

  private *resolveList(list: StatedList, self: DraftTask | undefined): Generator<Reference> {
    if (this.references > maxReferences) return;
    let clear = false;
    for (const thing of namedThings(list.text, this.draft.grammar, this.plans)) {
      const place = this.lines.place(list.offset + thing.at, list.offset + thing.end);
      const { text } = thing;
      clear ||= thing.kind !== 'unclear';
      if (thing.kind === 'phases') {
        for (const phase of this.names.phasesNamed(thing, list.offset)) yield { text, place, to: { kind: 'phase', id: phase.id } };
      } else if (thing.kind === 'foreign') {
        const own = thing.rest === undefined ? this.names.find(thing.plan) : [];
        if (own.length > 0) for (const task of own) yield { text, place, to: { kind: 'task', id: task.id } };
        else yield foreignReference(thing, place);
      } else if (thing.kind === 'unclear') {
        // “(depends on T012, same file)”: elsewhere than in the native format people explain themselves.
        if (clear && this.draft.format !== 'native' && !/\d/.test(text)) continue;
        this.remarks.warn(
          'unclear-dependency',
          `${quote(thing.text)} names no task, phase or plan`,
          list.offset + thing.at,
          list.offset + thing.end,
          'name tasks (2.1), ranges (1.1-1.3), phases (phase1) or plans (A, A.phase2)',
        );
      } else if (thing.kind === 'task' && this.isGroup(thing.id)) yield { text, place, to: { kind: 'phase', id: thing.id } };
      else {
        for (const task of this.names.tasksNamed(thing, list.offset) ?? []) {
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
          const stated = statedId(thing, task);
          yield { text, place, ...(stated === undefined ? {} : { stated }), to: { kind: 'task', id: task.id } };
        }
      }
    }
  }
}

/** What a name stands for when it is not the leaf's own: its parent, its group, or the id that it shares. */
function statedId(thing: NamedThing, leaf: DraftTask): string | undefined {
  if (thing.kind === 'task') return thing.id === leaf.id || thing.id === leaf.alias ? undefined : thing.id;
  if (thing.kind !== 'range') return undefined;
  const depth = idKey(thing.from).length;
  let task: DraftTask = leaf;
  for (let climbed = 0; task.parent && idKey(task.id).length > depth && climbed < 50; climbed++) task = task.parent;
  return task === leaf ? undefined : task.id;
}

function foreignReference(thing: NamedThing & { kind: 'foreign' }, place: Reference['place']): Reference {
  const { text, plan, rest } = thing;
  if (rest === undefined) return { text, place, plan, to: { kind: 'plan' } };
  const phase = /^phase(\d{1,9}(?:\.\d{1,9})?[a-z]?)$/i.exec(rest)?.[1];
  if (phase !== undefined) return { text, place, plan, to: { kind: 'phase', id: phase } };
  return { text, place, plan, to: rest === 'landed' ? { kind: 'landed' } : { kind: 'task', id: rest } };
}
