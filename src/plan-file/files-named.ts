/** Paths that a task's text names, so that two tasks that would write one file are not run side by side. A guess, never a proof. */
import type { FileMention } from '../model/plan-document.js';
import { bareNames, hasKnownEnding, maxPath, pathOf, words } from './path-word.js';

/** How many paths one text yields at most. */
const maxMentions = 300;
const maxBraces = 24;

/** One word of the text and whether it stood in a code span. */
interface Candidate {
  readonly text: string;
  readonly code: boolean;
  readonly at: number;
}

/** What is read and not written: `see docs/a.md`, `as in src/b.ts`. */
const onlyRead =
  /(?:\b(?:see|read|reads|reading|per|refer to|references?|referencing|according to|documented in|described in|defined in|specified in|based on|as in|similar to|like|follow|follows|following|pattern (?:of|from|in)|imported from|import from|copied from|no changes? (?:to|in)|matches|matching|mirrors|mirroring|consult|review|e\.g\.|cf\.)|无)[\s:]{1,3}(?:the |in |from |to |existing ){0,2}[\s`*"'([]{0,6}$/i;

/** Documents of a feature that tasks quote: `entities from data-model.md`, `as listed in plan.md`. */
const quoted = /\b(?:from|listed in|given in|found in|stated in|required by|outlined in)[\s:]{1,3}(?:the ){0,1}[\s`*"'([]{0,6}$/i;
const design = words('spec.md plan.md research.md data-model.md quickstart.md tasks.md requirements.md design.md proposal.md constitution.md');

/** Most texts hold none of the characters that make a path. */
const mayName = /[/\\{`]|\.\S|[a-z]file\b|CODEOWNERS/;

/** Paths named in a text, without duplicates, in order. `stated` says that the text is a list of files and not prose. */
export function filesNamed(text: string, stated = false): FileMention[] {
  if (!mayName.test(text)) return [];
  const found = new Map<string, FileMention>();
  for (const candidate of candidates(text)) {
    if (found.size >= maxMentions) break;
    let before: string | undefined;
    for (const path of pathsOf(candidate, stated)) {
      // Looked at only now: most words are no paths.
      before ??= stated ? '' : text.slice(Math.max(0, candidate.at - 48), candidate.at);
      if (onlyRead.test(before) || (quoted.test(before) && design.has(path))) break;
      // “Add README.md for the server in server/README.md” names one file, by its name and then by its place.
      if (path.includes('/') && placed.test(before)) found.delete(path.slice(path.lastIndexOf('/') + 1));
      if (!found.has(path)) found.set(path, { path, stated });
    }
  }
  return [...found.values()];
}

const withoutSpaces = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+/;

/** The paths that a word is: several where it has braces, or where the language puts no blanks around them (`.envの登録`). */
function* pathsOf({ text, code }: Candidate, stated: boolean): Generator<string> {
  for (const word of expandBraces(text)) {
    const path = pathOf(word, code, stated);
    if (path !== undefined) yield path;
    else if (withoutSpaces.test(word))
      for (const part of word.split(withoutSpaces)) {
        const inner = pathOf(part, code, stated);
        if (inner !== undefined) yield inner;
      }
  }
}

/** The end of what stands before a place where something is put. */
const placed = /\b(?:in|at|under|as|into|inside)[\s`*"':([]{1,4}$/i;

/** Words outside of code, and code spans that are one word: a span with spaces is a command or a snippet, which names nothing that is written. */
function* candidates(text: string): Generator<Candidate> {
  let at = 0;
  while (at < text.length) {
    const tick = text.indexOf('`', at);
    const end = tick < 0 ? text.length : tick;
    yield* bareStretch(text, at, end);
    if (tick < 0) return;
    let run = tick;
    while (text.charCodeAt(run) === 96) run++;
    const near = text.slice(run, run + 4 * maxPath).indexOf('`'.repeat(Math.min(run - tick, 8)));
    const closing = run + near;
    if (near < 0) {
      at = run;
      continue;
    }
    const span = text.slice(run, closing).trim();
    if (span !== '' && (!/\s/.test(span) || isSpacedPath(span))) yield { text: span, code: true, at: tick };
    else if (/^[^\s,]+(?:,\s+[^\s,]+)+$/.test(span)) for (const word of span.split(/,\s+/)) yield { text: word, code: true, at: tick };
    at = closing + (run - tick);
  }
}

/** Words outside of code, and what stands in quotation marks and is one path. */
function* bareStretch(text: string, from: number, end: number): Generator<Candidate> {
  // Looked for in the stretch alone: a search to the end of the text for each stretch takes forever on long lines.
  const stretch = text.slice(from, end);
  let at = 0;
  for (let open = stretch.indexOf('"'); open >= 0; open = stretch.indexOf('"', open)) {
    const close = stretch.indexOf('"', open + 1);
    if (close < 0) break;
    const inside = stretch.slice(open + 1, Math.min(close, open + 2 + maxPath));
    if (!isSpacedPath(inside)) {
      open = close;
      continue;
    }
    yield* bareWords(text, from + at, from + open);
    yield { text: inside, code: true, at: from + open };
    at = close + 1;
    open = at;
  }
  yield* bareWords(text, from + at, end);
}

/** `docs/My Guide.md`: a path with blanks, and no command with arguments and no list of paths. */
function isSpacedPath(text: string): boolean {
  if (text.length > maxPath || !/^[\p{L}\p{N}_.@-]+\/[\p{L}\p{N}_.@ ()[\]&',/+-]*\.[a-z][a-z0-9]{0,9}$/iu.test(text) || !/[^ -] [^ -]/.test(text)) return false;
  const parts = text.split(' ');
  return hasKnownEnding(text) && !parts.slice(0, -1).some(hasKnownEnding) && !parts.some((part) => part === '' || part.startsWith('-')) && !/^(?:\.|bin|scripts|tools|node_modules)\//.test(text);
}

const breaks = new Set([...' \t\r\n\u00a0\u3000"“”‘’«»|<>=、，；：（）。'].map((character) => character.charCodeAt(0)));
const asciiBreaks = Uint8Array.from({ length: 128 }, (_, code) => (breaks.has(code) ? 1 : 0));
const isBreak = (code: number): boolean => (code < 128 ? asciiBreaks[code] === 1 : breaks.has(code));

function* bareWords(text: string, from: number, end: number): Generator<Candidate> {
  let start = -1;
  let braces = 0;
  /** Whether the word can be a path at all: it has a dot, a slash or a capital first letter (Makefile). */
  let likely = false;
  for (let at = from; at <= end; at++) {
    const code = at < end ? text.charCodeAt(at) : 32;
    if (start >= 0 && braces > 0 && (code === 44 || code === 59)) continue;
    if (isBreak(code) || code === 44 || code === 59) {
      if (start >= 0 && likely && at - start <= maxPath) yield { text: text.slice(start, at), code: false, at: start };
      start = -1;
      continue;
    }
    if (start < 0) {
      start = at;
      braces = 0;
      likely =
        /[A-Z*_(]/.test(text.charAt(at)) && bareNames.has(/^[*_(]*([A-Za-z.]*)/.exec(text.slice(at, Math.min(end, at + 30)))?.[1] ?? '');
    }
    if (code === 47 || code === 92 || code === 123) likely = true;
    else if (code === 46 && at + 1 < end && !isBreak(text.charCodeAt(at + 1))) likely = true;
    if (code === 123) braces++;
    else if (code === 125) braces = Math.max(0, braces - 1);
  }
}

/** `src/{a,b}.ts` and `a.ts/b.ts` as two words; bounded. */
function expandBraces(word: string): string[] {
  let all = /^[\w-]+\.(?:[cm]?[jt]sx?|py|go|rs|md|css)(?:\/[\w-]+\.[a-z]{2,4})+$/.test(word) ? word.split('/') : [word];
  for (let round = 0; round < 3; round++) {
    if (all.length > maxBraces || !all.some((one) => one.includes('{'))) return all;
    all = all.flatMap((one) => {
      const open = one.indexOf('{');
      const close = open < 0 ? -1 : one.indexOf('}', open);
      const inner = close < 0 ? '' : one.slice(open + 1, close);
      if (!inner.includes(',')) return [one];
      return inner
        .split(',')
        .slice(0, maxBraces)
        .map((part) => one.slice(0, open) + part.trim() + one.slice(close + 1));
    });
  }
  return all.slice(0, maxBraces);
}
