/** Text of others made safe and fitting for a terminal: titles, notes and file names may hold anything. */

let segmenter: Intl.Segmenter | undefined;

/** What a reader calls one character. The segmenter is made when it is first needed: making it takes longer than most commands. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** Everything that a terminal or a reader's eye could be tricked by: controls, escapes, direction marks, line and paragraph ends. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Code points that take two columns, as pairs of first and last (East Asian wide and fullwidth blocks). */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x231a, 0x231b], [0x2329, 0x232a], [0x2e80, 0x303e], [0x3041, 0x33ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff],
  [0xa000, 0xa4cf], [0xa960, 0xa97f], [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe10, 0xfe19], [0xfe30, 0xfe6f], [0xff01, 0xff60],
  [0xffe0, 0xffe6], [0x16fe0, 0x18cff], [0x1aff0, 0x1b2ff], [0x1f200, 0x1f2ff], [0x20000, 0x3fffd],
];

/** Only characters that are one column each and join with nothing: what most texts and all of our own signs are made of. */
const plain = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2319\u23f8\u2500-\u25fc\u2610-\u2613\u261e\u2714\u2716\u2800-\u28ff]*$/;

/** The text on one line without anything that a terminal would obey: tabs and line ends become spaces, the rest of the controls `?`. */
export function printable(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text.replace(/[\t\r\n\u2028\u2029]+/g, ' ').replace(unsafe, '?');
}

/** Columns that one grapheme takes. */
function graphemeWidth(grapheme: string): number {
  const point = grapheme.codePointAt(0) ?? 0;
  if (point >= 0x20 && point < 0x7f) return 1;
  if (/^[\p{Mark}\p{Format}\p{Control}]+$/u.test(grapheme)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  return wide.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

/** Columns that the text takes on a terminal; escape sequences of ours (colours) take none. */
export function columnsOf(text: string): number {
  const bare = text.replace(/\u001b\[[0-9;]*m/g, '');
  if (plain.test(bare)) return bare.length;
  let columns = 0;
  for (const { segment } of graphemesOf(bare)) columns += graphemeWidth(segment);
  return columns;
}

/** The text cut to at most `columns` columns, the last one `…` where something was cut. For uncoloured text. */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return '';
  // Far more characters than columns can hold: no reason to look at them all.
  const short = text.length > columns * 16 ? text.slice(0, columns * 16) : text;
  if (short === text && columnsOf(text) <= columns) return text;
  if (plain.test(short)) return `${short.slice(0, columns - 1)}…`;
  let used = 0;
  let kept = '';
  for (const { segment } of graphemesOf(short)) {
    const next = graphemeWidth(segment);
    if (used + next > columns - 1) break;
    used += next;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text with spaces after it up to `columns` columns; never cut. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** A span of time as people read it: `850ms`, `4.2s`, `3m05s`, `2h04m`, `3d 02h`. Negative spans (a clock that jumped back) are 0. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < 1000) return `${ms}ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  return `${Math.floor(minutes / (24 * 60))}d ${two(Math.floor(minutes / 60) % 24)}h`;
}

/** A span that is looked at while it grows: as `duration`, but never below tenths of a second. */
export function span(milliseconds: number): string {
  return milliseconds < 1000 ? `${(Math.max(0, milliseconds) / 1000).toFixed(1)}s` : duration(milliseconds);
}

/** `1 task`, `3 tasks`. */
export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

/** Colours stay; everything else that a terminal would obey is made visible. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/\u001b(?!\[[0-9;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g, (sign) => {
    const code = sign.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}

/** Parts with ` · ` between them over as many lines as they take; the first line begins at column `indent`, where the others are indented to. */
export function flow(parts: readonly string[], columns: number, indent = 0): string {
  const room = Math.max(20, columns - indent);
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(last) + 3 + columnsOf(part) <= room) lines[lines.length - 1] = `${last} · ${part}`;
    else lines.push(...wrap(part, room).split('\n'));
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** The text broken between words into lines of at most `columns`, those after the first indented; a word that no line holds stays whole. Colours take no room. */
export function wrap(text: string, columns: number, indent = 0): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const before = lines.length > 1 ? indent : 0;
    if (last !== undefined && before + columnsOf(last) + 1 + columnsOf(word) <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
