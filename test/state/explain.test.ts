/** Why a task does not go on, and what people's wishes make of tasks: tables on runs played by hand. */
import { explain } from '../../src/state/task-status.js';
import { nodeState, type NodeState } from '../../src/state/run-state.js';
import type { Event } from '../../src/model/event.js';
import { Stage } from '../scheduler/stage.js';
import type { SampleOptions, SamplePlan } from '../scheduler/sample.js';

const nodeOf = (stage: Stage, id: string): NodeState => nodeState(stage.state, id) as NodeState;
const why = (stage: Stage, id: string): readonly unknown[] => explain(stage.state, nodeOf(stage, id), stage.now);
const two: SamplePlan = { id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }] }] };
const chain: SamplePlan = { id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2', after: ['1.1'] }] }] };

describe('why a task does not go on', () => {
  test.each<[string, readonly SamplePlan[], SampleOptions, (stage: Stage) => void, string, readonly object[]]>([
    ['something before it is not done', [chain], {}, () => undefined, 'A.1.2', [{ kind: 'waits-for', nodes: ['A.1.1'], more: 0 }]],
    ['what is before it failed', [chain], {}, (stage) => stage.fail('A.1.1'), 'A.1.2', [{ kind: 'blocked-by', nodes: ['A.1.1'] }]],
    ['it was cancelled', [two], { limits: { tasks: 1 } }, (stage) => stage.tell({ kind: 'cancel.requested', nodes: ['A.1.2'] }), 'A.1.2', [{ kind: 'cancelled' }]],
    ['the plan was refused', [two], { limits: { tasks: 1 } }, (stage) => stage.tell({ kind: 'plan.refused', plan: 'A', failure: { kind: 'person', code: 'x', message: 'm' } }), 'A.1.2', [{ kind: 'plan-stopped', plan: 'A' }]],
    ['a plan before it was refused', [two, { id: 'B', depends: ['A'], phases: [{ tasks: [{ id: '1.1' }] }] }], { limits: { tasks: 1 } }, (stage) => stage.tell({ kind: 'plan.refused', plan: 'A', failure: { kind: 'person', code: 'x', message: 'm' } }), 'B.1.1', [{ kind: 'plan-stopped', plan: 'A' }]],
    ['the run and the plan are paused', [two], { limits: { tasks: 1 } }, (stage) => (stage.tell({ kind: 'pause.requested' }), stage.tell({ kind: 'pause.requested', plans: ['A'] })), 'A.1.2', [{ kind: 'paused' }, { kind: 'paused', plan: 'A' }, { kind: 'limit' }]],
    ['a person has the plan', [two], { limits: { tasks: 1 } }, (stage) => stage.tell({ kind: 'takeover.requested', plan: 'A', on: true }), 'A.1.2', [{ kind: 'taken-over', plan: 'A' }, { kind: 'limit' }]],
    ['a person has to do it', [two], { execution: { 'A.1.2': { executor: { kind: 'manual' } } } }, () => undefined, 'A.1.2', [{ kind: 'manual' }]],
    ['no attempt is free', [two], { limits: { tasks: 1 }, perPlan: 2 }, () => undefined, 'A.1.2', [{ kind: 'limit', limit: 'tasks' }]],
    ['its plan has enough attempts', [two], { perPlan: 1 }, () => undefined, 'A.1.2', [{ kind: 'limit', limit: 'per-plan' }]],
    ['enough plans are at work', [two, { id: 'B', phases: [{ tasks: [{ id: '1.1' }] }] }], { limits: { tasks: 9, plans: 1 } }, () => undefined, 'B.1.1', [{ kind: 'limit', limit: 'plans' }, { kind: 'opening' }]],
    ['the money is spent', [chain], { limits: { tasks: 1, cost: { amount: 1, currency: 'USD' } } }, (stage) => stage.end('A.1.1', { result: 'passed', usage: { cost: 2 } }), 'A.1.2', [{ kind: 'limit', limit: 'cost' }]],
    ['a pool is used up', [{ id: 'A', phases: [{ tasks: [{ id: '1.1', uses: { db: 1 } }, { id: '1.2', uses: { db: 1 } }] }] }], {}, () => undefined, 'A.1.2', [{ kind: 'pool', pool: 'db', heldBy: ['A.1.1'] }]],
    ['a pool pauses', [{ id: 'A', phases: [{ tasks: [{ id: '1.1', uses: { db: 1 } }, { id: '1.2', uses: { db: 1 } }] }] }], {}, (stage) => stage.end('A.1.1', { result: 'failed', reason: 'limit', limitedPool: 'db', limitedUntil: stage.now + 60_000 }), 'A.1.2', [{ kind: 'limited', pool: 'db' }]],
    ['it failed and has to wait', [chain], { execution: { 'A.1.1': { retries: 1 } } }, (stage) => stage.fail('A.1.1'), 'A.1.1', [{ kind: 'back-off' }]],
    ['its branch is not there yet', [two], { limits: { tasks: 0 } }, () => undefined, 'A.1.1', [{ kind: 'limit', limit: 'tasks' }, { kind: 'opening' }]],
    ['nothing: it runs', [two], {}, () => undefined, 'A.1.1', []],
  ])('%s', (_, plans, options, play, id, expected) => {
    const stage = new Stage(plans, options);
    play(stage);
    const told = why(stage, id);
    expect(told).toMatchObject(expected);
    expect(told).toHaveLength(expected.length);
  });

  test('what it builds on has to be merged first', () => {
    const stage = new Stage([two, { id: 'B', phases: [{ tasks: [{ id: '1.1' }] }, { tasks: [{ id: '2.1', depends: ['A'] }] }] }]);
    stage.slow.add('integrate');
    stage.pass('A.1.1', 'A.1.2', 'B.1.1');
    expect(why(stage, 'B.2.1')).toEqual([{ kind: 'integrating', inputs: ['A'] }]);
  });

  test('a share of what is before it is not done', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }] }, { tasks: [{ id: '2.1' }], percent: 50 }] }]);
    const gate = stage.state.graph.nodes.find((node) => node.quorum !== undefined)?.id ?? '';
    expect(why(stage, gate)).toMatchObject([{ kind: 'waits-for', need: 1 }]);
  });

  test('only the first of many are named', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: Array.from({ length: 8 }, (_, index) => ({ id: `1.${index + 1}` })) }, { tasks: [{ id: '2.1' }] }] }], { limits: { tasks: 8 } });
    expect(why(stage, 'A.phase1')).toMatchObject([{ kind: 'waits-for', more: 3 }]);
    for (let index = 1; index <= 8; index += 1) stage.fail(`A.1.${index}`);
    expect(why(stage, 'A.2.1')).toMatchObject([{ kind: 'blocked-by', more: 3 }]);
  });

  test('a task that was done before the run counts as committed', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1', done: true }, { id: '1.2' }] }] }]);
    expect([stage.status('A.1.1'), stage.status('A.start'), stage.status('A')]).toEqual(['committed', 'committed', 'waiting']);
  });
});

describe('a wish', () => {
  const wishes: readonly [string, readonly Event[], Readonly<Record<string, string>>][] = [
    ['skips a whole phase', [{ kind: 'skip.requested', nodes: ['A.phase2'], note: 'later' }], { 'A.2.1': 'skipped', 'A.1.1': 'running' }],
    ['skips a whole plan, its running attempts once they ended', [{ kind: 'skip.requested', nodes: ['A' as 'A.1.1'] }], { 'A.2.1': 'skipped', 'A.1.1': 'running' }],
    ['marks a task as failed', [{ kind: 'mark.requested', node: 'A.2.1', as: 'failed', note: 'cannot be done' }], { 'A.2.1': 'failed' }],
    ['marks a task as skipped', [{ kind: 'mark.requested', node: 'A.2.1', as: 'skipped' }], { 'A.2.1': 'skipped' }],
    ['does not mark a verify', [{ kind: 'mark.requested', node: 'A.phase1.verify1', as: 'completed' }], { 'A.phase1.verify1': 'waiting' }],
    ['cancels, and a retry takes that back', [{ kind: 'cancel.requested', nodes: ['A.2.1'] }, { kind: 'retry.requested', nodes: ['A.2.1'] }], { 'A.2.1': 'waiting' }],
  ];

  test.each(wishes)('%s', (_, events, expected) => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }], verifies: ['blocking'] }, { tasks: [{ id: '2.1' }] }] }]);
    for (const event of events) stage.tell(event);
    expect(Object.fromEntries(Object.keys(expected).map((id) => [id, stage.status(id)]))).toEqual(expected);
  });

  test.each([
    ['failed', 'failed'],
    ['skipped', 'skipped'],
  ] as const)('about a running task (%s) comes true when its attempt has ended', (as, status) => {
    const stage = new Stage([two]);
    stage.tell({ kind: 'mark.requested', node: 'A.1.1', as });
    expect(stage.status('A.1.1')).toBe('running');
    stage.end('A.1.1', { result: 'cancelled', reason: 'request' });
    expect(stage.status('A.1.1')).toBe(status);
  });

  test('that a person did it is taken up when its attempt has ended, and what failed is done by hand', () => {
    const stage = new Stage([two]);
    stage.tell({ kind: 'mark.requested', node: 'A.1.1', as: 'completed' });
    stage.end('A.1.1', { result: 'cancelled', reason: 'request' });
    expect(nodeOf(stage, 'A.1.1').byHand).toBe('completed');
    stage.fail('A.1.2');
    stage.tell({ kind: 'mark.requested', node: 'A.1.2', as: 'completed' });
    expect(nodeOf(stage, 'A.1.2')).toMatchObject({ byHand: 'completed', failures: 0 });
  });

  test('for a landed task opens its phase again', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }] }] }, { id: 'B', depends: ['A'], phases: [{ tasks: [{ id: '1.1' }] }] }]);
    stage.pass('A.1.1');
    stage.tell({ kind: 'retry.requested', nodes: ['A.1.1'] });
    expect(stage.status('A.1.1')).toBe('running');
    expect(stage.state.plans.get('A')?.phases.get('1')?.published).toBeUndefined();
  });
});
