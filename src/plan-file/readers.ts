/** The table of formats: one line and one file each. */
import { assert } from '../base/assert.js';
import type { PlanDocument, PlanFormat } from '../model/plan-document.js';
import { readNative } from './native.js';
import { PlanSource } from './source.js';

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

const one = (read: (source: PlanSource) => PlanDocument) => (source: PlanSource): NamedDocument[] => [{ document: read(source) }];

/** Every format that is read. */
export const readers: readonly Reader[] = [
  { format: 'native', claims: () => 1, read: one(readNative) },
];

/** The format of a file, told by its content first and its path second. */
export function findReader(path: string, text: string): Reader {
  return choose(new PlanSource(path, text));
}

function choose(source: PlanSource): Reader {
  let best = readers[0];
  let surest = -1;
  for (const reader of readers) {
    const claim = reader.claims(source);
    if (claim <= surest) continue;
    best = reader;
    surest = claim;
  }
  assert(best, 'the table of readers is not empty');
  return best;
}

/** Reads a plan file. Never throws on what stands in it: everything that was not understood is in the documents' diagnostics. */
export function readPlanFile(text: string, options: { readonly path: string; readonly format?: PlanFormat }): NamedDocument[] {
  const source = new PlanSource(options.path, text);
  const reader = options.format === undefined ? choose(source) : readers.find((one) => one.format === options.format);
  assert(reader, `no reader for ${options.format ?? ''}`);
  return reader.read(source);
}
