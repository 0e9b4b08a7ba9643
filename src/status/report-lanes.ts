/** The report's timeline: per plan as many lanes as it had attempts at once, drawn in per cent so that it fits any screen. */
import { duration } from './printable.js';
import type { RunReport } from './report.js';
import { spanText, timeText } from './report-words.js';
import type { TimelineRow } from './timeline.js';
import { escapeXml } from './timeline.js';

const laneHeight = 14;
/** More bars than an eye can tell apart are not drawn. */
const mostBars = 3000;

/** The drawing; '' where nothing ran. */
export function reportLanes(run: RunReport, timeZone: string): string {
  const { makespan, work, speedUp, widest } = run.sums;
  if (run.timeline.length === 0 || makespan <= 0) return '';
  const shown = run.timeline.slice(0, mostBars);
  const plans = run.plans.flatMap((plan) => {
    const rows = shown.filter((row) => row.plan === plan.id);
    return rows.length === 0 ? [] : [`<div class="lane"><span>${escapeXml(plan.id)}</span>${drawing(rows, makespan, run.startedAt, timeZone)}</div>`];
  });
  const left = run.timeline.length - shown.length;
  const sums = `${spanText(makespan * 1000)} for ${spanText(work * 1000)} of work: ${speedUp.toFixed(1)} times as fast as one after another, up to ${widest} at once`;
  return `<div class="lanes">${axis(run, timeZone)}${plans.join('')}</div><p class="legend">${escapeXml(sums)}${left > 0 ? ` · ${left} later bars are not drawn` : ''}</p>`;
}

/** Puts each row on the first lane that is free at its start. */
export function packLanes(rows: readonly TimelineRow[]): readonly (readonly [row: TimelineRow, lane: number])[] {
  const ends: number[] = [];
  return [...rows]
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map((row) => {
      const free = ends.findIndex((end) => end <= row.start);
      const lane = free < 0 ? ends.length : free;
      ends[lane] = row.end;
      return [row, lane];
    });
}

function drawing(rows: readonly TimelineRow[], makespan: number, startedAt: number, timeZone: string): string {
  const packed = packLanes(rows);
  const lanes = 1 + Math.max(...packed.map(([, lane]) => lane));
  const bars = packed.map(([row, lane]) => {
    const title = `${row.plan}.${row.task}: ${timeText(startedAt + row.start * 1000, timeZone)}, ${spanText((row.end - row.start) * 1000)}, ${row.state ?? 'passed'}`;
    return `<rect class="${row.state ?? 'passed'}" x="${share(row.start, makespan)}%" y="${lane * laneHeight + 1}" width="${share(Math.max(row.end - row.start, makespan / 500), makespan)}%" height="${laneHeight - 3}" rx="2"><title>${escapeXml(title)}</title></rect>`;
  });
  return `<svg height="${lanes * laneHeight}" role="img">${bars.join('')}</svg>`;
}

function axis(run: RunReport, timeZone: string): string {
  const { makespan } = run.sums;
  const marks = [0, 1, 2, 3, 4].map((quarter) => {
    const at = run.startedAt + (makespan * 1000 * quarter) / 4;
    const anchor = quarter === 0 ? 'start' : quarter === 4 ? 'end' : 'middle';
    const words = makespan < 600 ? duration((makespan * 1000 * quarter) / 4) : timeText(at, timeZone);
    return `<text x="${quarter * 25}%" y="11" text-anchor="${anchor}">${words}</text><line x1="${quarter * 25}%" x2="${quarter * 25}%" y1="15" y2="19"></line>`;
  });
  return `<svg height="20" aria-hidden="true">${marks.join('')}<line x1="0" x2="100%" y1="19" y2="19"></line></svg>`;
}

function share(part: number, whole: number): string {
  return ((part / whole) * 100).toFixed(2);
}
