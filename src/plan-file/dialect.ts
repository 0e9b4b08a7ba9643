/** What a format whose phases are headings and whose tasks are checkboxes does in its own way. */
import type { PlanFormat } from '../model/plan-document.js';
import type { IdGrammar } from './ids.js';
import type { TaskLine } from './task-item.js';

/** What a heading says of a phase. */
export interface PhaseName {
  readonly id: string | undefined;
  readonly title: string;
  readonly parallel: boolean;
  /** Its heading says that its tasks may run side by side. */
  readonly free?: boolean;
  /** `Phase 2 Scope` may be prose: it is a phase when tasks stand below it. */
  readonly weak?: boolean;
}

/** What one format does in its own way. */
export interface Dialect {
  readonly format: PlanFormat;
  readonly grammar: IdGrammar;
  /** A heading that is a phase by its own words; `id` undefined gives it its ordinal. */
  phaseOf(text: string, level: number): PhaseName | undefined;
  /** Whether the id found on a line is meant as one. */
  isId(id: string, following: string): boolean;
  /** Whether a section of this title holds no tasks; `alone`: nothing else in the file does; `inPhase`: it stands in a phase of its own words. */
  isAside(title: string, alone: boolean, inPhase: boolean): boolean;
  /** Whether checkboxes without an id are tasks too; they are given one. */
  readonly namesTasks: boolean;
  /** Whether a paragraph in bold such as `**Phase 2: Build**` is a heading, too. */
  readonly boldPhases: boolean;
  /** Whether a phase heading without tasks is a phase all the same. */
  readonly emptyPhases: boolean;
  /** `[P] [US1]` between id and title. */
  readonly labels: boolean;
  isParallel(line: TaskLine): boolean;
  /** What an id that is none of the format's looks like, for the hint. */
  readonly sample: string;
}
