/** `## Phase 2: Name` in its spellings and languages. */

/** Words for “phase” as the source of a regular expression. */
export const phaseWords = 'phasen?|phases|fases?|faza|fáze|fas|faasi|etapas?|étapes?|этап|фаза|フェーズ|フェイズ|阶段|階段|段階|단계|페이즈|giai đoạn|tahap';

const named = new RegExp(
  `^[^\\p{L}\\p{N}[(]{0,8}(?:${phaseWords})\\s{0,3}(\\d{1,9}(?:\\.\\d{1,9})?[a-z]?|[一二三四五六七八九十])(?![\\w.]\\w)(?:(\\s{0,3}[*_\`]{0,3}\\s{0,3}(?:[:：.]|[-–—](?=\\s|$)|[-–—](?=\\p{Lu}))\\s{0,3})|[\\s*_\`]{0,4})`,
  'iu',
);
const ordinal = /^[^\p{L}\p{N}[(]{0,8}第\s?(\d{1,4}|[一二三四五六七八九十])\s?(?:阶段|階段|フェーズ|段階|期)(\s{0,3}[:：.、\-–—]\s{0,3}|\s{1,3})?/u;
const numerals = '一二三四五六七八九十';

/** A heading that begins a phase: its number and where its name begins; undefined for other headings. */
export function phaseHeading(text: string): { id: string; rest: number; separated: boolean } | undefined {
  const head = text.slice(0, 200);
  const match = named.exec(head) ?? ordinal.exec(head);
  const number = match?.[1];
  if (!match || number === undefined) return undefined;
  const id = numerals.includes(number) ? String(numerals.indexOf(number) + 1) : number.replace(/^0+(?=\d)/, '');
  return { id, rest: match[0].length, separated: match[2] !== undefined };
}

/** The name of a phase that has no task of its own: `## 2. Name`, `## Task 2: Name` or `## Phase 2 — Name` above its leaves. */
export function headingOf(id: string, headings: readonly string[]): string {
  for (const heading of headings) {
    const named = phaseHeading(heading);
    if (named?.id === id) return heading.slice(named.rest).trim();
    const numbered = /^(?:(?:task|wave|stage|milestone|sprint|batch|part|group)\s{1,3})?(\d{1,4})(?:[.:：)]|\s[-–—])?\s{1,3}(\S.*)$/iu.exec(heading);
    if (numbered?.[1] === id) return numbered[2] ?? '';
  }
  return '';
}
