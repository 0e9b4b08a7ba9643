/** `**VERIFY Phase 3 (non-blocking):**` and its bullets; `**pipeline-start:** when 1.3 completes` on a line of its own. */
import type { StatedList } from './draft.js';
import { offsetAt, type InlineText } from './inline.js';

/** The head of a verification: which phase it names, whether others wait for it, and what stands behind the colon. */
export interface VerifyHead {
  readonly phase: string | undefined;
  readonly blocking: boolean;
  readonly text: string;
}

const head = /^[\s*_`]{0,6}VERIFY\b([^:：\n]{0,120})(?:[:：]|$)[\s*_]{0,6}/i;

/** Reads a VERIFY line; undefined for prose such as “Verify that …”. `heading` lets the colon be left out. */
export function verifyHead(text: string, heading = false): VerifyHead | undefined {
  const match = head.exec(text.slice(0, 200));
  if (!match) return undefined;
  const between = match[1] ?? '';
  const loud = /^[\s*_`]{0,6}VERIFY/.test(text);
  const bold = /^\s{0,6}(?:\*\*|__)/.test(text);
  const colon = /[:：][\s*_]{0,6}$/.test(match[0]);
  if (!heading && !(colon && (loud || bold)) && !(bold && loud)) return undefined;
  const named = /^\s{0,3}(?:phase\s{0,3})?(\d{1,9}(?:\.\d{1,9})?[a-z]?)?(.*)$/i.exec(between.replace(/[*_`]/g, ''));
  const rest = (named?.[2] ?? '').trim();
  if (rest !== '' && !/^[\s()[\],–—-]*(?:(?:non-?blocking|blocking|background|async|manual|phase)[\s()[\],–—-]*)+$/i.test(rest))
    return undefined;
  return { phase: named?.[1], blocking: !/non-?blocking|background|async/i.test(rest), text: text.slice(match[0].length).trim() };
}

/** The condition of a `pipeline-start` line; undefined when the text is none. */
export function pipelineLine(inline: InlineText): StatedList | undefined {
  const match = /^[\s*_`]{0,6}pipeline[- ]start[\s*_`]{0,4}(?:[:：][\s*_`]{0,4}|\s(?=when|after|at|\d))/i.exec(inline.text.slice(0, 80));
  if (!match) return undefined;
  return { text: inline.text.slice(match[0].length), offset: offsetAt(inline, match[0].length) };
}
