/** Lists of dependencies as people write them: `2.1, 2.3-2.5 and phase1`, `A.phase2`, `Tasks 1.1–1.3`. */
import type { PhaseId, PlanId } from '../model/ids.js';
import type { IdGrammar } from './ids.js';
import { phaseWords } from './phase-heading.js';

/** One thing named in a list, not yet looked up. `at` and `end` are positions in the text that was parsed. */
export type NamedThing = { readonly at: number; readonly end: number; readonly text: string } & (
  | { readonly kind: 'task'; readonly id: string }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'phases'; readonly from: PhaseId; readonly to: PhaseId }
  | { readonly kind: 'foreign'; readonly plan: PlanId; readonly rest: string | undefined }
  | { readonly kind: 'unclear' }
);

const wordCode = /[A-Za-z0-9_]/;
const phaseWord = new RegExp(`(?:${phaseWords})\\s{0,3}`, 'iuy');
const taskWord =
  /(?:(?:sub-?)?(?:tasks?|steps?|#)|タスク|ステップ|任务|任務|步骤|작업|태스크|tareas?|tarefas?|tâches?|aufgaben?|задач[аиу]?)\s{0,3}(?=[T\d]|[A-Z]{1,6}[-_]?\d)/iuy;
const phaseNumber = /\d{1,9}(?:\.\d{1,9})?[a-z]?(?!\w)/y;
const rangeMark = /\s{0,3}(?:-|–|—|‑|\.\.\.?|…|\bto\b|\bthrough\b|\bthru\b)\s{0,3}/iy;
const filler =
  /(?:(?:and|or|plus|as well as|both|all of|all|the|on|of|is|are|with|complete[sd]?|completion of|completion|done|finish(?:es|ed)?|must be|und|et|y|e)(?!\w)|(?:和|与|及|と|および|完了後?|完成后?|완료|后|後))/iuy;
const nothing =
  /^[\s*_`[\]]*(?:$|(?:none|nothing|no(?: dependenc(?:y|ies))?|n\/a|nil|ninguna?|nenhuma?|keine?|aucune?|нет|无|無|なし|없음|-|–|—)(?=[\s*_`.,:;(（[\]—–]|$)[\s*_`.\]]*(?:$|[,:;(（—–]|-\s|\p{Lu}))/iu;
const foreign = /([A-Za-z][A-Za-z0-9_-]{0,99})((?:\.[A-Za-z0-9_]{1,60}){0,9})/y;

function take(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Whether a list says that there is nothing in it: `none`, `-`, nothing at all. */
export function saysNothing(text: string): boolean {
  return nothing.test(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Which words may be names of other plans: any, only dotted ones such as `A.phase2`, or none. */
export type PlanNames = 'any' | 'dotted' | 'none';

/** What a list names, in order. Words that are no names are prose: they come back as `unclear`. */
export function namedThings(text: string, grammar: IdGrammar, plans: PlanNames): NamedThing[] {
  const found: NamedThing[] = [];
  let at = 0;
  let unclearFrom = -1;
  let calledAt = -1;
  const closeUnclear = (end: number): void => {
    if (unclearFrom >= 0) found.push({ kind: 'unclear', at: unclearFrom, end, text: text.slice(unclearFrom, end).trim() });
    unclearFrom = -1;
  };
  while (at < text.length) {
    const close = text.charAt(at) === '(' ? text.indexOf(')', at) : text.charAt(at) === '（' ? text.indexOf('）', at) : -1;
    if (close >= 0) {
      at = close + 1;
      continue;
    }
    // “2.1 - because …”, “2.1: it makes the table”: what follows is a remark.
    if (found.length > 0 && unclearFrom < 0 && /[-–—:：]/.test(text.charAt(at)) && /\s|^$/.test(text.charAt(at + 1))) break;
    const separator = /[\s,;&+*`"'“”[\]()、，；（）/]/.test(text.charAt(at)) || text.charAt(at) === '\u0000';
    if (separator) {
      if (/[,;、，；]/.test(text.charAt(at))) closeUnclear(at);
      at++;
      continue;
    }
    const word = at === 0 || !wordCode.test(text.charAt(at - 1));
    const called = word ? take(taskWord, text, at) : undefined;
    const skip = called ?? (word && unclearFrom < 0 ? take(filler, text, at) : undefined);
    if (skip) {
      if (called) closeUnclear(at);
      at += skip[0].length;
      if (called) calledAt = at;
      continue;
    }
    const thing = word ? thingAt(text, at, grammar, unclearFrom < 0 ? plans : 'none') : undefined;
    if (thing && (at === calledAt || !isCount(thing, text))) {
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

/** “3 services”: a bare number before a word counts something and names no task. */
function isCount(thing: NamedThing, text: string): boolean {
  if (thing.kind !== 'task' || !/^\d+$/.test(thing.id) || !/^\s+\p{L}/u.test(text.slice(thing.end, thing.end + 8))) return false;
  filler.lastIndex = thing.end + (/^\s+/.exec(text.slice(thing.end, thing.end + 8))?.[0].length ?? 0);
  return !filler.test(text);
}

function thingAt(text: string, at: number, grammar: IdGrammar, plans: PlanNames): NamedThing | undefined {
  const phase = take(phaseWord, text, at);
  const number = phase && take(phaseNumber, text, at + phase[0].length);
  if (phase && number) return phaseThing(text, at, at + phase[0].length, number[0]);
  const id = grammar(text, at);
  if (id !== undefined) return taskThing(text, at, id, grammar);
  const other = plans === 'none' ? undefined : take(foreign, text, at);
  if (!other) return undefined;
  // Outside of the native format a word is prose, and so is `plan.md`.
  const rest = other[2]?.slice(1) ?? '';
  if (plans === 'dotted' && !/^(?:phase\d|landed$)/i.test(rest) && (!/\d/.test(rest) || grammar(rest, 0) !== rest)) return undefined;
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
