import { plainPaint } from '../../src/status/paint.js';
import { columnsOf } from '../../src/status/printable.js';
import { timelineSums, timelineSvg, timelineText, type TimelineRow } from '../../src/status/timeline.js';

const rows: readonly TimelineRow[] = [
  { plan: 'A', task: '1.1', start: 0, end: 10 },
  { plan: 'B', task: '1.1', start: 5, end: 15, state: 'failed' },
  { plan: 'A', task: '1.2', start: 10, end: 20, state: 'running' },
];

test('sums: the span, the work in it, and how many ran at once; an end and a start at one instant do not meet', () => {
  expect(timelineSums(rows)).toEqual({ makespan: 20, work: 30, widest: 2 });
  expect(timelineSums([])).toEqual({ makespan: 0, work: 0, widest: 0 });
});

test('the text has a bar for each row at its place, plans together', () => {
  expect(timelineText(rows, 40, plainPaint).split('\n')).toEqual([
    '      ┆0ms         ┆10s          ',
    'A',
    '  1.1 █████████████▌              10s',
    '  1.2              ██████████████ 10s',
    'B',
    '  1.1       ██████████████▎       10s',
    '',
    '20s for 30s of work · 1.50 × one after another · at most 2 tasks at once',
  ]);
});

test('bars stay inside the terminal for any number of rows and any scale', () => {
  const many = Array.from({ length: 500 }, (_, index) => ({ plan: `p${index % 7}`, task: `${index}`, start: index / 1000, end: index / 1000 + 0.0001 }));
  for (const line of timelineText(many, 60, plainPaint).split('\n').slice(0, -1)) expect(columnsOf(line)).toBeLessThanOrEqual(60);
});

test('the SVG escapes what others wrote and holds a bar for each row', () => {
  const svg = timelineSvg([{ plan: '<script>&', task: '"1.1"', start: 0, end: 1 }], 'a <b> title');
  expect(svg).not.toMatch(/<script>|<b>/);
  expect(svg.match(/<rect x=/g)).toHaveLength(1);
});

test('nothing to draw is said', () => {
  expect(timelineText([], 80, plainPaint)).toBe('nothing has run yet');
});
