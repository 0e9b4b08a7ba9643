/**
 * Patterns by which a description finds fields in lines of text: literal text with names in braces, such as
 * `Cost: ${cost} message, {_} session.`. Matched in time linear in the line, which no regular expression of a stranger's is.
 */

/** A parsed pattern: `literals` has one more member than `names`. */
export interface Pattern {
  readonly literals: readonly string[];
  readonly names: readonly string[];
}

/** Reads a pattern. `{_}` is any text that is not kept. Two names need literal text between them: undefined where it is missing. */
export function parsePattern(text: string): Pattern | undefined {
  const literals: string[] = [];
  const names: string[] = [];
  let from = 0;
  for (const found of text.matchAll(/\{([A-Za-z_]\w{0,40})\}/g)) {
    literals.push(text.slice(from, found.index));
    names.push(found[1] ?? '_');
    from = found.index + found[0].length;
  }
  literals.push(text.slice(from));
  return literals.slice(1, -1).includes('') || literals.every((literal) => literal === '') ? undefined : { literals, names };
}

/**
 * What the names stand for in a line; undefined when the pattern does not occur. Each name takes the shortest text up to
 * the literal that follows it; a name at the end takes the rest of the line.
 */
export function matchPattern(pattern: Pattern, line: string): Readonly<Record<string, string>> | undefined {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = line.indexOf(pattern.literals[0] ?? '');
  if (at < 0) return undefined;
  at += (pattern.literals[0] ?? '').length;
  for (const [index, name] of pattern.names.entries()) {
    const literal = pattern.literals[index + 1] ?? '';
    const end = literal === '' ? line.length : line.indexOf(literal, at);
    if (end < 0) return undefined;
    if (name !== '_') found[name] = line.slice(at, end).trim();
    at = end + literal.length;
  }
  return found;
}

/** A number as people print it: `1,234`, `4.2k`, `1.5M`, `$0.02`; undefined for anything else. */
export function readableNumber(text: string): number | undefined {
  const found = /^[$€£]?\s?(\d{1,15}(?:,\d{3})*(?:\.\d{1,12})?)\s?([kKmM])?$/.exec(text.trim());
  if (found?.[1] === undefined) return undefined;
  const factor = { k: 1e3, m: 1e6 }[found[2]?.toLowerCase() ?? ''] ?? 1;
  return Number(found[1].replaceAll(',', '')) * factor;
}
