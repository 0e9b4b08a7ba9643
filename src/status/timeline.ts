/** Bars over time, as text and as SVG: what happened in a run, and what a simulation predicts. */
import type { PlanId } from '../model/ids.js';
import type { RunState } from '../state/run-state.js';
import type { Paint } from './paint.js';
import { columnsOf, count, duration, fit, padEnd, printable } from './printable.js';

/** One bar. Times are seconds from the beginning of the drawing. */
export interface TimelineRow {
  readonly plan: PlanId;
  /** Task or verify as the drawing calls it, such as `2.3`. */
  readonly task: string;
  readonly start: number;
  readonly end: number;
  /** `passed` where nothing is said. `running`: its end is the moment of the drawing. */
  readonly state?: 'passed' | 'failed' | 'cancelled' | 'running' | undefined;
  /** On the longest path. */
  readonly critical?: boolean;
}

/** What a run's attempts did, oldest first; `now` ends the bars of those that still run (milliseconds since the epoch). */
export function timelineOf(state: RunState, now: number): TimelineRow[] {
  const rows: TimelineRow[] = [];
  for (const { node, attempts } of state.nodes) {
    for (const attempt of attempts) {
      const result = attempt.outcome?.result;
      rows.push({
        plan: node.plan,
        task: node.id.slice(node.plan.length + 1) + (attempt.number > 1 ? ` #${attempt.number}` : ''),
        start: Math.max(0, attempt.startedAt - state.startedAt) / 1000,
        end: Math.max(0, (attempt.endedAt ?? now) - state.startedAt) / 1000,
        state: result === undefined ? 'running' : result === 'lost' ? 'cancelled' : result,
      });
    }
  }
  return rows.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Sums that stand under a drawing. */
export interface TimelineSums {
  readonly makespan: number;
  /** Sum of all bars: what one after another would take. */
  readonly work: number;
  /** Most bars at once. */
  readonly widest: number;
}

/** The sums of the rows, in seconds. */
export function timelineSums(rows: readonly TimelineRow[]): TimelineSums {
  const edges = rows.flatMap(({ start, end }) => (end > start ? [[start, 1] as const, [end, -1] as const] : [])).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  let widest = 0;
  for (const [, step] of edges) widest = Math.max(widest, (now += step));
  return { makespan: Math.max(0, ...rows.map(({ end }) => end)), work: rows.reduce((sum, { start, end }) => sum + end - start, 0), widest };
}

/** Rows of one plan together, plans in the order of their first bar. */
function byPlan(rows: readonly TimelineRow[]): Map<PlanId, TimelineRow[]> {
  const groups = new Map<PlanId, TimelineRow[]>();
  for (const row of rows) {
    const group = groups.get(row.plan);
    if (group) group.push(row);
    else groups.set(row.plan, [row]);
  }
  for (const group of groups.values()) group.sort((a, b) => a.start - b.start || a.end - b.end);
  return groups;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The drawing as text, `columns` wide. Beyond `mostRows` bars the later ones of each plan are counted, not drawn. */
export function timelineText(rows: readonly TimelineRow[], columns: number, paint: Paint, mostRows = 200): string {
  if (rows.length === 0) return 'nothing has run yet';
  const { makespan, work, widest } = timelineSums(rows);
  const groups = byPlan(rows);
  const perPlan = Math.max(1, Math.floor(mostRows / groups.size));
  const labelRoom = Math.min(28, Math.max(...rows.map(({ task }) => columnsOf(printable(task)))) + 3);
  const timeRoom = duration(makespan * 1000).length + 2;
  const barRoom = Math.max(10, columns - labelRoom - timeRoom - 2);
  const scale = barRoom / Math.max(makespan, 1e-9);
  const lines = [`${' '.repeat(labelRoom)}${paint.dim(axis(makespan, barRoom))}`];
  for (const [plan, bars] of groups) {
    lines.push(paint.bold(printable(plan)));
    for (const row of bars.slice(0, perPlan)) {
      const label = padEnd(fit(`  ${printable(row.task)}`, labelRoom), labelRoom);
      lines.push(`${label}${bar(row, scale, barRoom, paint)} ${paint.dim(duration((row.end - row.start) * 1000))}`);
    }
    if (bars.length > perPlan) lines.push(paint.dim(`  … and ${bars.length - perPlan} more`));
  }
  const faster = makespan > 0 ? ` · ${(work / makespan).toFixed(2)} × one after another` : '';
  lines.push('', `${duration(makespan * 1000)} for ${duration(work * 1000)} of work${faster} · at most ${count(widest, 'task')} at once`);
  return lines.join('\n');
}

function bar(row: TimelineRow, scale: number, room: number, paint: Paint): string {
  const from = Math.min(room - 1, Math.floor(row.start * scale));
  const exact = Math.max(0.125, Math.min(row.end * scale, room) - from);
  const whole = Math.floor(exact);
  const part = eighths[Math.floor((exact - whole) * 8)] ?? '';
  const drawn = ('█'.repeat(whole) + part || '▏').slice(0, room - from);
  const colour = row.state === 'failed' ? paint.red : row.state === 'cancelled' ? paint.yellow : row.state === 'running' ? paint.cyan : row.critical ? paint.bold : paint.green;
  return ' '.repeat(from) + colour(drawn) + ' '.repeat(Math.max(0, room - from - drawn.length));
}

function axis(makespan: number, room: number): string {
  const ticks = Math.max(1, Math.floor(room / 12));
  let line = '';
  for (let tick = 0; tick < ticks; tick++) line = padEnd(line, Math.floor((tick * room) / ticks)) + `┆${duration((makespan * 1000 * tick) / ticks)}`;
  return fit(padEnd(line, room), room);
}

const rowHeight = 18;
const chartWidth = 960;
const labelWidth = 200;
const fills = { passed: '#3a8f5c', failed: '#c0392b', cancelled: '#c79a2b', running: '#2d7fb8' } as const;

/** The drawing as one self-contained SVG; every text of others is escaped. */
export function timelineSvg(rows: readonly TimelineRow[], title: string): string {
  const { makespan, work, widest } = timelineSums(rows);
  const groups = byPlan(rows);
  const scale = (chartWidth - labelWidth - 70) / Math.max(makespan, 1e-9);
  const parts: string[] = [];
  let y = 56;
  for (const [plan, bars] of groups) {
    parts.push(`<text x="8" y="${y + 13}" font-weight="600">${escapeXml(plan)}</text>`);
    y += rowHeight;
    for (const row of bars) {
      const width = Math.max(1, (row.end - row.start) * scale);
      const x = labelWidth + row.start * scale;
      const stroke = row.critical ? ' stroke="#111" stroke-width="1.5"' : '';
      parts.push(
        `<text x="20" y="${y + 13}" fill="#444">${escapeXml(fit(printable(row.task), 24))}</text>` +
          `<rect x="${x.toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="${rowHeight - 6}" rx="2" fill="${fills[row.state ?? 'passed']}"${stroke}>` +
          `<title>${escapeXml(`${plan}.${row.task}: ${row.start.toFixed(1)}s to ${row.end.toFixed(1)}s`)}</title></rect>` +
          `<text x="${(x + width + 4).toFixed(1)}" y="${y + 13}" fill="#777" font-size="10">${duration((row.end - row.start) * 1000)}</text>`,
      );
      y += rowHeight;
    }
  }
  const height = y + 16;
  const grid = gridLines(makespan, scale, height);
  const sums = `${duration(makespan * 1000)} for ${duration(work * 1000)} of work · at most ${count(widest, 'task')} at once`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${chartWidth}" height="${height}" viewBox="0 0 ${chartWidth} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="20" font-size="15" font-weight="600">${escapeXml(printable(title))}</text><text x="8" y="38" fill="#555">${escapeXml(sums)}</text>`,
    ...grid,
    ...parts,
    '</svg>',
  ].join('\n');
}

function gridLines(makespan: number, scale: number, height: number): string[] {
  const step = niceStep(makespan / 8);
  const lines: string[] = [];
  for (let at = 0; step > 0 && at <= makespan; at += step) {
    const x = (labelWidth + at * scale).toFixed(1);
    lines.push(`<line x1="${x}" y1="50" x2="${x}" y2="${height - 8}" stroke="#e4e4e4"/><text x="${x}" y="48" fill="#999" font-size="10">${duration(at * 1000)}</text>`);
  }
  return lines;
}

/** The smallest step on a clock's scale that is at least `least` seconds; 0 for nothing to divide. */
function niceStep(least: number): number {
  if (!(least > 0)) return 0;
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  return steps.find((step) => step >= least) ?? Math.ceil(least / 86400) * 86400;
}

/** Text for XML, controls left out. */
export function escapeXml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
