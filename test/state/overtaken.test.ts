/** Facts that a person's wish, or a replan, has overtaken. */
import { commitOf } from '../../src/state/run-state.js';
import { Stage } from '../scheduler/stage.js';

describe('a wish that comes while a deed is on its way', () => {
  test('a verify that ran on the old work runs again', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }], verifies: ['blocking'] }] }]);
    stage.pass('A.1.1', 'A.1.2');
    expect(stage.running).toEqual(['A.phase1.verify1']);
    stage.tell({ kind: 'retry.requested', nodes: ['A.1.1'] });
    stage.pass('A.phase1.verify1');
    expect(stage.state.plans.get('A')?.phases.get('1')?.published).toBeUndefined();
    stage.pass('A.1.1');
    expect(stage.running).toEqual(['A.phase1.verify1']);
    stage.pass('A.phase1.verify1');
    expect(stage.outcome).toBe('landed');
  });

  test('a plan that was opened again does not count as complete', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }] }] }]);
    stage.slow.add('complete');
    stage.pass('A.1.1');
    stage.event({ kind: 'retry.requested', nodes: ['A.1.1'] });
    stage.event({ kind: 'plan.completed', plan: 'A', commit: 'c1' });
    expect(stage.state.plans.get('A')?.completed).toBeUndefined();
  });

  test('a phase that was opened again is not published', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }] }] }]);
    stage.slow.add('publish');
    stage.pass('A.1.1');
    stage.event({ kind: 'retry.requested', nodes: ['A.1.1'] });
    stage.event({ kind: 'phase.published', plan: 'A', phase: '1', generation: 1, commit: 'c1' });
    expect(stage.state.plans.get('A')?.phases.get('1')).toMatchObject({ published: undefined, generations: 1 });
  });

  test('a replan forgets attempts at verifies that are gone', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }], verifies: ['blocking'] }] }]);
    stage.pass('A.1.1');
    const plans = stage.orchestration.plans.map((plan) => ({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, verifies: [] })) }));
    stage.event({ kind: 'run.replanned', orchestration: { ...stage.orchestration, digest: '1', plans }, carried: { 'A.1.1': 'A.1.1' } });
    expect([...stage.state.running]).toEqual([]);
    expect(stage.state.counters.running).toBe(0);
    stage.settle();
    expect(stage.outcome).toBe('landed');
  });

  test('a landed plan whose task is done again is complete as long as it stands in the target, and not when it is taken back', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }] }] }]);
    stage.pass('A.1.1');
    const [advance] = stage.state.landing.advances;
    expect(advance?.plans).toEqual(['A']);
    stage.event({ kind: 'retry.requested', nodes: ['A.1.1'] });
    expect(stage.state.plans.get('A')).toMatchObject({ landed: true });
    expect(stage.state.plans.get('A')?.completed).toBeDefined();
    stage.event({ kind: 'target.undone', from: advance?.to ?? '', to: advance?.from ?? '', plans: ['A'] });
    expect(stage.state.plans.get('A')).toMatchObject({ landed: false, completed: undefined });
  });

  test('a plan that has landed stays complete, and its landing known, when the run is replanned while a task of it is done again', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }], verifies: ['blocking'] }] }, { id: 'B', depends: ['A', 'A.landed'], phases: [{ tasks: [{ id: '1.1' }] }] }], { landing: { mode: 'each' } });
    stage.event({ kind: 'pause.requested', plans: ['B'] });
    stage.pass('A.1.1', 'A.phase1.verify1');
    expect(stage.state.plans.get('A')?.landed).toBe(true);
    const before = ['A', 'A.landed'].map((id) => commitOf(stage.state, id));
    expect(before).not.toContain(undefined);
    stage.event({ kind: 'retry.requested', nodes: ['A.1.1'] });
    stage.event({ kind: 'run.replanned', orchestration: { ...stage.orchestration, digest: '1' }, carried: { 'A.1.1': 'A.1.1', 'B.1.1': 'B.1.1' } });
    expect(['A', 'A.landed'].map((id) => commitOf(stage.state, id))).toEqual(before);
    stage.event({ kind: 'run.resumed' });
    stage.tell({ kind: 'resume.requested', plans: ['B'] });
    expect(stage.running).toContain('B.1.1');
  });
});
