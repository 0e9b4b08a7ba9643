import { viewRun, type PlanRow } from '../../src/status/view.js';
import { plainPaint } from '../../src/status/paint.js';
import { statusText } from '../../src/status/text.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { orchestrationOf, settingsOf } from '../graph/orchestration-of.js';
import { commit, ToldRun } from './run.js';

const founding = orchestrationOf({
  A: { phases: [{ tasks: ['1.1', '1.2'] }, { tasks: ['2.1'] }] },
  B: { depends: ['A.phase1'], phases: [{ tasks: ['1.1'] }] },
  C: { phases: [{ tasks: ['1.1'] }] },
});

function rows(run: ToldRun): Record<string, PlanRow> {
  return Object.fromEntries(viewRun(run.state, { now: run.now }).plans.map((plan) => [plan.id, plan]));
}

describe('what a row says of its plan', () => {
  test('plans stand in manifest order and name what they wait for in names that people know', () => {
    const run = new ToldRun(founding);
    const view = viewRun(run.state, { now: run.now });
    expect(view.plans.map(({ id }) => id)).toEqual(['A', 'B', 'C']);
    expect(rows(run)['B']).toMatchObject({ status: 'waiting', reasons: [{ kind: 'waits-for', nodes: ['A.phase1'], more: 0 }] });
  });

  test('a running task is shown with its phase, attempt and since when', () => {
    const run = new ToldRun(founding).open('A').start('A.1.1');
    expect(rows(run)['A']).toMatchObject({ status: 'running', phase: { id: '1' }, running: [{ node: 'A.1.1', attempt: 1, startedAt: 1_003_000 }], tasks: { total: 3, running: 1 } });
  });

  test('a failed task fails its plan and blocks what rests on it, by name', () => {
    const run = new ToldRun(founding).open('A').start('A.1.1').fail('A.1.1').start('A.1.2').pass('A.1.2');
    const { A, B, C } = rows(run);
    expect(A).toMatchObject({ status: 'failed', failures: [{ node: 'A.1.1', attempts: 1, reason: 'exit', exitCode: 1, note: 'it broke' }] });
    expect(B).toMatchObject({ status: 'blocked', reasons: [{ kind: 'blocked-by', nodes: ['A.1.1'] }] });
    expect(C).toMatchObject({ status: 'ready' });
  });

  test('what was ended with the run has not failed: it runs again, and others wait for it; what did fail still blocks', () => {
    const run = new ToldRun(founding).open('A').start('A.1.1').start('A.1.2');
    run.tell({ kind: 'attempt.finished', node: 'A.1.1', attempt: 1, outcome: { result: 'cancelled', reason: 'interrupted' } });
    run.tell({ kind: 'attempt.finished', node: 'A.1.2', attempt: 1, outcome: { result: 'cancelled', reason: 'request' } });
    run.tell({ kind: 'run.finished', outcome: 'interrupted' });
    const { A, B } = rows(run);
    expect(A).toMatchObject({ status: 'ready', reasons: [{ kind: 'cancelled', ended: true }], tasks: { blocked: 0, failed: 0 } });
    expect(B).toMatchObject({ status: 'waiting', reasons: [{ kind: 'waits-for', nodes: ['A.1.1', 'A.1.2'] }], tasks: { blocked: 0 } });
    const text = statusText(viewRun(run.state, { now: run.now, goOn: 'plan orchestrate-multi ../m.yml' }), { columns: 100, paint: plainPaint });
    expect(text).toMatch(/A {2}.*was ended with the run, and runs again when that goes on/);
    expect(text).not.toMatch(/failed|blocked/);
    expect(text).toContain('→ plan orchestrate-multi ../m.yml   goes on from here');
    const mixed = new ToldRun(founding).open('A').start('A.1.1').fail('A.1.1').start('A.1.2');
    mixed.tell({ kind: 'attempt.finished', node: 'A.1.2', attempt: 1, outcome: { result: 'cancelled', reason: 'interrupted' } });
    expect(rows(mixed)['B']).toMatchObject({ status: 'blocked' });
  });

  test('counts of a plan add up whatever happens', () => {
    const run = new ToldRun(founding).open('A').start('A.1.1').fail('A.1.1').start('A.1.2').pass('A.1.2').open('C').start('C.1.1');
    for (const { tasks } of Object.values(rows(run))) expect(tasks.done + tasks.running + tasks.ready + tasks.waiting + tasks.blocked + tasks.failed).toBe(tasks.total);
  });

  test('what a process says it does now is shown until the attempt ends', () => {
    const run = new ToldRun(founding).open('A').start('A.1.1');
    const view = viewRun(run.state, { now: run.now, doing: new Map([['A.1.1', 'runs the tests']]) });
    expect(statusText(view, { columns: 100, paint: plainPaint })).toContain('A.1.1 1.1 — runs the tests');
  });

  test('complete, then landed', () => {
    const run = new ToldRun(founding).open('C').start('C.1.1').pass('C.1.1', commit('c'));
    run.tell({ kind: 'phase.published', plan: 'C', phase: '1', generation: 1, commit: commit('c') }, { kind: 'plan.completed', plan: 'C', commit: commit('c') });
    expect(rows(run)['C']).toMatchObject({ status: 'complete', published: [{ phase: '1', generation: 1, commit: commit('c') }] });
    run.tell({ kind: 'target.advanced', plans: ['C'], from: commit('a'), to: commit('d') });
    expect(rows(run)['C']).toMatchObject({ status: 'landed' });
  });
});

describe('what keeps a complete plan out of the target is said', () => {
  const complete = (run: ToldRun, plan: string, task: `${string}.${string}`): ToldRun =>
    run.open(plan).start(task).pass(task, commit('c')).tell({ kind: 'phase.published', plan, phase: '1', generation: 1, commit: commit('c') }, { kind: 'plan.completed', plan, commit: commit('c') });
  const phaseOfA = (run: ToldRun): ToldRun =>
    run.open('A').start('A.1.1').pass('A.1.1').start('A.1.2').pass('A.1.2').tell({ kind: 'phase.published', plan: 'A', phase: '1', generation: 1, commit: commit('b') });
  const each = { ...founding, settings: settingsOf({ landing: { ...settingsOf().landing, mode: 'each' } }) };
  const landing = { ...settingsOf().landing };

  interface Case {
    readonly name: string;
    readonly orchestration: Orchestration;
    readonly told: (run: ToldRun) => ToldRun;
    readonly holds: readonly object[];
    readonly words?: string;
  }

  const cases: readonly Case[] = [
    { name: 'nothing, while the others only take their time', orchestration: founding, told: (run) => complete(run, 'C', 'C.1.1'), holds: [] },
    { name: 'each: what it rests on has not landed', orchestration: each, told: (run) => complete(phaseOfA(run), 'B', 'B.1.1'), holds: [{ plan: 'B', by: ['A'], reason: 'order' }], words: 'complete · lands after A' },
    { name: 'each: what it rests on has failed', orchestration: each, told: (run) => complete(phaseOfA(run), 'B', 'B.1.1').start('A.2.1').fail('A.2.1'), holds: [{ plan: 'B', by: ['A'], reason: 'failed' }], words: 'complete · held back by A' },
    { name: 'each: a failure elsewhere is nothing to it', orchestration: each, told: (run) => complete(run, 'C', 'C.1.1').open('A').start('A.1.1').fail('A.1.1'), holds: [] },
    { name: 'all or nothing: any failure', orchestration: founding, told: (run) => complete(run, 'C', 'C.1.1').open('A').start('A.1.1').fail('A.1.1'), holds: [{ plan: 'C', by: ['A'], reason: 'failed' }], words: 'complete · held back by A' },
    { name: 'the rest is to land: only what it rests on', orchestration: { ...founding, settings: settingsOf({ landing: { ...landing, onFailure: 'land-rest' } }) }, told: (run) => complete(run, 'C', 'C.1.1').open('A').start('A.1.1').fail('A.1.1'), holds: [] },
    { name: 'nobody lands anything by itself', orchestration: { ...founding, settings: settingsOf({ landing: { ...landing, mode: 'manual' } }) }, told: (run) => complete(run, 'C', 'C.1.1').open('A').start('A.1.1').fail('A.1.1'), holds: [] },
  ];

  test.each(cases)('$name', ({ orchestration, told, holds, words }) => {
    const run = told(new ToldRun(orchestration));
    const view = viewRun(run.state, { now: run.now });
    expect(view.landing.holds).toEqual(holds);
    const text = statusText(view, { columns: 120, paint: plainPaint });
    if (words === undefined) expect(text).not.toMatch(/lands after|held back/);
    else expect(text).toContain(words);
  });
});

test('a run that nobody works on is stopped, and time stands still in it', () => {
  const run = new ToldRun(founding).open('A').start('A.1.1');
  const view = viewRun(run.state, { now: run.now + 3_600_000, live: false });
  expect(view).toMatchObject({ state: 'stopped', at: 1_003_000 });
});

test('a picture is plain data: it survives JSON unchanged', () => {
  const run = new ToldRun(founding).open('A').start('A.1.1').fail('A.1.1');
  const view = viewRun(run.state, { now: run.now });
  expect(JSON.parse(JSON.stringify(view))).toEqual(view);
});
