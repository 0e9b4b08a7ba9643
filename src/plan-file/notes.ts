/** Execution notes as authors write them: `Tasks 2.1-2.3 are [SEQUENTIAL] - same file`, `Phases 1-3, 5 are [PARALLEL]`. */
import type { DraftNote, DraftPhase } from './draft.js';
import { offsetAt, type InlineText } from './inline.js';
import { quote, type Remarks } from './source.js';

const marker = /\[(SEQUENTIAL|PARALLEL)\b([^\]]{0,80})\]/gi;
const named = /(?:sub-?)?(tasks?|steps?|phases?)\s{1,3}(?=[T#\d]|phases?\s{1,3}\d)/gi;
const noteLabel = /^[\s*_>-]{0,8}execution\s{1,3}notes?\b/i;

/** Whether a text is labelled as an execution note. */
export function isExecutionNote(text: string): boolean {
  return noteLabel.test(text.slice(0, 60));
}

/** The orders that a note gives. A labelled note that gives none is reported; other prose with a mark only when it names tasks or phases. */
export function readNotes(inline: InlineText, phase: DraftPhase | undefined, remarks: Remarks): DraftNote[] {
  const found: DraftNote[] = [];
  const { masked } = inline;
  const labelled = isExecutionNote(masked);
  const marks = [...masked.matchAll(marker)];
  let from = 0;
  for (const [index, mark] of marks.entries()) {
    const mode = (mark[1] ?? '').toUpperCase() === 'PARALLEL' ? 'PARALLEL' : 'SEQUENTIAL';
    const after = mark.index + mark[0].length;
    const before = listBefore(masked, from, mark.index) ?? listAfter(masked, after, marks[index + 1]?.index ?? masked.length);
    const whole = labelled || /\b(?:all|these|this|every|following)\b/i.test(masked.slice(from, mark.index));
    if (before)
      found.push({
        what: before.what,
        mode,
        phase,
        list: { text: inline.text.slice(before.at, before.end), offset: offsetAt(inline, before.at) },
      });
    else if (whole && phase && /\b(?:tasks?|steps?|phase|everything|items?)\b/i.test(masked.slice(from, mark.index))) {
      found.push({ what: 'here', mode, phase, list: { text: '', offset: offsetAt(inline, mark.index) } });
    } else if (labelled) {
      remarks.warn(
        'unclear-note',
        `${quote(mark[0])} in this note names no task and no phase`,
        offsetAt(inline, mark.index),
        offsetAt(inline, after),
        'write “Tasks 2.1-2.3 are [SEQUENTIAL]” or “Phases 1-3 are [PARALLEL]”',
      );
    }
    if ((mark[2] ?? '').trim() !== '') {
      remarks.warn(
        'unclear-note',
        `${quote(mark[2] ?? '')} inside the brackets was not taken`,
        offsetAt(inline, mark.index),
        offsetAt(inline, after),
        `write [${mode}] and say the rest with (depends: …)`,
      );
    }
    from = after;
  }
  if (labelled && marks.length === 0) {
    const text = inline.text.replace(/^[^:：]{0,60}[:：][\s*_]*/, '');
    if (text.trim() !== '')
      remarks.warn(
        'note-not-taken',
        `this execution note has no [SEQUENTIAL] or [PARALLEL], so it orders nothing: ${quote(text)}`,
        offsetAt(inline, 0),
        undefined,
        'write “Tasks 2.1-2.3 are [SEQUENTIAL]”, or (depends: …) on the tasks',
      );
  }
  return found;
}

interface List {
  readonly what: 'tasks' | 'phases';
  readonly at: number;
  readonly end: number;
}

const verb = /\s(?:are|is|run|runs|must|should|can|may|need|needs|have|has|will|execute|executed|be)(?!\w)/i;

/** The last list of tasks or phases before a mark. */
function listBefore(text: string, from: number, to: number): List | undefined {
  const segment = text.slice(from, to);
  const all = [...segment.matchAll(named)];
  let last = all.at(-1);
  // “Tasks 2.1-2.3 of phase 2 are …”: the tasks are meant. “Phases 1-2 and Phase 4 are …”: the list began earlier.
  while (last && all.length > 1) {
    const earlier = all.at(-2);
    const between = earlier ? segment.slice(earlier.index, last.index) : '';
    if (!earlier || verb.test(between) || /[.;](?:\s|$)/.test(between)) break;
    all.pop();
    last = earlier;
  }
  if (!last) {
    const bare = /(?:^|[\s*:])(?=(?:T\d|\d{1,9}\.\d))[^:]{0,2000}$/.exec(segment.slice(-2000));
    if (!bare) return undefined;
    const at = to - bare[0].length;
    return { what: 'tasks', at, end: at + cut(text.slice(at, to)) };
  }
  const at = from + last.index + last[0].length;
  const words = segment.slice(Math.max(0, last.index - 24), last.index);
  const tail = text.slice(at, to);
  const end = at + cut(tail);
  const phases = (last[1] ?? '').toLowerCase().startsWith('phase');
  if (
    phases &&
    (/\b(?:tasks?|steps?)\s{1,3}(?:in|of|from|under)\s{1,3}$/i.test(words) || /^[\d\s.,&-]{1,40}(?:'s)?\s{0,3}tasks?\b/i.test(tail))
  ) {
    return { what: 'tasks', at: from + last.index, end: Math.min(end, at + (/\btasks?\b/i.exec(tail)?.index ?? tail.length)) };
  }
  return { what: phases ? 'phases' : 'tasks', at, end };
}

function listAfter(text: string, from: number, to: number): List | undefined {
  const segment = text.slice(from, Math.min(to, from + 2000));
  const match = /^[\s:*_–—-]{0,8}(?:(?:sub-?)?(tasks?|steps?|phases?)[\s:]{1,3})?(?=[T#\d])/i.exec(segment);
  if (!match) return undefined;
  const at = from + match[0].length;
  const what = (match[1] ?? '').toLowerCase().startsWith('phase') ? 'phases' : 'tasks';
  return { what, at, end: at + cut(text.slice(at, from + segment.length)) };
}

/** How much of a text is a list: up to the verb, the dash with the reason, or the sentence's end. */
function cut(text: string): number {
  const ends = [
    verb.exec(text)?.index,
    /\s[-–—]\s(?!\d)/.exec(text)?.index,
    /[.;:(](?:\s|$)/.exec(text)?.index,
    text.indexOf('(') < 0 ? undefined : text.indexOf('('),
  ];
  return Math.min(text.length, ...ends.filter((end) => end !== undefined));
}
