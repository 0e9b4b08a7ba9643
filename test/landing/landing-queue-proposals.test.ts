/** Pull requests one after another: a plan whose request is open keeps no other back. */
import { tell } from './queue-world.js';

describe('pull requests, each plan by itself', () => {
  test('a plan that completes after another was proposed is verified and proposed too', () => {
    const { lines, standing } = tell({ plans: 'A B?>A', settings: { mode: 'each', pullRequests: true }, happenings: ['complete B'] });
    expect(lines).toEqual(['prepare A', 'verify A', 'A is green', 'propose A', '-- complete B', 'prepare AB after A', 'verify AB', 'AB is green', 'propose B']);
    expect(standing).toEqual({ kind: 'done' });
  });

  test('a plan that is red is dropped although the one before it has its request', () => {
    const verdict = (plans: string): 'green' | 'red' => (plans === 'AB' ? 'red' : 'green');
    const { lines, standing } = tell({ plans: 'A B?', settings: { mode: 'each', pullRequests: true }, verdict, happenings: ['complete B'] });
    expect(lines).toContain('drop B (verify)');
    expect(standing).toEqual({ kind: 'failed', plans: ['B'] });
  });
});
