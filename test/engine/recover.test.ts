import type { Hands } from '../../src/engine/hands.js';
import { recover } from '../../src/engine/recover.js';
import type { Event } from '../../src/model/event.js';
import type { RunState } from '../../src/state/run-state.js';

/** What a new process records of an attempt that the old one left running. */
async function recovered(byHand: boolean, marked: readonly string[]): Promise<readonly Event[]> {
  const node = { node: { id: 'A.1.1', kind: 'task', plan: 'A' }, stage: 'running', attempts: [{ number: 1, slot: 0, base: 'b', startedAt: 0 }] };
  const state = { nodes: [node], graph: { indexOf: new Map([['A.1.1', 0]]) }, plans: new Map(), landing: {} };
  const hands = {
    view: { nodeKind: () => 'task', isByHand: () => byHand },
    slot: () => ({ path: '/w' }),
    exists: () => true,
    plans: { inspect: () => Promise.resolve({ head: 'b', dirty: true }), salvage: () => Promise.resolve({ ref: 'r', commit: 'c' }) },
  };
  const events: Event[] = [];
  for await (const batch of recover(state as unknown as RunState, hands as unknown as Hands, new Set(marked))) events.push(...batch);
  return events.slice(1);
}

const taken: Event = { kind: 'attempt.finished', node: 'A.1.1', attempt: 1, outcome: { result: 'passed', head: 'b', dirty: true, note: 'a person says that it is done' } };

test.each<readonly [string, boolean, readonly string[], readonly Event[]]>([
  ['is lost, and what it left is kept', false, ['A.1.2'], [{ kind: 'attempt.finished', node: 'A.1.1', attempt: 1, outcome: { result: 'lost', reason: 'interrupted' } }, { kind: 'work.salvaged', node: 'A.1.1', attempt: 1, ref: 'r', commit: 'c' }]],
  ['has passed where a person had said before the kill that its task is done', true, [], [taken]],
  ['has passed where a person says so in a request that waits', false, ['A.1.1'], [taken]],
])('an attempt that was cut off %s', async (_, byHand, marked, expected) => {
  expect(await recovered(byHand, marked)).toEqual(expected);
});
