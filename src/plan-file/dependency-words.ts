/** How people say in a sentence that a task waits: `(requires 1.2)`, `blocked by T003`, `wymaga T010`, `[deps: T001]`. */
import type { NamedThing } from './dependency-text.js';

/** Say it wherever they stand before ids. */
const strong =
  'requires?(?: completion of)?|needs|blocked (?:by|on)|waits? (?:for|on)|must (?:follow|come after|run after)|wymaga|zależy od|requiere|depende d[eo]|dépend d[eu]|nécessite|benötigt|erfordert|(?:hängt ab|abhängig) von|richiede|dipende da|vereist|требует|зависит от|需要|←|<-';
/** Say it at the head of parentheses or before a colon; elsewhere they are prose. */
const weak =
  '(?:(?:only|start|starts|run|runs|sequential(?:ly)?) )?after|following|follows|once|dependent (?:up)?on|prereq(?:uisite)?s?|nach|après|después de|после';
/** Say it before a colon. */
const labels = 'depends(?: on)?|deps|dependency|dependencies';

const spaced = (words: string): string => words.replaceAll(' ', '\\s{1,3}');
const said = new RegExp(
  `([([{（【]\\s{0,3})?(?<![\\p{L}\\p{N}_-])(?:(${spaced(strong)})|(${spaced(weak)})|(${spaced(labels)}))(?![\\p{L}\\p{N}_])[\\s*_]{0,4}([:：=])?[\\s*_]{0,4}`,
  'giu',
);
const key = new RegExp(`^(?:${strong}|${weak})$`, 'iu');
const denied = /(?:\bnot|n['’]t|\bno longer|\bnever|\bnothing)[\s*_]{0,4}$/i;

/** A place where a list of what a task waits for may begin. */
export interface SaidDependency {
  /** Where in the text the words begin and where what follows them does. */
  readonly at: number;
  readonly end: number;
  /** `marked` in parentheses or before a colon; `verb` in a sentence; `condition`: only where the sentence goes on with “is done”. */
  readonly how: 'marked' | 'verb' | 'condition';
}

/** Whether a word before a colon in parentheses speaks of dependencies. */
export function isDependencyWord(word: string): boolean {
  return key.test(word);
}

/** Every such place in a text. */
export function* saidDependencies(text: string): Generator<SaidDependency> {
  if (!/\d/.test(text)) return;
  for (const match of text.matchAll(said)) {
    const [whole, opened, verb, , label, colon] = match;
    const marked = opened !== undefined || colon !== undefined;
    // `(depends: …)` is an annotation, read elsewhere.
    if (label !== undefined && (colon === undefined || /^[(（]/.test(opened ?? ''))) continue;
    if (denied.test(text.slice(Math.max(0, match.index - 14), match.index))) continue;
    yield { at: match.index + (opened?.length ?? 0), end: match.index + whole.length, how: marked ? 'marked' : verb === undefined ? 'condition' : 'verb' };
  }
}

/** Whether a named thing can be nothing but a task or a phase: `T012`, `BE-02`, `Task 3`, `Phase 2`, and no version or count. */
export function isUnmistakable(thing: NamedThing, text: string): boolean {
  if (thing.kind === 'phases') return true;
  const id = thing.kind === 'task' ? thing.id : thing.kind === 'range' ? thing.from : '';
  return /^[A-Za-z]/.test(id) || /(?:tasks?|steps?)\s{0,3}#?$/i.test(text.slice(Math.max(0, thing.at - 12), thing.at));
}
