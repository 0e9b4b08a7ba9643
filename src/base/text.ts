/** Text for people: names that were meant, lines that fit, and nothing that a terminal would obey. */

const longestCompared = 64;
const mostCompared = 5000;

/** The candidate that `name` was probably meant to be; undefined where none is near. Case, dashes and underscores count little. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > longestCompared) return undefined;
  const wanted = fold(name);
  // About a third of the letters may be wrong, and none of one or two: more would be a guess.
  const most = wanted.length < 3 ? 0 : Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestDistance = most + 1;
  let compared = 0;
  for (const candidate of candidates) {
    if (compared++ === mostCompared) break;
    if (Math.abs(candidate.length - name.length) > most + 2 || candidate.length > longestCompared) continue;
    const distance = editDistance(wanted, fold(candidate), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours between two words; `limit` where it is that or more. */
function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      let cost = Math.min((above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, replaced);
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      line.push(cost);
    }
    if (Math.min(...line) >= limit) return limit;
    before = above;
    above = line;
  }
  return Math.min(limit, above[other.length] ?? limit);
}

/** C0 and C1 controls, DEL, line separators, and the marks that turn the direction of what is read. */
 
const unsafe = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * The same text with every control character replaced by one visible character: columns stay where they were and a terminal
 * obeys nothing. Tabs are kept, line breaks are not.
 */
export function neutralise(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** At most `width` UTF-16 units, with an ellipsis where something was left out; never half of a surrogate pair. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  return `${text.slice(0, wholeEnd(text, Math.max(0, width - 1)))}…`;
}

/** A part of a line around the marked columns (0-based, `end` exclusive), and where the mark stands in that part. */
export function shortenAround(line: string, start: number, end: number, width: number): { readonly text: string; readonly start: number; readonly end: number } {
  const from = Math.min(Math.max(0, start), line.length);
  const to = Math.max(from + 1, Math.min(end, line.length));
  if (line.length <= width) return { text: line, start: from, end: to };
  const left = Math.max(0, Math.min(from - Math.floor(width / 3), line.length - width));
  const begin = left === 0 ? 0 : wholeEnd(line, left);
  const stop = wholeEnd(line, Math.min(line.length, begin + width));
  const head = begin > 0 ? '…' : '';
  const tail = stop < line.length ? '…' : '';
  const shift = head.length - begin;
  return { text: head + line.slice(begin, stop) + tail, start: from + shift, end: Math.min(to, stop) + shift };
}

/** `at`, or one less where it would cut a surrogate pair. */
function wholeEnd(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return at > 0 && at < text.length && code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}

/** Columns that a terminal gives to a text without controls: 2 for East Asian wide characters and emoji, 0 for marks that combine. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character.codePointAt(0) ?? 0);
  return width;
}

const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function widthOf(code: number): number {
  if (code < 0x300) return 1;
  if ((code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200d) || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A word as a POSIX shell reads it back: quoted only where it has to be, so that printed commands can be pasted. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
