import { runVirtually } from '../../src/engine/simulate-run.js';
import { sample } from './sample.js';

describe('a whole run in virtual time', () => {
  test('the founding example lands in the order of what waits for what', () => {
    const { orchestration, graph } = sample([
      { id: 'A', priority: 75, phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }] }, { tasks: [{ id: '2.1' }] }, { tasks: [{ id: '3.1' }] }] },
      { id: 'B', priority: 25, depends: ['A.phase2'], phases: [{ tasks: [{ id: '1.1' }] }] },
      { id: 'C', phases: [{ tasks: [{ id: '1.1' }] }] },
    ]);
    const starts: string[] = [];
    const { outcome, makespan } = runVirtually(orchestration, graph, {
      observe: (event, _, now) => {
        if (event.kind === 'attempt.started') starts.push(`${now / 1000} ${event.node}`);
      },
    });
    expect(outcome).toBe('landed');
    expect(makespan).toBe(3000);
    expect(starts).toEqual(['0 A.1.1', '0 A.1.2', '0 C.1.1', '1 A.2.1', '2 A.3.1', '2 B.1.1']);
  });
});
