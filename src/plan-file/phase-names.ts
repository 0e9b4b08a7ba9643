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

/** A task without an id; `group` is the number of the heading it stands under, when that has one. */
export interface UnnamedTask {
  readonly draft: DraftTask;
  readonly group: string | undefined;
}

/** Gives tasks without an id their place in their phase or group: `2.3`, `2.1.3`. */
export function nameTasks(tasks: readonly OpenTask[], unnamed: readonly UnnamedTask[]): void {
  const ids = new Set(tasks.map((task) => task.draft.id));
  const next = new Map<DraftPhase | string, number>();
  for (const { draft, group } of unnamed) {
    const { phase } = draft;
    const stem = group ?? phase.id;
    let ordinal = next.get(group ?? phase) ?? (group === undefined ? phase.tasks.filter((one) => !one.parent).indexOf(draft) + 1 : 1);
    while (ids.has(`${stem}.${ordinal}`)) ordinal++;
    draft.id = `${stem}.${ordinal}`;
    next.set(group ?? phase, ordinal + 1);
    ids.add(draft.id);
  }
}

/** Sections whose checkboxes are things to look at, not things to do. */
export function isChecklist(title: string): boolean {
  return /\bchecklist\b/i.test(title) || isCriteria(title);
}

/** Sections that say when something counts as done. */
export function isCriteria(title: string): boolean {
  return /\b(?:criteria|acceptance|definition of (?:done|ready)|done when|success|review gate|quality gates?|legend|status key|dod)\b|验收|完成标准|成功标准|検収|受け入れ|完了条件|критери|crit[eè]r(?:ios?|es)\b|kriterien/i.test(title);
}
