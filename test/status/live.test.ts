import { liveObserver } from '../../src/status/live.js';
import { plainPaint } from '../../src/status/paint.js';
import { columnsOf } from '../../src/status/printable.js';
import { orchestrationOf } from '../graph/orchestration-of.js';
import { commit, ToldRun } from './run.js';
import { Sink } from './sink.js';

/** What stands on the screen in the end: lines that were erased again are gone. */
function screenOf(written: string): string[] {
  const lines = [''];
  for (const part of written.split(/(\u001b\[[0-9;?]*[A-Za-z]|\n)/)) {
    if (part === '\n') lines.push('');
    else if (/^\u001b\[\d*A$/.test(part)) lines.splice(Math.max(0, lines.length - 1 - Number(/\d+/.exec(part)?.[0] ?? 1)) + 1);
    else if (/^\u001b\[2K$/.test(part)) lines[lines.length - 1] = '';
    else if (!part.startsWith('\u001b')) lines[lines.length - 1] += part;
  }
  return lines.filter((line) => line.trim() !== '');
}

/** A clock that goes on by itself, so that every look may take a new picture. */
const clock = { now: ((): (() => number) => ((time) => () => (time += 1000))(1_000_000))(), after: () => () => undefined };

function watched(columns: number, rows: number, plans: number, footer: readonly string[] = []): { run: ToldRun; out: Sink; tell: (deed: (run: ToldRun) => unknown) => void; close: () => Promise<void> } {
  const names = Array.from({ length: plans }, (_, index) => `p${index}`);
  const run = new ToldRun(orchestrationOf(Object.fromEntries(names.map((name) => [name, { phases: [{ tasks: [{ id: '1.1', title: 'A \u001b[31mtitle\u0007 \u7ffb\u8a33' }] }] }]))));
  const out = new Sink(columns, rows);
  const screen = { stdout: out as unknown as NodeJS.WriteStream, stderr: new Sink(columns, rows) as unknown as NodeJS.WriteStream, columns: () => out.columns, rows: () => out.rows };
  const observer = liveObserver(screen, clock, plainPaint, { footer: () => footer });
  const tell = (deed: (run: ToldRun) => unknown): void => {
    const before = run.entries.length;
    deed(run);
    for (const entry of run.entries.slice(before)) observer.entry(entry, run.state);
  };
  return { run, out, tell, close: () => observer.close() };
}

test('the last picture stays on the screen, the cursor comes back, and what ran is no longer drawn', async () => {
  const { out, tell, close } = watched(80, 24, 2);
  tell((run) => run.open('p0').start('p0.1.1'));
  tell((run) => run.pass('p0.1.1', commit('c')).tell({ kind: 'phase.published', plan: 'p0', phase: '1', generation: 1, commit: commit('c') }, { kind: 'plan.completed', plan: 'p0', commit: commit('c') }));
  tell((run) => run.tell({ kind: 'run.finished', outcome: 'failed' }));
  await close();
  const screen = screenOf(out.text);
  expect(screen[0]).toMatch(/^manifest\.yml → main · not all landed after/);
  expect(screen[1]).toMatch(/^ {2}✔ p0 {2}1\/1 {2}complete/);
  expect(screen[2]).toMatch(/^ {2}· p1 {2}0\/1/);
  expect(out.text).toContain('\u001b[?25h');
});

test('no title reaches the terminal as a command, and no line is wider than it', async () => {
  const { out, tell, close } = watched(50, 24, 3);
  tell((run) => run.open('p0').start('p0.1.1'));
  tell((run) => run.fail('p0.1.1', 1, 'clear \u001b[2J the screen'));
  await close();
  expect(out.text).not.toMatch(/\u001b\[31m|\u001b\[2J|\u0007/);
  for (const line of screenOf(out.text)) expect(columnsOf(line)).toBeLessThanOrEqual(50);
});

test('forty plans on a screen of twelve lines: what is drawn while it runs fits', async () => {
  const { out, tell, close } = watched(80, 12, 40);
  tell((run) => run.open('p7').start('p7.1.1'));
  await new Promise((resolve) => setImmediate(resolve));
  await close();
  // Every redraw erases what the one before drew: none erased more than the screen has.
  const erased = [...out.text.matchAll(/(?:\u001b\[2K\u001b\[1A)+/g)].map(([run]) => run.length / '\u001b[2K\u001b[1A'.length);
  for (const lines of erased) expect(lines).toBeLessThanOrEqual(12);
  expect(screenOf(out.text).length).toBeGreaterThan(40);
});

test('a line below the picture is broken before the terminal breaks it, and counted', async () => {
  const { out, tell, close } = watched(40, 16, 1, ['stopping: nothing new starts, what runs may end; Ctrl-C again stops it']);
  tell((run) => run.open('p0').start('p0.1.1'));
  while (!out.text.includes('Ctrl-C')) await new Promise((resolve) => setTimeout(resolve, 10));
  await close();
  const drawn = out.text.split(/\r?\n|\u001b\[[0-9;?]*[A-Za-z]/).filter((line) => line.trim() !== '');
  expect(drawn.some((line) => line.includes('Ctrl-C'))).toBe(true);
  for (const line of drawn) expect(columnsOf(line)).toBeLessThan(40);
});

test('a terminal that grows while it runs is used as wide as it is', async () => {
  const { out, tell, close } = watched(40, 16, 1, ['a line below that is wider than the screen was when the run began, and no wider than it is']);
  tell((run) => run.open('p0').start('p0.1.1'));
  while (!out.text.includes('a line below')) await new Promise((resolve) => setTimeout(resolve, 10));
  out.columns = 120;
  while (!out.text.includes('wider than the screen was when the run began, and no wider')) await new Promise((resolve) => setTimeout(resolve, 10));
  await close();
});
