/** Prompt templates of the user's own: read and checked before anything starts, so that no night ends at a typing mistake in one. */

import path from 'node:path';
import { parsePromptTemplate, type PromptKind } from '../executor/prompt.js';
import type { Diagnostic, Failure, SourcePlace } from '../model/failure.js';
import type { Settings } from '../model/orchestration.js';
import type { RepositoryFiles } from './repository-files.js';
import type { SettingsLayer } from './schema.js';
import type { Path } from './source.js';

/** What one origin says of templates. */
export interface StatedPrompts {
  readonly prompts: SettingsLayer['prompts'];
  /** Absolute: paths are relative to it. */
  readonly folder: string;
  readonly placeOf: (path: Path) => SourcePlace | undefined;
}

const maxTemplateBytes = 1024 * 1024;

/** The texts of all templates that are named, the strongest origin last; undefined where none is. */
export async function readPrompts(origins: readonly StatedPrompts[], files: RepositoryFiles, fail: (failure: Failure) => void): Promise<Settings['prompts']> {
  const found: Partial<Record<PromptKind, string>> = {};
  for (const kind of ['task', 'verify'] as const) {
    const origin = origins.findLast(({ prompts }) => prompts?.[kind] !== undefined);
    const named = origin?.prompts?.[kind];
    if (origin === undefined || named === undefined) continue;
    const place = origin.placeOf(['prompts', kind]);
    const absolute = path.resolve(origin.folder, named);
    const file = await files.locate(absolute, place);
    const text = file === undefined ? undefined : await files.read(absolute, place, maxTemplateBytes);
    if (text === undefined) continue;
    const parsed = parsePromptTemplate(text);
    if (parsed.ok) found[kind] = text;
    else for (const problem of parsed.error) fail(failureOf(problem, files.show(absolute), text));
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

function failureOf({ code, message, line, column, hint }: Diagnostic, file: string, text: string): Failure {
  const source = text.split('\n')[line - 1]?.replace(/\r$/, '');
  return { kind: 'input', code, message, place: { file, line, column, ...(source === undefined ? {} : { source: source.slice(0, 2000) }) }, ...(hint === undefined ? {} : { hint }) };
}
