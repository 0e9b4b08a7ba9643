/** What is said of one plan, at the manifest's entry and in its front matter, each with its places; and small words for resolving it. */

import { neutralise, shorten } from '../base/text.js';
import type { SourcePlace } from '../model/failure.js';
import type { PlanInput, ResolveInput } from './resolve-input.js';
import type { ExecutionEntry, FrontMatter } from './schema.js';
import type { Path } from './source.js';

/** Where the parts of a statement stand. */
export interface Places {
  readonly placeOf: (path: Path) => SourcePlace | undefined;
  readonly placeOfKey: (path: Path, key: string) => SourcePlace | undefined;
}

/** One origin's word on a plan. */
export interface Statement {
  readonly said: FrontMatter;
  readonly path: Places;
}

/** The manifest's entry and the front matter, the stronger first. */
export function statementsOf({ id, entry, frontMatter }: PlanInput, { placeOf, placeOfKey }: ResolveInput): readonly Statement[] {
  const statements: Statement[] = [];
  if (entry !== undefined) {
    statements.push({ said: entry, path: { placeOf: (path) => placeOf(['plans', id, ...path]), placeOfKey: (path, key) => placeOfKey(['plans', id, ...path], key) } });
  }
  if (frontMatter !== undefined) {
    statements.push({ said: frontMatter.value, path: { placeOf: frontMatter.placeOf, placeOfKey: (path, key) => frontMatter.placeOf([...path, key]) } });
  }
  return statements;
}

const executionKeys = ['executor', 'timeout', 'stuck', 'retries', 'env', 'sandbox'] as const;

/** What an entry says of execution, without the rest. */
export function executionPart(entry: ExecutionEntry): ExecutionEntry {
  return definedOnly(Object.fromEntries(executionKeys.map((key) => [key, entry[key]])));
}

/** The entries that are there: a key that is undefined counts as not given. */
export function definedOnly<T extends object>(entry: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

/** A record's own value: what the user named `constructor` is a name like any other. */
export function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Each item once, at its first place. */
export function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

/** A place as a part of a failure. */
export function at(place: SourcePlace | undefined): { place?: SourcePlace } {
  return place === undefined ? {} : { place };
}

/** A hint as a part of a failure. */
export function hint(text: string | undefined): { hint?: string } {
  return text === undefined ? {} : { hint: text };
}

/** A name of the user's, fit to be shown. */
export function quoted(text: string): string {
  return shorten(neutralise(text), 80);
}
