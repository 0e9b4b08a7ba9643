/** What a reader of one format is. */
import type { PlanDocument, PlanFormat } from '../model/plan-document.js';
import type { PlanSource } from './source.js';

/** A plan that a file holds; `name` is the tag where one file holds several (Task Master). */
export interface NamedDocument {
  readonly name?: string;
  readonly document: PlanDocument;
}

/** How one format is told and read. */
export interface Reader {
  readonly format: PlanFormat;
  /** How surely a file is of this format: 0 not at all; the greatest claim reads it, the first line of the table wins a tie. */
  claims(source: PlanSource): number;
  read(source: PlanSource): NamedDocument[];
}
