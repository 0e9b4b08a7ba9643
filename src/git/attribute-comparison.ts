/** The protocol of a long-lived `diff-tree` that compares trees by their attribute files alone. */

/** The arguments of the session that compares trees by their attribute files alone. */
export const attributeComparison: readonly string[] = [
  'diff-tree',
  '--stdin',
  '-r',
  '--raw',
  '-z',
  '--no-renames',
  '--no-abbrev',
  '--',
  ':(glob)**/.gitattributes',
];

/** What the session is sent to compare two trees. */
export function comparisonRequest(from: string, to: string): string {
  return `${from} ${to}\n${endMark}`;
}

/** A line that is no object id is echoed, and everything before it flushed. */
const endMark = 'end\n';

/** An attribute file of the second tree that differs from the first; `mode` 000000: it is gone. */
export interface Difference {
  readonly path: string;
  readonly mode: string;
  readonly blob: string;
}

/** `<tree> <tree> LF`, then `:<modes and ids> NUL <path> NUL` for each difference, then the mark. Undefined: git knows no such trees. */
export function takeDifferences(received: Buffer): { value: Difference[] | undefined; used: number } | undefined {
  const text = received.toString('utf8');
  if (text.startsWith(endMark)) return { value: undefined, used: endMark.length };
  let at = text.indexOf('\n') + 1;
  if (at === 0) return undefined;
  const differences: Difference[] = [];
  while (text[at] === ':') {
    const endOfFacts = text.indexOf('\0', at);
    const endOfPath = endOfFacts < 0 ? -1 : text.indexOf('\0', endOfFacts + 1);
    if (endOfPath < 0) return undefined;
    const [, mode = '', , blob = ''] = text.slice(at + 1, endOfFacts).split(' ');
    differences.push({ path: text.slice(endOfFacts + 1, endOfPath), mode, blob });
    at = endOfPath + 1;
  }
  if (!text.startsWith(endMark, at)) return undefined;
  return { value: differences, used: Buffer.byteLength(text.slice(0, at + endMark.length)) };
}
