/** `(depends: 2.1, phase1) (files: src/a.ts) (size: M)`: what stands in parentheses behind a title. */
import type { TaskSize } from '../model/plan-document.js';
import { groups, offsetAt, type InlineText } from './inline.js';
import { isDependencyWord } from './dependency-words.js';
import { nearest } from './nearest.js';
import { quote, type Remarks } from './source.js';

/** What annotations can say; one of a kind each, the last one wins where it is said twice. */
export interface Annotations {
  /** The stated lists of dependencies with their file offsets. */
  readonly depends: { readonly text: string; readonly offset: number }[];
  readonly files: { readonly text: string; readonly offset: number }[];
  size?: TaskSize;
  estimateSeconds?: number;
  readonly uses: Record<string, number>;
  changesNothing: boolean;
  timeoutSeconds?: number;
  retries?: number;
  pipelineStart?: { readonly text: string; readonly offset: number };
  /** Where in the joined text annotations stand: left out of the title. */
  readonly spans: { readonly at: number; readonly end: number }[];
}

type Key = 'depends' | 'files' | 'size' | 'estimate' | 'uses' | 'changes' | 'timeout' | 'retries' | 'when' | 'pipeline-start';

const keys: Readonly<Record<string, Key>> = {
  depends: 'depends',
  'depends on': 'depends',
  depend: 'depends',
  'depend on': 'depends',
  dependencies: 'depends',
  dependency: 'depends',
  deps: 'depends',
  依赖: 'depends',
  依賴: 'depends',
  依赖于: 'depends',
  依存: 'depends',
  依存先: 'depends',
  前置: 'depends',
  의존: 'depends',
  files: 'files',
  file: 'files',
  size: 'size',
  estimate: 'estimate',
  uses: 'uses',
  changes: 'changes',
  timeout: 'timeout',
  retries: 'retries',
  when: 'when',
  'pipeline start': 'pipeline-start',
};

/** Words before a colon in parentheses that are prose, however close they look. */
const prose = new Set(
  (
    'note notes e.g eg i.e ie see todo aka was default defaults ref refs reference via per min max example examples optional tip hint warning ' +
    'bonus reason current currently new old title priority risk caution important http https issue bug goal from to like time date name type ' +
    'key value id format usage source status line lines phase state states method methods params args input output returns return either step ' +
    'steps'
  ).split(' '),
);

/** The longest time an annotation may name: 30 days. */
const maxSeconds = 30 * 24 * 3600;

/** A duration such as `20m`, `1h30m`, `90 seconds` in seconds; undefined when it is none. */
function durationSeconds(text: string): number | undefined {
  const flat = text
    .trim()
    .toLowerCase()
    .replace(/^[~≈<]\s{0,3}/, '')
    .slice(0, 40);
  const pattern = /(\d{1,6}(?:\.\d{1,3})?)\s{0,2}(h(?:ours?|rs?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)(?![a-z])\s{0,2}/y;
  let at = 0;
  let seconds = 0;
  while (at < flat.length) {
    pattern.lastIndex = at;
    const part = pattern.exec(flat);
    if (!part) return undefined;
    seconds += Number(part[1]) * ({ h: 3600, m: 60, s: 1 }[(part[2] ?? '').charAt(0)] ?? 0);
    at += part[0].length;
  }
  return flat === '' ? undefined : within(seconds);
}

function within(seconds: number): number | undefined {
  return seconds > 0 && seconds <= maxSeconds ? seconds : undefined;
}

/** The key that a group begins with, normalised (lower case, one space between words), and where its value starts. */
function keyOf(content: string): { key: string; value: number; colon: boolean } | undefined {
  const head = content.slice(0, 48);
  const colon = /^\s*([A-Za-z][A-Za-z.]*(?:[ _-]{1,2}[A-Za-z]+){0,2}|[依前의][\p{L}]{1,3})\s{0,3}[:：=](?!\/\/)\s?/u.exec(head);
  if (colon) return { key: (colon[1] ?? '').toLowerCase().replace(/[ _-]+/g, ' '), value: colon[0].length, colon: true };
  const on = /^\s*(depends?\s{1,3}(?:up)?on)\s/i.exec(head);
  if (on) return { key: 'depends on', value: on[0].length, colon: false };
  const bare = /^\s*(depends)\s(?=\s{0,3}(?:T?\d|phase|task))/i.exec(head);
  return bare ? { key: 'depends', value: bare[0].length, colon: false } : undefined;
}

/** Where in a group a further known key begins: `(size: M, files: a.ts; retries: 2)`. */
function parts(content: string): { at: number; text: string }[] {
  const found: { at: number; text: string }[] = [];
  let start = 0;
  for (let at = 0; at < content.length; at++) {
    const character = content.charAt(at);
    if (!';,|；，'.includes(character)) continue;
    const next = keyOf(content.slice(at + 1, at + 50));
    const known = next && Object.hasOwn(keys, next.key);
    if (!known && character !== ';' && character !== '；') continue;
    if (!known && !(next && next.colon)) continue;
    found.push({ at: start, text: content.slice(start, at) });
    start = at + 1;
  }
  found.push({ at: start, text: content.slice(start) });
  return found;
}

/**
 * Whose annotations are read: a native task's, a native phase's (with `pipeline-start`), or those of another format, where only
 * dependencies and files are statements and everything else in parentheses is prose.
 */
export type AnnotationScope = 'task' | 'phase' | 'foreign';

/** Reads the annotations out of a title's text; what looks like one and is none is remarked on. */
export function readAnnotations(inline: InlineText, remarks: Remarks, scope: AnnotationScope): Annotations {
  const result: Annotations = { depends: [], files: [], uses: {}, changesNothing: false, spans: [] };
  let taken = -1;
  for (const group of groups(inline)) {
    if (group.open < taken) continue;
    const offset = offsetAt(inline, group.open + 1);
    if (group.close < 0) {
      const key = keyOf(group.content.slice(0, 60));
      if (key && isKnown(key.key, scope)) {
        remarks.warn(
          'annotation-not-closed',
          `the parenthesis of ${quote(group.content)} is never closed, so it was not taken`,
          offset,
          undefined,
          'add the closing parenthesis',
        );
      }
      continue;
    }
    const first = keyOf(group.content);
    if (!first || !isKnown(first.key, scope)) {
      if (scope === 'foreign') takeLater(result, inline, group, remarks);
      if (scope !== 'foreign' || first === undefined) remarkUnknown(inline, group, first, remarks);
      continue;
    }
    taken = group.close;
    result.spans.push({ at: group.open, end: group.close + 1 });
    for (const piece of parts(group.content)) takePart(result, inline, group.open + 1 + piece.at, piece.text, remarks, scope);
  }
  return result;
}

function isKnown(key: string, scope: AnnotationScope): boolean {
  return Object.hasOwn(keys, key) && (scope !== 'foreign' || keys[key] === 'depends' || key === 'files');
}

/** `（验收：…；依赖：T001）`: a dependency that stands behind other things; it stays in the title. */
function takeLater(result: Annotations, inline: InlineText, group: { open: number; content: string }, remarks: Remarks): void {
  for (const piece of parts(group.content).slice(1)) {
    const found = keyOf(piece.text);
    if (found?.colon === true && keys[found.key] === 'depends')
      takePart(result, inline, group.open + 1 + piece.at, piece.text, remarks, 'foreign');
  }
}

function takePart(result: Annotations, inline: InlineText, at: number, text: string, remarks: Remarks, scope: AnnotationScope): void {
  const found = keyOf(text);
  if (!found || (scope === 'foreign' && !isKnown(found.key, scope))) return;
  const offset = offsetAt(inline, at + found.value);
  const value = text.slice(found.value);
  const key = Object.hasOwn(keys, found.key) ? keys[found.key] : undefined;
  const bad = (hint: string): void =>
    remarks.warn(
      'malformed-annotation',
      `${quote(text)} was not understood`,
      offsetAt(inline, at),
      offsetAt(inline, at + text.length),
      hint,
    );
  const flat = value.replace(/[`*"']/g, '').trim();
  if (key === undefined) return bad(`the annotations are ${[...new Set(Object.values(keys))].join(', ')}`);
  if (key === 'depends') result.depends.push({ text: value, offset });
  else if (key === 'pipeline-start') {
    if (scope === 'phase') result.pipelineStart = { text: value, offset };
    else bad('pipeline-start belongs to a phase heading or on a line of its own');
  } else if (scope === 'phase') return bad(`a phase heading takes depends and pipeline-start; write ${found.key} on the tasks`);
  else if (key === 'files') result.files.push({ text: value, offset });
  else if (key === 'size') {
    const size = /^(?:S|M|L|XL)$/i.exec(flat)?.[0].toUpperCase();
    if (size) result.size = size as TaskSize;
    else bad('a size is S, M, L or XL');
  } else if (key === 'estimate' || key === 'timeout') {
    const seconds = durationSeconds(flat);
    if (seconds === undefined) return bad('write a duration such as 20m, 1h30m or 90s');
    if (key === 'estimate') result.estimateSeconds = seconds;
    else result.timeoutSeconds = seconds;
  } else if (key === 'retries') {
    if (/^\d{1,2}$/.test(flat)) result.retries = Number(flat);
    else bad('retries is a number from 0 to 99');
  } else if (key === 'changes') {
    if (/^(?:none|nothing|no)$/i.test(flat)) result.changesNothing = true;
    else bad('the only value is (changes: none)');
  } else if (key === 'uses') takeUses(result, value, bad);
  else
    remarks.warn(
      'reserved-annotation',
      `${quote(text)} is reserved and has no effect yet`,
      offsetAt(inline, at),
      offsetAt(inline, at + text.length),
    );
}

function takeUses(result: Annotations, value: string, bad: (hint: string) => void): void {
  for (const entry of value.split(/[,，]/)) {
    const flat = entry.replace(/[`*]/g, '').trim();
    if (flat === '') continue;
    const pool = /^([A-Za-z][A-Za-z0-9_.-]{0,99})(?:\s{0,3}[:=]\s{0,3}(\d{1,6}))?$/.exec(flat);
    const amount = pool?.[2] === undefined ? 1 : Number(pool[2]);
    const name = pool?.[1];
    if (name === undefined || amount < 1) bad('write names of pools with amounts: (uses: db:2, gpu)');
    else if (!['__proto__', 'constructor', 'prototype'].includes(name)) result.uses[name] = amount;
  }
}

/** Prose in parentheses is left alone; what has an annotation's shape or nearly its name is reported. */
function remarkUnknown(
  inline: InlineText,
  group: { open: number; close: number; content: string },
  found: { key: string; value: number; colon: boolean } | undefined,
  remarks: Remarks,
): void {
  const { content } = group;
  const from = offsetAt(inline, group.open);
  const to = offsetAt(inline, group.close + 1);
  if (!found || isDependencyWord(found.key)) return;
  const value = content.slice(found.value).trim();
  if (prose.has(found.key) || value === '' || !found.colon) return;
  const near = found.key.length > 3 ? nearest(found.key, Object.keys(keys)) : undefined;
  const short = value.length <= 60 && value.split(/\s+/).length <= 3;
  const last = /^[\s)\]*_.]*(?:[([].*)?$/.test(inline.text.slice(group.close + 1, group.close + 200));
  if (near !== undefined) {
    remarks.warn('unknown-annotation', `${quote(content)} is no annotation that is known`, from, to, `did you mean “${near}”?`);
  } else if (short && last && /^[a-z][a-z -]*$/.test(content.trim().slice(0, found.key.length))) {
    remarks.warn(
      'unknown-annotation',
      `${quote(content)} is no annotation that is known, and was left in the title`,
      from,
      to,
      `the annotations are ${[...new Set(Object.values(keys))].join(', ')}`,
    );
  }
}

/** The text without its annotations. */
export function withoutSpans(text: string, spans: readonly { readonly at: number; readonly end: number }[]): string {
  let out = '';
  let at = 0;
  for (const span of spans) {
    out += text.slice(at, span.at);
    at = span.end;
  }
  return out + text.slice(at);
}
