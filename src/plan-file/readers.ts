/** The table of formats: one line and one file each. */
import { assert } from '../base/assert.js';
import type { PlanDocument, PlanFormat } from '../model/plan-document.js';
import { claimsChecklist, readChecklist } from './checklist.js';
import { claimsKiro, readKiro } from './kiro.js';
import { readNative } from './native.js';
import { claimsOpenSpec, readOpenSpec } from './openspec.js';
import type { NamedDocument, Reader } from './reader.js';
import { LineIndex } from './markdown-lines.js';
import { maxTasks } from './name-book.js';
import { PlanSource, Remarks } from './source.js';
import { claimsSpecKit, readSpecKit } from './spec-kit.js';
import { claimsSuperpowers, readSuperpowers } from './superpowers.js';
import { claimsTaskMaster, readTaskMaster } from './taskmaster.js';

const one =
  (read: (source: PlanSource) => PlanDocument) =>
  (source: PlanSource): NamedDocument[] => [{ document: read(source) }];

/** Every format that is read. */
export const readers: readonly Reader[] = [
  { format: 'native', claims: () => 1, read: one(readNative) },
  { format: 'spec-kit', claims: claimsSpecKit, read: one(readSpecKit) },
  { format: 'kiro', claims: claimsKiro, read: one(readKiro) },
  { format: 'openspec', claims: claimsOpenSpec, read: one(readOpenSpec) },
  { format: 'superpowers', claims: claimsSuperpowers, read: one(readSuperpowers) },
  { format: 'taskmaster', claims: claimsTaskMaster, read: readTaskMaster },
  { format: 'checklist', claims: claimsChecklist, read: one(readChecklist) },
];

/** The reader of a file, told by its content first and its path second. */
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

/**
 * Reads a plan file: one document, or one for each tag of a Task Master file. Never throws on what stands in it: everything that was
 * not understood is in the documents' diagnostics. `format` forces a reader; without it content and path decide.
 */
export function readPlanFile(text: string, options: { readonly path: string; readonly format?: PlanFormat }): NamedDocument[] {
  const source = new PlanSource(options.path, text);
  const reader = options.format === undefined ? choose(source) : readers.find((candidate) => candidate.format === options.format);
  assert(reader, `no reader for ${options.format ?? ''}`);
  return hasTooManyTasks(source.text) ? [{ document: refusal(reader.format, source.text) }] : reader.read(source);
}

/** Told by a look at the lines, before anything is read: such a file would take its reader a long time to no end. */
function hasTooManyTasks(text: string): boolean {
  if (text.length < maxTasks * 5) return false;
  const box = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX~-]\]|"dependencies"\s*:/gm;
  let count = 0;
  while (count <= maxTasks && box.exec(text)) count++;
  return count > maxTasks;
}

function refusal(format: PlanFormat, text: string): PlanDocument {
  const remarks = new Remarks(new LineIndex(text.slice(0, 1000)));
  remarks.error('too-many-tasks', `a plan has at most ${maxTasks} tasks`, 0, undefined, 'split the plan');
  return { format, title: '', overview: [], phases: [], suggestions: [], diagnostics: remarks.all() };
}
