import { fc } from '../rig/property.js';
import { plainPaint } from '../../src/status/paint.js';
import { columnsOf } from '../../src/status/printable.js';
import { nextSteps, planLines, statusText } from '../../src/status/text.js';
import type { PlanRow, PlanStatus } from '../../src/status/view.js';
import { counts, planRow, runView } from './views.js';

const paint = plainPaint;

function lines(plans: readonly PlanRow[], columns = 80): string[] {
  return statusText(runView(plans), { columns, paint }).split('\n');
}

describe('the picture of a run', () => {
  const plans = [
    planRow('A', {
      status: 'running',
      phase: { id: '2', title: 'Build' },
      running: [{ node: 'A.2.1', title: 'Write the door', kind: 'task', attempt: 1, startedAt: 1_060_000, byHand: false, committing: false }],
      tasks: counts({ total: 4, done: 2, running: 1, waiting: 1 }),
      elapsedMs: 64_000,
    }),
    planRow('B', { reasons: [{ kind: 'waits-for', nodes: ['A.phase2'], more: 0 }] }),
    planRow('C', { status: 'complete', tasks: counts({ total: 2, done: 2 }), elapsedMs: 3000 }),
  ];

  test('says for each plan, in manifest order, what it does or waits for', () => {
    expect(lines(plans)).toEqual([
      'manifest.yml → main · running 1m05s · 4/9 tasks · 1 running',
      '  ▶ A  2/4  phase 2 · A.2.1 Write the door                                 1m04s',
      '  · B  0/3  waits for A.phase2',
      '  ✔ C  2/2  complete                                                        3.0s',
    ]);
  });

  test('several tasks of one plan get a line each', () => {
    const running = ['A.2.1', 'A.2.2'].map((node) => ({ node, title: `Title of ${node}`, kind: 'task' as const, attempt: 1, startedAt: 1_060_000, byHand: false, committing: false }));
    expect(lines([planRow('A', { status: 'running', phase: { id: '2', title: '' }, running, tasks: counts({ total: 2, running: 2 }) })]).slice(1)).toEqual([
      '  ▶ A  0/2  phase 2 · 2 running',
      '      ▸ A.2.1 Title of A.2.1                                                5.0s',
      '      ▸ A.2.2 Title of A.2.2                                                5.0s',
    ]);
  });

  test('a failure is named with its reason and its last words, and the next command is offered', () => {
    const plan = planRow('A', {
      status: 'failed',
      tasks: counts({ total: 1, failed: 1 }),
      failures: [{ node: 'A.1.1', title: 'Break', attempts: 2, reason: 'exit', exitCode: 7, note: 'no such\u001b[2J file' }],
    });
    expect(lines([plan]).slice(1)).toEqual(['  ✖ A  0/1  failed', '      A.1.1 exit 7 after 2 attempts: no such?[2J file', '', '→ plan logs A.1.1   then   plan retry A.1.1']);
  });

  test.each<[PlanStatus, Partial<PlanRow>, string]>([
    ['blocked', { reasons: [{ kind: 'blocked-by', nodes: ['A.1.1'], more: 0 }] }, 'blocked: A.1.1 failed'],
    ['paused', { reasons: [{ kind: 'paused', plan: 'B' }] }, 'paused · plan B is paused'],
    ['conflict', { conflict: { input: 'A.phase1', files: ['src/a.ts'] } }, 'conflict with A.phase1 in src/a.ts'],
    ['refused', { refused: { kind: 'person', code: 'branch-busy', message: 'the branch is checked out elsewhere' } }, 'needs a person: the branch is checked out elsewhere'],
    ['ready', { reasons: [{ kind: 'limit', limit: 'tasks' }] }, 'waits for a free place (limits.tasks)'],
    ['waiting', { reasons: [{ kind: 'pool', pool: 'file:src/a.ts', heldBy: ['A.1.1'] }] }, 'waits for the file src/a.ts (A.1.1)'],
    ['waiting', { reasons: [{ kind: 'back-off', until: 1_069_000 }] }, 'tries again in 4.0s'],
  ])('%s says why', (status, more, words) => {
    const [, line = ''] = lines([planRow('B', { status, ...more })]);
    expect(line.slice(line.indexOf('0/3') + 5)).toBe(words);
  });
});

test('thirty plans on a small screen: what moves or needs somebody is shown, the rest is summed up', () => {
  const plans = Array.from({ length: 30 }, (_, index) => planRow(`p${index}`, index === 20 ? { status: 'failed' } : index === 25 ? { status: 'running' } : index < 10 ? { status: 'landed' } : {}));
  const shown = planLines(runView(plans), { columns: 80, paint, planLines: 5 });
  expect(shown).toHaveLength(5);
  expect(shown.join('\n')).toMatch(/p20[\s\S]*p25/);
  expect(shown.at(-1)).toBe('  … and 26 more plans: 10 landed, 16 waiting');
});

test('no line is wider than the terminal, whatever titles, files and notes hold', () => {
  const text = fc.string({ unit: 'binary', maxLength: 80 });
  fc.assert(
    fc.property(text, text, fc.integer({ min: 20, max: 120 }), (title, note, columns) => {
      const plans = [
        planRow('A', { status: 'running', phase: { id: '1', title }, running: [{ node: 'A.1.1', title, kind: 'task', attempt: 2, startedAt: 0, byHand: false, committing: false, doing: note }], elapsedMs: 1e7 }),
        planRow('with-a-name-that-is-longer-than-most', { status: 'failed', failures: [{ node: 'B.1.1', title, attempts: 1, note }] }),
        planRow('C', { status: 'conflict', conflict: { input: 'A', files: [title, note] } }),
      ];
      const view = runView(plans, { manifest: title, landing: { ...runView([]).landing, landed: ['A'], refused: { kind: 'person', code: 'x', message: note, hint: title } } });
      for (const line of statusText(view, { columns, paint }).split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
    }),
    { numRuns: 200 },
  );
});

describe('next steps', () => {
  test('approval, a conflict at landing and a stopped run each name their command', () => {
    const landing = { ...runView([]).landing, awaitsApproval: ['A', 'C'], conflicts: [{ plan: 'B', with: 'A', files: ['f'] }] };
    expect(nextSteps(runView([], { landing, state: 'stopped' }))).toEqual(['plan resolve B', 'plan diff   then   plan land A C', 'plan orchestrate-multi manifest.yml   goes on from here']);
  });

  test('a run in which nothing is wrong asks for nothing', () => {
    expect(nextSteps(runView([planRow('A')]))).toEqual([]);
  });

  test('what was paused is resumed: a plan by its name, the run as a whole', () => {
    const paused = planRow('B', { status: 'paused', reasons: [{ kind: 'paused', plan: 'B' }] });
    expect(nextSteps(runView([planRow('A'), paused]))).toEqual(['plan resume B']);
    expect(nextSteps(runView([planRow('A'), paused], { state: 'paused' }))).toEqual(['plan resume']);
  });
});
