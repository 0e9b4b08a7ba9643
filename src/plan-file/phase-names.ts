/** Which headings of a file are phases in the end, and what phases and tasks without a number are called. */
import type { OpenTask } from './draft-task.js';
import type { DraftPhase, DraftTask } from './draft.js';

/** A phase on its way. */
export interface FoundPhase {
  readonly draft: DraftPhase;
  readonly level: number;
  /** Its own heading says that it is one. */
  readonly explicit: boolean;
  readonly weak: boolean;
}

/** Drops headings that only repeat a phase without tasks, and numbers what has no number. */
export function settlePhases(phases: FoundPhase[], emptyPhases: boolean): void {
  const level = phases.find((phase) => phase.draft.tasks.length > 0)?.level ?? 0;
  const used = new Set(phases.filter((phase) => phase.draft.tasks.length > 0).map((phase) => phase.draft.id));
  const kept = phases.filter((phase) => {
    if (phase.draft.tasks.length > 0) return true;
    const repeats = phase.weak || !emptyPhases || phase.level !== level || (phase.draft.id !== '' && used.has(phase.draft.id));
    used.add(phase.draft.id);
    return !repeats;
  });
  for (const [index, phase] of kept.entries()) phases[index] = phase;
  phases.length = kept.length;
  const ids = new Set(kept.map((phase) => phase.draft.id));
  let ordinal = 0;
  for (const [index, { draft }] of kept.entries()) {
    if (draft.id !== '') continue;
    ordinal = Math.max(ordinal, index) + 1;
    while (ids.has(String(ordinal))) ordinal++;
    draft.id = String(ordinal);
    ids.add(draft.id);
  }
}

/** Gives tasks without an id their place in their phase: `2.3`. */
export function nameTasks(tasks: readonly OpenTask[], unnamed: readonly DraftTask[]): void {
  const ids = new Set(tasks.map((task) => task.draft.id));
  const next = new Map<DraftPhase, number>();
  for (const task of unnamed) {
    let ordinal = next.get(task.phase) ?? task.phase.tasks.filter((one) => !one.parent).indexOf(task) + 1;
    while (ids.has(`${task.phase.id}.${ordinal}`)) ordinal++;
    task.id = `${task.phase.id}.${ordinal}`;
    next.set(task.phase, ordinal + 1);
    ids.add(task.id);
  }
}

/** Sections whose checkboxes are things to look at, not things to do. */
export function isChecklist(title: string): boolean {
  return /\b(?:checklist|criteria|acceptance|definition of done|success|review gate|quality gates?|legend|status key)\b/i.test(title);
}
