/** Text of an agent as one printable line. */

/** Whitespace runs become one blank, control characters and terminal escapes are dropped, the rest is cut to `limit` characters. */
export function oneLine(text: string, limit = 160): string {
  const line = text
    .slice(0, limit * 8)
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** The first line of a text that says something; '' when there is none. */
export function firstLine(text: string, limit = 160): string {
  const found = /\S[^\n]*/.exec(text.slice(0, 64 * 1024));
  return found === null ? '' : oneLine(found[0], limit);
}
