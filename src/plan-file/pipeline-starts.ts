/** `**pipeline-start:** when 1.3 completes` on a line of its own: which phase it opens early. */
import type { DraftPhase, StatedList } from './draft.js';
import type { Remarks } from './source.js';

/** Holds a line until it is known whether tasks or another phase follow it. */
export class PipelineStarts {
  private readonly remarks: Remarks;
  private pending: { readonly list: StatedList; readonly under: DraftPhase | undefined; readonly tasks: number } | undefined;

  constructor(remarks: Remarks) {
    this.remarks = remarks;
  }

  /** Takes a line up that stands under a phase, or before the first one. */
  take(list: StatedList, under: DraftPhase | undefined): void {
    this.bind(undefined);
    this.pending = { list, under, tasks: under?.tasks.length ?? 0 };
  }

  /** A line belongs to the phase it stands under; after that phase's last task to the `next`, which is undefined at the file's end. */
  bind(next: DraftPhase | undefined): void {
    const { pending } = this;
    if (!pending) return;
    this.pending = undefined;
    const { under, list } = pending;
    const end = list.offset + list.text.length;
    const after = under !== undefined && pending.tasks > 0 && under.tasks.length === pending.tasks;
    const target = under === undefined || (after && next) ? next : after ? undefined : under;
    if (!target)
      this.remarks.warn(
        'pipeline-start-without-phase',
        'no phase follows this pipeline-start',
        list.offset,
        end,
        'put it under the heading of the phase that may start early',
      );
    else if (target.pipelineStart)
      this.remarks.warn('second-pipeline-start', `phase ${target.id} has a pipeline-start already`, list.offset, end, 'remove one of them');
    else target.pipelineStart = list;
  }
}
