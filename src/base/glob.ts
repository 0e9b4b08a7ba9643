/** Glob patterns over POSIX paths, matched without regular expressions: no pattern can make it slow. */

const maxAlternatives = 64;

/** True when a text has the signs of a glob: `*`, `?`, or a brace list. Brackets are literal: `app/[id]/page.tsx` is a file's name. */
export function isGlob(text: string): boolean {
  return /[*?]|\{[^{}]*,[^{}]*\}/.test(text);
}

/** The leading folders of a pattern that hold no sign of a glob, without a final slash; '' where the first one does. */
export function globBase(pattern: string): string {
  const segments = pattern.split('/');
  const first = segments.findIndex((segment) => /[*?{]/.test(segment));
  return segments.slice(0, first < 0 ? segments.length - 1 : first).join('/');
}

/**
 * True when the whole path matches. `*` and `?` stay inside one segment, a segment `**` stands for any number of segments,
 * `{a,b}` for either; everything else is literal.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  const segments = path.split('/');
  return expandBraces(pattern).some((alternative) => matchSegments(alternative.split('/'), segments));
}

/** The patterns that a pattern with brace lists stands for, at most 64. */
export function expandBraces(pattern: string): readonly string[] {
  let patterns = [pattern];
  for (;;) {
    const index = patterns.findIndex((each) => /\{[^{}]*,[^{}]*\}/.test(each));
    const open = patterns[index];
    if (open === undefined || patterns.length > maxAlternatives) return patterns.slice(0, maxAlternatives);
    const [whole] = /\{[^{}]*,[^{}]*\}/.exec(open) ?? [''];
    const at = open.indexOf(whole);
    const expanded = whole.slice(1, -1).split(',').map((part) => open.slice(0, at) + part + open.slice(at + whole.length));
    patterns = [...patterns.slice(0, index), ...expanded, ...patterns.slice(index + 1)];
  }
}

function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
  return matchWithStars(pattern, path, (part) => part === '**', (part, segment) => matchSegment(part, segment));
}

function matchSegment(pattern: string, segment: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === segment;
  return matchWithStars([...pattern], [...segment], (part) => part === '*', (part, letter) => part === '?' || part === letter);
}

/** Greedy matching that goes back to the last star only: in the worst case the product of both lengths. */
function matchWithStars(
  pattern: readonly string[],
  items: readonly string[],
  isStar: (part: string) => boolean,
  matches: (part: string, item: string) => boolean,
): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let item = 0; item < items.length; ) {
    const part = pattern[at];
    if (part !== undefined && isStar(part)) {
      star = at++;
      resume = item;
    } else if (part !== undefined && matches(part, items[item] ?? '')) {
      at++;
      item++;
    } else if (star >= 0) {
      at = star + 1;
      item = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.length && isStar(pattern[at] ?? '')) at++;
  return at === pattern.length;
}
