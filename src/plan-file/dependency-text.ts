/** Lists of dependencies as people write them: `2.1, 2.3-2.5 and phase1`, `A.phase2`, `Tasks 1.1–1.3`. */
import type { PhaseId, PlanId } from '../model/ids.js';
import type { IdGrammar } from './ids.js';

/** One thing named in a list, not yet looked up. `at` and `end` are positions in the text that was parsed. */
export type NamedThing = { readonly at: number; readonly end: number; readonly text: string } & (
  | { readonly kind: 'task'; readonly id: string }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'phases'; readonly from: PhaseId; readonly to: PhaseId }
  | { readonly kind: 'foreign'; readonly plan: PlanId; readonly rest: string | undefined }
  | { readonly kind: 'unclear' }
);

const wordCode = /[A-Za-z0-9_]/;
const phaseWord = /phases?\s{0,3}/iy;
const taskWord = /(?:sub-?)?(?:tasks?|steps?|#)\s{0,3}(?=[T\d])/iy;
const phaseNumber = /\d{1,9}(?:\.\d{1,9})?[a-z]?(?!\w)/y;
const rangeMark = /\s{0,3}(?:-|–|—|‑|\.\.\.?|…|\bto\b|\bthrough\b|\bthru\b)\s{0,3}/iy;
const filler =
  /(?:and|or|plus|as well as|both|all of|all|the|on|of|is|are|with|complete[sd]?|completion of|completion|done|finish(?:es|ed)?|must be)(?!\w)/iy;
const nothing = /^[\s*_]*(?:none|nothing|no|n\/a|nil|-|–|—)?[\s*_.]*$/i;
const foreign = /([A-Za-z][A-Za-z0-9_-]{0,99})((?:\.[A-Za-z0-9_]{1,60}){0,9})/y;

function take(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Whether a list says that there is nothing in it: `none`, `-`, nothing at all. */
export function saysNothing(text: string): boolean {
  return text.length < 40 && nothing.test(text);
}

/** What a list names, in order. With `plans` false bare words are prose: they come back as `unclear`. */
export function namedThings(text: string, grammar: IdGrammar, plans: boolean): NamedThing[] {
  const found: NamedThing[] = [];
  let at = 0;
  let unclearFrom = -1;
  const closeUnclear = (end: number): void => {
    if (unclearFrom >= 0) found.push({ kind: 'unclear', at: unclearFrom, end, text: text.slice(unclearFrom, end).trim() });
    unclearFrom = -1;
  };
  while (at < text.length) {
    if (text.charAt(at) === '(' && text.includes(')', at)) {
      at = text.indexOf(')', at) + 1;
      continue;
    }
    // “2.1 - because …”: what follows the dash is a remark.
    if (found.length > 0 && unclearFrom < 0 && /[-–—]/.test(text.charAt(at)) && /\s/.test(text.charAt(at + 1))) break;
    const separator = /[\s,;&+*`"'“”[\]()、，；/]/.test(text.charAt(at)) || text.charAt(at) === '\u0000';
    if (separator) {
      if (/[,;、，；]/.test(text.charAt(at))) closeUnclear(at);
      at++;
      continue;
    }
    const word = at === 0 || !wordCode.test(text.charAt(at - 1));
    const skip = word && unclearFrom < 0 ? (take(filler, text, at) ?? take(taskWord, text, at)) : undefined;
    if (skip) {
      at += skip[0].length;
      continue;
    }
    const thing = word ? thingAt(text, at, grammar, plans && unclearFrom < 0) : undefined;
    if (thing) {
      closeUnclear(at);
      found.push(thing);
      at = thing.end;
      continue;
    }
    if (unclearFrom < 0) unclearFrom = at;
    while (at < text.length && wordCode.test(text.charAt(at))) at++;
    if (at < text.length && !/[\s,;]/.test(text.charAt(at))) at++;
  }
  closeUnclear(text.length);
  return found;
}

function thingAt(text: string, at: number, grammar: IdGrammar, plans: boolean): NamedThing | undefined {
  const phase = take(phaseWord, text, at);
  const number = phase && take(phaseNumber, text, at + phase[0].length);
  if (phase && number) return phaseThing(text, at, at + phase[0].length, number[0]);
  const id = grammar(text, at);
  if (id !== undefined) return taskThing(text, at, id, grammar);
  const other = plans ? take(foreign, text, at) : undefined;
  if (!other) return undefined;
  const end = at + other[0].length;
  // A bare name of a plan stands alone between separators; anything else is prose.
  const following = text.slice(end).match(/^\.?\s*(\S?)/)?.[1] ?? '';
  const joined = /^\s*(?:and|or|&|\+)\s/i.test(text.slice(end, end + 8));
  if (other[2] === '' && following !== '' && !/[,;&+、，；)]/.test(following) && !joined) return undefined;
  return { kind: 'foreign', plan: other[1] ?? '', rest: other[2] ? other[2].slice(1) : undefined, at, end, text: other[0] };
}

function phaseThing(text: string, at: number, from: number, first: string): NamedThing {
  const end = from + first.length;
  const mark = take(rangeMark, text, end);
  const second = mark && take(phaseNumber, text, end + mark[0].length);
  const last = second ? end + (mark?.[0].length ?? 0) + second[0].length : end;
  return { kind: 'phases', from: first, to: second ? second[0] : first, at, end: last, text: text.slice(at, last) };
}

function taskThing(text: string, at: number, id: string, grammar: IdGrammar): NamedThing {
  const end = at + id.length;
  const mark = take(rangeMark, text, end);
  const start = end + (mark?.[0].length ?? 0);
  const whole = mark && grammar(text, start);
  const short = mark && whole === undefined ? take(/\d{1,9}(?![\w.]\w)/y, text, start)?.[0] : undefined;
  const last = whole ?? short;
  if (last !== undefined) {
    const to = whole ?? id.replace(/\d+[A-Za-z]?$/, last);
    return { kind: 'range', from: id, to, at, end: start + last.length, text: text.slice(at, start + last.length) };
  }
  return { kind: 'task', id, at, end, text: id };
}
