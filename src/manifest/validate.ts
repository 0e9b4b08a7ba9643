/** Plain values against the schema: the typed value, or every mistake with its place and a hint. */

import { z } from 'zod';
import { nearestName, neutralise, shorten } from '../base/text.js';
import type { Failure } from '../model/failure.js';
import { Written, type Path, type SourceDocument } from './source.js';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

const maxFailures = 200;
/** More often than the schema is deep, nothing is left to take out. */
const mostRounds = 8;

/** A document that does not fit the schema. */
export interface Unfit<T> {
  /** All that is wrong, in the order of the file. */
  readonly failures: readonly Failure[];
  /** What is left without the wrong parts, so that what follows can be looked at too; undefined where nothing fits. */
  readonly sound: T | undefined;
  /** What was left out of it. */
  readonly dropped: readonly Path[];
}

/** The value of a document as the schema types it, or all that is wrong with it. */
export function validate<S extends z.ZodType>(schema: S, document: SourceDocument): { value: z.infer<S> } | Unfit<z.infer<S>> {
  const parsed = schema.safeParse(settle(document.value, schema));
  if (parsed.success) return { value: parsed.data };
  const issues = parsed.error.issues.flatMap((issue) => spell(issue, []));
  const failures = issues.flatMap((issue) => explain(issue, schema, document));
  const distinct = onePerValue(failures);
  distinct.sort((one, other) => (one.place?.line ?? 0) - (other.place?.line ?? 0) || (one.place?.column ?? 0) - (other.place?.column ?? 0));
  return { failures: distinct.slice(0, maxFailures), ...soundPart(schema, document.value, issues) };
}

/** Takes out what is wrong until the rest fits: what was wrong inside a part may leave too little of it. */
function soundPart<S extends z.ZodType>(schema: S, value: unknown, issues: readonly PlacedIssue[]): Pick<Unfit<z.infer<S>>, 'sound' | 'dropped'> {
  const left = copied(value);
  let wrong = issues;
  const dropped: Path[] = [];
  for (let round = 0; round < mostRounds; round++) {
    for (const path of wrong.flatMap((each) => partsOf(each, left))) {
      if (path.length === 0) return { sound: undefined, dropped: [path] };
      remove(left, path);
      dropped.push(path);
    }
    const parsed = schema.safeParse(settle(left, schema));
    if (parsed.success) return { sound: parsed.data, dropped };
    wrong = parsed.error.issues.flatMap((issue) => spell(issue, []));
  }
  return { sound: undefined, dropped };
}

/** The keys that have to go: an item of a list takes the list along, lest the others' places move; what lacks a key goes itself. */
function partsOf({ issue, path }: PlacedIssue, value: unknown): readonly Path[] {
  const upToKey = (at: Path): Path => {
    const index = at.findIndex((step) => typeof step === 'number');
    return index < 0 ? at : at.slice(0, index);
  };
  if (issue.code === 'unrecognized_keys' && !path.some((step) => typeof step === 'number')) return issue.keys.map((key) => [...path, key]);
  const lacking = issue.code !== 'unrecognized_keys' && valueAt(value, path) === undefined;
  return [upToKey(lacking ? path.slice(0, -1) : path)];
}

/** Lists and maps anew, so that parts can be taken out. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null || value instanceof Written) return value;
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) copy[key] = copied(item);
  return copy;
}

function remove(value: unknown, path: Path): void {
  const above = valueAt(value, path.slice(0, -1));
  const key = path.at(-1);
  if (key !== undefined && typeof above === 'object' && above !== null) delete (above as Record<string | number, unknown>)[key];
}

/** One value is wrong in one way: of several limits that it breaks the narrowest, which the schema names last, is said. */
function onePerValue(failures: readonly Failure[]): Failure[] {
  const byValue = new Map<string, Failure>();
  for (const failure of failures) byValue.set(failure.code === 'wrong-value' ? failure.message.split(';', 1)[0] ?? '' : `${byValue.size} ${failure.code}`, failure);
  return [...byValue.values()];
}

/** Replaces what was written as a number by its text where the schema wants text, and by the number elsewhere. */
function settle(value: unknown, schema: Schema | undefined): unknown {
  const inner = schema === undefined ? undefined : unwrap(schema);
  if (value instanceof Written) return wantsText(inner) ? value.text : value.value;
  if (Array.isArray(value)) {
    const element = pick(inner, z.ZodArray)?.element;
    return value.map((item) => settle(item, element));
  }
  if (typeof value !== 'object' || value === null) return value;
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) result[key] = settle(item, fieldOf(inner, key, value));
  return result;
}

function unwrap(schema: Schema): Schema {
  let inner = schema;
  while (inner instanceof z.ZodOptional) inner = inner.unwrap();
  return inner;
}

function wantsText(schema: Schema | undefined): boolean {
  if (schema instanceof z.ZodUnion) {
    const options = schema.options.map((option) => unwrap(option));
    return !options.some((option) => option instanceof z.ZodNumber) && options.some((option) => option instanceof z.ZodString);
  }
  return schema instanceof z.ZodString || schema instanceof z.ZodEnum;
}

function pick<T extends Schema>(schema: Schema | undefined, kind: abstract new (...input: never[]) => T): T | undefined {
  if (schema instanceof z.ZodUnion) return schema.options.map((option) => unwrap(option)).find((option) => option instanceof kind) as T | undefined;
  return schema instanceof kind ? schema : undefined;
}

/** The schema of a key: of the record's values, of the object's field; of a union, of the option that knows the key. */
function fieldOf(schema: Schema | undefined, key: string, value: object): Schema | undefined {
  if (schema instanceof z.ZodUnion) {
    const options = schema.options.map((option) => unwrap(option)).filter((option) => option instanceof z.ZodObject || option instanceof z.ZodRecord);
    const fitting = options.find((option) => option instanceof z.ZodRecord || Object.keys(value).some((each) => Object.hasOwn(option.shape, each) && Object.hasOwn(option.shape, key)));
    return fitting === undefined ? undefined : fieldOf(fitting, key, value);
  }
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodObject && Object.hasOwn(schema.shape, key) ? (schema.shape as Record<string, Schema>)[key] : undefined;
}

interface PlacedIssue {
  readonly issue: Issue;
  readonly path: Path;
}

/** A union's mistake is that of the option that was meant: the object whose keys were used, else "expected one of". */
function spell(issue: Issue, above: Path): readonly PlacedIssue[] {
  const path: Path = [...above, ...(issue.path as (string | number)[])];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  const options = issue.errors.filter((errors) => errors.length > 0 && !errors.some((each) => each.path.length === 0 && each.code !== 'unrecognized_keys' && each.code !== 'too_small'));
  const meant = options.filter((errors) => errors.every((each) => !missing(each))).sort((one, other) => unknownKeys(one) - unknownKeys(other) || one.length - other.length)[0];
  if (meant !== undefined) return meant.flatMap((each) => spell(each, path));
  const strange = issue.errors.map((errors) => errors.flatMap((each) => (each.code === 'unrecognized_keys' ? each.keys : [])));
  const unknown = (strange[0] ?? []).length === 0 ? strange.find((keys) => keys.length > 0) : strange[0];
  const inAll = (unknown ?? []).filter((key) => strange.every((keys) => keys.length === 0 || keys.includes(key)));
  return inAll.length === 0 ? [{ issue, path }] : [{ issue: { code: 'unrecognized_keys', keys: inAll, path: [], message: '' }, path }];
}

function missing(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.input === undefined && issue.path.length === 1 && issue.message.includes('undefined');
}

function unknownKeys(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
}

function explain({ issue, path }: PlacedIssue, schema: Schema, document: SourceDocument): readonly Failure[] {
  const at = schemaAt(schema, path, document.value);
  const place = document.placeOf(path);
  const name = shown(path);
  if (issue.code === 'unrecognized_keys') {
    const known = at instanceof z.ZodObject ? Object.keys(at.shape) : at instanceof z.ZodUnion ? at.options.flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : [])) : [];
    return issue.keys.map((key) => {
      if (known.includes(key)) return failure('unknown-key', `\`${quoted(key)}\` cannot stand beside the other keys of ${name}`, document.placeOfKey(path, key), undefined);
      const near = nearestName(key, known);
      const hint = near === undefined ? `known here: ${shorten(known.join(', '), 200)}` : `did you mean \`${near}\`?`;
      const where = path.length === 0 ? '' : ` in ${name}`;
      return failure('unknown-key', `unknown key \`${quoted(key)}\`${where}`, document.placeOfKey(path, key), hint);
    });
  }
  const key = path.at(-1);
  if (issue.code === 'invalid_key' && typeof key === 'string') {
    const above = path.slice(0, -1);
    const record = pick(schemaAt(schema, above, document.value), z.ZodRecord);
    const expected = expectedOf(record?.keyType) ?? 'a name';
    return [failure('wrong-key', `${key === '' ? 'the empty key' : `\`${quoted(key)}\``} in ${shown(above)} cannot be used; expected ${expected}`, document.placeOfKey(above, key), undefined)];
  }
  const value = valueAt(document.value, path);
  if (value === undefined) {
    const last = String(path[path.length - 1] ?? '');
    const where = path.length <= 1 ? 'the file' : shown(path.slice(0, -1));
    return [failure('missing-key', path.length === 0 ? 'the file is empty' : `${where} has no \`${quoted(last)}\``, place, expectedOf(at) === undefined ? undefined : `expected ${expectedOf(at)}`)];
  }
  const tooLong = issue.code === 'too_big' && typeof value === 'string';
  const expected = tooLong ? `at most ${issue.maximum} characters` : (expectedOf(at) ?? fromIssue(issue));
  const near = at instanceof z.ZodEnum && typeof value === 'string' ? nearestName(value, at.options.map(String)) : undefined;
  let hint = near === undefined ? undefined : `did you mean \`${near}\`?`;
  if (at instanceof z.ZodArray && typeof value === 'string') hint = `write \`[${quoted(value)}]\``;
  return [failure('wrong-value', `${name} is ${describe(value)}; expected ${expected}`, place, hint)];
}

function failure(code: string, message: string, place: Failure['place'], hint: string | undefined): Failure {
  return { kind: 'input', code, message, ...(place === undefined ? {} : { place }), ...(hint === undefined ? {} : { hint }) };
}

function schemaAt(schema: Schema, path: Path, value: unknown): Schema | undefined {
  let current: Schema | undefined = unwrap(schema);
  let at = value;
  for (const step of path) {
    current = typeof step === 'number' ? (pick(current, z.ZodArray)?.element) : fieldOf(current, step, typeof at === 'object' && at !== null ? at : {});
    if (current !== undefined) current = unwrap(current);
    at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined;
  }
  return current;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Record<string | number, unknown>)[step] : undefined), value);
}

/** What the schema wants, in words; undefined where only the issue knows. */
function expectedOf(schema: Schema | undefined): string | undefined {
  if (schema === undefined) return undefined;
  const said = z.globalRegistry.get(schema)?.expected;
  if (typeof said === 'string') return said;
  if (schema instanceof z.ZodEnum) return listed(schema.options.map((each) => `\`${each}\``));
  if (schema instanceof z.ZodLiteral) return `\`${[...schema.values].join('`, `')}\``;
  if (schema instanceof z.ZodBoolean) return '`true` or `false`';
  if (schema instanceof z.ZodArray) return `a list of ${schema.element instanceof z.ZodString ? 'names' : 'values'}`;
  if (schema instanceof z.ZodRecord || schema instanceof z.ZodObject) return 'a map';
  if (schema instanceof z.ZodString) return 'text';
  if (schema instanceof z.ZodUnion && schema.options.some((option) => option instanceof z.ZodString)) return 'text';
  return undefined;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}

function fromIssue(issue: Issue): string {
  switch (issue.code) {
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`;
    default:
      return 'something else';
  }
}

/** A path as it would be said: `plans.A.depends[0]`. */
function shown(path: Path): string {
  const text = path.reduce<string>((said, step) => (typeof step === 'number' ? `${said}[${step + 1}]` : said === '' ? quoted(step) : `${said}.${quoted(step)}`), '');
  return text === '' ? 'the file' : `\`${text}\``;
}

function quoted(text: string): string {
  return shorten(neutralise(text), 60);
}

function describe(value: unknown): string {
  if (value === null) return 'empty';
  if (value instanceof Written) return `\`${quoted(value.text)}\``;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  if (typeof value === 'string' && /^(?:-?\d+(?:\.\d+)?|true|false)$/.test(value)) return `the text \`${quoted(value)}\``;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' ? 'empty' : `\`${quoted(text)}\``;
}
