/** Which moves of the target are still there to be taken back. */
import type { LandingEvent } from '../../src/model/landing-event.js';
import { applyLanding, initialLanding } from '../../src/state/landing-state.js';

const moved = (plans: readonly string[], from: string, to: string): readonly LandingEvent[] => [
  { kind: 'target.advancing', plans: [...plans], from, to } as unknown as LandingEvent,
  { kind: 'target.advanced', plans: [...plans], from, to } as unknown as LandingEvent,
];
const undone = (from: string, to: string, plans: readonly string[]): LandingEvent => ({ kind: 'target.undone', from, to, plans });
const left = (...events: readonly LandingEvent[]): readonly string[] => events.reduce(applyLanding, initialLanding('0')).advances.map(({ plans }) => plans.join('+'));

test('a move that was put back, or that a commit on top of others reverts, cannot be taken back again', () => {
  const both = [...moved(['A'], '0', '1'), ...moved(['B', 'C'], '1', '2')];
  expect(left(...both)).toEqual(['A', 'B+C']);
  expect(left(...both, undone('2', '1', ['B', 'C']))).toEqual(['A']);
  expect(left(...both, undone('x', 'revert', ['B', 'C']))).toEqual(['A']);
  expect(left(...both, undone('x', 'revert', ['B', 'C']), undone('revert', 'another', ['A']))).toEqual([]);
  expect(left(...both, undone('x', 'revert', ['A', 'B', 'C']))).toEqual([]);
  // It landed again: that move is a new one.
  expect(left(...both, undone('x', 'revert', ['B', 'C']), ...moved(['B', 'C'], 'revert', '3'))).toEqual(['A', 'B+C']);
});
