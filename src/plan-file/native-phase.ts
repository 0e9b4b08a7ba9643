/** The parts of a native phase that stand beside its tasks: its heading, and the verifications bound to it. */
import { readAnnotations, withoutSpans } from './annotations.js';
import { draftPhase, type DraftPhase } from './draft.js';
import { offsetAt, plain, type InlineText } from './inline.js';
import type { HeadingBlock } from './markdown-blocks.js';
import type { LineIndex } from './markdown-lines.js';
import { quote, type Remarks } from './source.js';

/** `## Phase 2: Name [PARALLEL] (depends: phase1)` as a phase without tasks; `named` is what its words say. */
export function phaseOfHeading(heading: HeadingBlock, inline: InlineText, named: { readonly id: string; readonly rest: number }, remarks: Remarks): DraftPhase {
    const annotations = readAnnotations(inline, remarks, 'phase');
    const spans = annotations.spans
      .filter((span) => span.at >= named.rest)
      .map((span) => ({ at: span.at - named.rest, end: span.end - named.rest }));
    const name = withoutSpans(inline.text.slice(named.rest), spans);
    const marks = [...name.matchAll(/\[(PARALLEL|SEQUENTIAL)\]/gi)].map((mark) => (mark[1] ?? '').toUpperCase());
    for (const mark of inline.masked.matchAll(/\[(PARALLEL|SEQUENTIAL)\s[^\]]{0,80}\]/gi)) {
      remarks.warn(
        'unclear-mark',
        `${quote(mark[0])} was not understood`,
        offsetAt(inline, mark.index),
        offsetAt(inline, mark.index + mark[0].length),
        'write [PARALLEL] or [SEQUENTIAL] alone, and (depends: phase1) for what it waits for',
      );
    }
    const title = plain(name.replace(/\[(?:PARALLEL|SEQUENTIAL)\]/gi, ' ')).replace(/[*_`]+$/, '');
    const phase = draftPhase(named.id, title.trim(), heading.start, heading.end, marks.includes('SEQUENTIAL') ? 'file' : 'free');
    phase.parallel = marks.includes('PARALLEL');
    for (const list of annotations.depends) phase.depends.push(list);
    phase.pipelineStart = annotations.pipelineStart;
  return phase;
}

/** A `**VERIFY Phase 3:**` block on its way to its phase. */
export interface Verify {
  readonly phase: DraftPhase | string | undefined;
  readonly blocking: boolean;
  readonly criteria: string[];
  script: string | undefined;
  /** Some of its bullets have ids: they are tasks that verify. */
  tasks: boolean;
  readonly offset: number;
  /** Blocks with this parent that follow at once belong to it. */
  readonly parent: number;
}

/** Gives every verification to the phase that it names. */
export function bindVerifies(verifies: readonly Verify[], phases: readonly DraftPhase[], lines: LineIndex, remarks: Remarks): void {
    const byId = new Map([...phases].reverse().map((one) => [one.id, one]));
    for (const verify of verifies) {
      const phase = typeof verify.phase === 'string' ? byId.get(verify.phase) : verify.phase;
      if (!phase) {
        remarks.warn(
          'unknown-phase',
          `this VERIFY names no phase of this file`,
          verify.offset,
          undefined,
          'write “**VERIFY Phase 3:**” with the number of a phase',
        );
        continue;
      }
      const empty = verify.criteria.length === 0 && verify.script === undefined;
      if (empty && verify.tasks) continue;
      if (empty)
        remarks.warn(
          'empty-verify',
          'this VERIFY has neither criteria nor an sh block',
          verify.offset,
          undefined,
          'put bullets or a fenced sh block under it',
        );
      const { blocking, script, criteria } = verify;
      phase.verifies.push({
        blocking,
        criteria,
        ...(script === undefined ? {} : { script }),
        place: lines.place(verify.offset),
      });
    }
  }

/** The id that a further task of a phase would have. */
export function nextId(phase: DraftPhase): string {
  const last = phase.tasks.findLast((task) => !task.parent && task.kind === 'task')?.id;
  const number = /^(.*\.)(\d{1,9})$/.exec(last ?? '');
  return number ? `${number[1]}${Number(number[2]) + 1}` : `${phase.id}.1`;
}

/** The phases without those that only announce one of the same number that has the tasks. */
export function withoutAnnouncements(phases: readonly DraftPhase[]): DraftPhase[] {
  const filled = new Set(phases.filter((phase) => phase.tasks.length > 0).map((phase) => phase.id));
  return phases.filter((phase) => phase.tasks.length > 0 || phase.verifies.length > 0 || phase.depends.length > 0 || !filled.has(phase.id));
}
