import { simulate, simulationJson } from '../../src/engine/simulate.js';
import { sample } from './sample.js';

const founding = () =>
  sample(
    [
      {
        id: 'A',
        priority: 75,
        phases: [
          { tasks: [{ id: '1.1', seconds: 9 }, { id: '1.2', seconds: 3 }] },
          { tasks: [{ id: '2.1', seconds: 5 }] },
          { tasks: [{ id: '3.1', seconds: 4 }, { id: '3.2', seconds: 4, after: ['1.2'] }] },
        ],
      },
      { id: 'B', priority: 25, depends: ['A.phase2'], phases: [{ tasks: [{ id: '1.1', seconds: 2 }] }] },
      { id: 'C', phases: [{ tasks: [{ id: '1.1', seconds: 10 }, { id: '1.2', seconds: 7, done: true }] }] },
    ],
    { limits: { tasks: 3 } },
  );

describe('simulate', () => {
  test('tells when each task starts and ends, to the second', () => {
    const { orchestration, graph } = founding();
    const { makespanSeconds, lowerBoundSeconds, phaseByPhaseSeconds, slots, tasks, criticalPath } = simulate(orchestration, graph);
    expect({ makespanSeconds, lowerBoundSeconds, phaseByPhaseSeconds, slots }).toEqual({ makespanSeconds: 18, lowerBoundSeconds: 18, phaseByPhaseSeconds: 30, slots: 3 });
    expect(criticalPath).toEqual(['A.1.1', 'A.2.1', 'A.3.1']);
    expect(tasks).toEqual([
      { plan: 'A', task: '1.2', startSeconds: 0, endSeconds: 3 },
      { plan: 'A', task: '1.1', startSeconds: 0, endSeconds: 9 },
      { plan: 'C', task: '1.1', startSeconds: 0, endSeconds: 10 },
      { plan: 'A', task: '3.2', startSeconds: 3, endSeconds: 7 },
      { plan: 'A', task: '2.1', startSeconds: 9, endSeconds: 14 },
      { plan: 'B', task: '1.1', startSeconds: 14, endSeconds: 16 },
      { plan: 'A', task: '3.1', startSeconds: 14, endSeconds: 18 },
    ]);
  });

  test('says what each ability brings', () => {
    const { orchestration, graph } = founding();
    expect(simulate(orchestration, graph).comparison.map((stage) => stage.name)).toEqual(['phase-by-phase', 'dependencies', 'overlap', 'everything']);
    expect(Object.keys(simulationJson(simulate(orchestration, graph)))).not.toContain('state');
  });

  test('plans ahead where the first order that comes to mind is not the best', () => {
    // Longest first puts 5 and 4 on different slots: 9, 8. The best is 5+4, 3+3+3.
    const tasks = [5, 4, 3, 3, 3].map((seconds, index) => ({ id: `1.${index + 1}`, seconds }));
    const { orchestration, graph } = sample([{ id: 'A', phases: [{ tasks }] }], { limits: { tasks: 2 } });
    expect(simulate(orchestration, graph).makespanSeconds).toBe(9);
  });

  test('pools with amounts hold tasks apart', () => {
    const tasks = [2, 1, 1].map((db, index) => ({ id: `1.${index + 1}`, seconds: 10, uses: { db } }));
    const { orchestration, graph } = sample([{ id: 'A', phases: [{ tasks }] }], { limits: { tasks: 8, pools: { db: 2 } } });
    expect(simulate(orchestration, graph)).toMatchObject({ makespanSeconds: 20, lowerBoundSeconds: 20 });
  });
});
