/** `## Phase 2: Name` in its spellings. */

/** A heading that begins a phase: its number and where its name begins; undefined for other headings. */
export function phaseHeading(text: string): { id: string; rest: number; separated: boolean } | undefined {
  const match =
    /^[^\p{L}\p{N}[(]{0,8}phase\s{0,3}(\d{1,9}(?:\.\d{1,9})?[a-z]?)(?![\w.]\w)(?:(\s{0,3}[*_`]{0,3}\s{0,3}(?:[:：.]|[-–—](?=\s|$)|[-–—](?=\p{Lu}))\s{0,3})|[\s*_`]{0,4})/iu.exec(
      text.slice(0, 200),
    );
  if (!match?.[1]) return undefined;
  return { id: match[1].replace(/^0+(?=\d)/, ''), rest: match[0].length, separated: match[2] !== undefined };
}
