/** What begins a Markdown block on a line, after the CommonMark specification: each a look at one position, linear in the line. */

const space = 32;
const tab = 9;

/** Whether the code is a space or a tab. */
function isBlankCode(code: number): boolean {
  return code === space || code === tab;
}

/** The first offset from `at` to `end` that is not a space or tab; `end` when there is none. */
export function skipBlanks(text: string, at: number, end: number): number {
  let next = at;
  while (next < end && isBlankCode(text.charCodeAt(next))) next++;
  return next;
}

/** `at` less trailing spaces and tabs. */
export function trimEnd(text: string, from: number, at: number): number {
  let end = at;
  while (end > from && isBlankCode(text.charCodeAt(end - 1))) end--;
  return end;
}

/** The level of an ATX heading at `at` and where its text begins and ends; undefined when there is none. */
export function atxHeading(text: string, at: number, end: number): { level: number; start: number; end: number } | undefined {
  let level = 0;
  while (at + level < end && text.charCodeAt(at + level) === 35) level++;
  if (level < 1 || level > 6) return undefined;
  if (at + level < end && !isBlankCode(text.charCodeAt(at + level))) return undefined;
  const start = skipBlanks(text, at + level, end);
  let last = trimEnd(text, start, end);
  let hashes = last;
  while (hashes > start && text.charCodeAt(hashes - 1) === 35) hashes--;
  if (hashes < last && (hashes === start || isBlankCode(text.charCodeAt(hashes - 1)))) last = trimEnd(text, start, hashes);
  return { level, start, end: last };
}

/** An opening code fence at `at`; undefined when there is none. */
export function openingFence(text: string, at: number, end: number): { code: number; length: number; info: string } | undefined {
  const code = text.charCodeAt(at);
  if (code !== 96 && code !== 126) return undefined;
  let next = at;
  while (next < end && text.charCodeAt(next) === code) next++;
  if (next - at < 3) return undefined;
  const info = text.slice(next, end);
  if (code === 96 && info.includes('`')) return undefined;
  return { code, length: next - at, info: info.trim() };
}

/** Whether the line from `at` closes a fence of this character and length. */
export function closesFence(text: string, at: number, end: number, code: number, length: number): boolean {
  let next = at;
  while (next < end && text.charCodeAt(next) === code) next++;
  return next - at >= length && skipBlanks(text, next, end) === end;
}

/** Undefined when the line from `at` is a thematic break; else an offset before which no break begins on this line. */
export function ruleEnd(text: string, at: number, end: number): number | undefined {
  const code = text.charCodeAt(at);
  if (code !== 42 && code !== 45 && code !== 95) return at;
  let count = 0;
  for (let next = at; next < end; next++) {
    const here = text.charCodeAt(next);
    if (here === code) count++;
    else if (!isBlankCode(here)) return next;
  }
  return count >= 3 ? undefined : at;
}

/** The level of the setext underline that the line from `at` is; 0 when it is none. */
export function setextLevel(text: string, at: number, end: number): 0 | 1 | 2 {
  const code = text.charCodeAt(at);
  if (code !== 61 && code !== 45) return 0;
  let next = at;
  while (next < end && text.charCodeAt(next) === code) next++;
  return skipBlanks(text, next, end) === end ? (code === 61 ? 1 : 2) : 0;
}

/** The list marker at `at`: its length and, when ordered, its number; undefined when there is none. */
export function listMarker(text: string, at: number, end: number): { length: number; ordered?: number } | undefined {
  const code = text.charCodeAt(at);
  if (code === 42 || code === 43 || code === 45) {
    return at + 1 === end || isBlankCode(text.charCodeAt(at + 1)) ? { length: 1 } : undefined;
  }
  let next = at;
  let number = 0;
  while (next < end && next - at < 9) {
    const digit = text.charCodeAt(next) - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
    next++;
  }
  if (next === at || next >= end) return undefined;
  const delimiter = text.charCodeAt(next);
  if (delimiter !== 46 && delimiter !== 41) return undefined;
  if (next + 1 < end && !isBlankCode(text.charCodeAt(next + 1))) return undefined;
  return { length: next + 1 - at, ordered: number };
}

const rawNames = new Set(['pre', 'script', 'style', 'textarea']);
const blockNames = new Set(
  (
    'address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset figcaption figure ' +
    'footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li link main menu menuitem nav noframes ol optgroup option p ' +
    'param search section summary table tbody td tfoot th thead title tr track ul'
  ).split(' '),
);

/** What ends an HTML block: the text its last line holds, or a blank line. */
export type HtmlEnd = { readonly kind: 'blank' } | { readonly kind: 'text'; readonly marks: readonly string[] };

/** The HTML block that begins at `at` (a `<`); `comment` for `<!-- … -->`. Undefined when there is none. */
export function htmlBlock(text: string, at: number, end: number, interrupts: boolean): { comment: boolean; end: HtmlEnd } | undefined {
  if (text.charCodeAt(at) !== 60) return undefined;
  if (text.startsWith('<!--', at)) return { comment: true, end: { kind: 'text', marks: ['-->'] } };
  if (text.startsWith('<?', at)) return { comment: false, end: { kind: 'text', marks: ['?>'] } };
  if (text.startsWith('<![CDATA[', at)) return { comment: false, end: { kind: 'text', marks: [']]>'] } };
  if (/^<![A-Za-z]/.test(text.slice(at, at + 3))) return { comment: false, end: { kind: 'text', marks: ['>'] } };
  const tag = /^<(\/?)([A-Za-z][A-Za-z0-9-]{0,40})/.exec(text.slice(at, Math.min(end, at + 44)));
  if (!tag) return undefined;
  const name = (tag[2] ?? '').toLowerCase();
  const next = at + tag[0].length;
  const following = next >= end ? ' ' : text.charAt(next);
  if (!tag[1] && rawNames.has(name) && /[\s>]/.test(following)) {
    return { comment: false, end: { kind: 'text', marks: [...rawNames].map((raw) => `</${raw}>`) } };
  }
  if (blockNames.has(name) && (/[\s>]/.test(following) || text.startsWith('/>', next))) return { comment: false, end: { kind: 'blank' } };
  if (interrupts || (!tag[1] && rawNames.has(name))) return undefined;
  return isLoneTag(text, at, end) ? { comment: false, end: { kind: 'blank' } } : undefined;
}

/** Whether the line from `at` is one complete open or closing tag and nothing else. */
function isLoneTag(text: string, at: number, end: number): boolean {
  let next = at + 1;
  const closing = text.charCodeAt(next) === 47;
  if (closing) next++;
  while (next < end && /[A-Za-z0-9-]/.test(text.charAt(next))) next++;
  for (;;) {
    const attribute = skipBlanks(text, next, end);
    const here = text.charAt(attribute);
    if (attribute < end && here === '>') return skipBlanks(text, attribute + 1, end) === end;
    if (!closing && text.startsWith('/>', attribute)) return skipBlanks(text, attribute + 2, end) === end;
    if (closing || attribute === next || attribute >= end || !/[A-Za-z_:]/.test(here)) return false;
    next = attributeEnd(text, attribute, end);
    if (next < 0) return false;
  }
}

/** Where the attribute that begins at `at` ends; -1 when it is malformed. */
function attributeEnd(text: string, at: number, end: number): number {
  let next = at + 1;
  while (next < end && /[A-Za-z0-9_.:-]/.test(text.charAt(next))) next++;
  const equals = skipBlanks(text, next, end);
  if (equals >= end || text.charAt(equals) !== '=') return next;
  const value = skipBlanks(text, equals + 1, end);
  const quote = text.charAt(value);
  if (value >= end) return -1;
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, value + 1);
    return close < 0 || close >= end ? -1 : close + 1;
  }
  next = value;
  while (next < end && !/[\s"'=<>`]/.test(text.charAt(next))) next++;
  return next === value ? -1 : next;
}

/** Whether a fence with a language begins here inside a fenced block of Markdown. */
export function opensInside(text: string, at: number, end: number, outer: { readonly block: { readonly info: string }; readonly code: number; readonly length: number }): boolean {
  if (!/^(?:markdown|mdx?)\b/i.test(outer.block.info)) return false;
  const inner = openingFence(text, at, end);
  return inner?.code === outer.code && inner.length >= outer.length && inner.info !== '';
}

/** Whether one of the marks that end an HTML block stands on the rest of a line. */
export function holdsMark(text: string, from: number, end: number, marks: readonly string[]): boolean {
  const rest = text.slice(from, end).toLowerCase();
  return marks.some((mark) => rest.includes(mark.toLowerCase()));
}

const beforeId = /^[ \t]{1,4}[*_`~[(]{0,4}(?:T-?)?\d/;

/** The character between the brackets of a checkbox that begins here; undefined for none. */
export function checkboxMark(text: string, at: number, end: number): string | undefined {
  if (text.charCodeAt(at) !== 91 || text.charCodeAt(at + 2) !== 93 || at + 3 > end) return undefined;
  const mark = text.charAt(at + 1);
  // `- [P] tasks may run together` explains a label; before an id any letter is a state.
  return /[A-WYZa-wyz0-9]/.test(mark) && !beforeId.test(text.slice(at + 3, at + 20)) ? undefined : mark;
}
