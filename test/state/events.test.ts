/** A table of what each event changes, and of what is not taken for a fact: entries out of order, and names that nobody knows. */
import type { Event } from '../../src/model/event.js';
import { apply } from '../../src/state/apply.js';
import { foldRun, stateBefore } from '../../src/state/fold-run.js';
import { commitOf, lastAttempt, nodeState, type RunState } from '../../src/state/run-state.js';
import { buildGraph } from '../../src/graph/build-graph.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { Stage } from '../scheduler/stage.js';

const graphOf = (orchestration: Orchestration): ReturnType<Parameters<typeof foldRun>[1]> => {
  const built = buildGraph(orchestration);
  if (!built.ok) throw new Error('circle');
  return built.value;
};

/** A with two tasks, the second after the first, and a verify; B with one task. Nothing is decided: events are told one by one. */
function silent(): Stage {
  const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2', after: ['1.1'] }], verifies: ['blocking'] }] }, { id: 'B', phases: [{ tasks: [{ id: '1.1' }] }] }], { limits: { tasks: 0 } });
  return stage;
}

const started = { kind: 'attempt.started', node: 'A.1.1', attempt: 1, slot: 0, base: 'c0' } as const satisfies Event;
const passed: Event = { kind: 'attempt.finished', node: 'A.1.1', attempt: 1, outcome: { result: 'passed', session: 's1', usage: { cost: 2 } } };
const prepared: Event = { kind: 'commit.prepared', node: 'A.1.1', attempt: 1, from: 'c0', to: 'c9' };
const committed: Event = { kind: 'task.committed', node: 'A.1.1', attempt: 1, tip: 'c9', changed: true };
const failure = { kind: 'person', code: 'x', message: 'm' } as const;
const candidate = { plan: 'A', head: 'c9', commit: 'd1', tree: 't1' };

const a = (state: RunState): unknown => state.plans.get('A');
const task = (state: RunState): unknown => nodeState(state, 'A.1.1');
const landing = (state: RunState): unknown => state.landing;

describe('each event', () => {
  test.each<[string, readonly Event[], (state: RunState) => unknown, object]>([
    ['plan.opening', [{ kind: 'plan.opening', plan: 'A', from: null, to: 'c5', adopted: false, inputs: [] }], a, { moving: { kind: 'open', to: 'c5' } }],
    ['plan.opened', [{ kind: 'plan.opened', plan: 'A', tip: 'c5', adopted: true, inputs: [] }], a, { opened: true, tip: 'c5', adopted: true, moving: undefined }],
    ['plan.refused', [{ kind: 'plan.refused', plan: 'A', failure }], a, { refused: failure }],
    ['plan.integrating', [{ kind: 'plan.integrating', plan: 'A', inputs: ['B'], from: 'c0', to: 'c6' }], a, { moving: { kind: 'integrate', to: 'c6' } }],
    ['plan.integrated', [{ kind: 'plan.integrated', plan: 'A', inputs: ['B'], tip: 'c6' }], a, { tip: 'c6', moving: undefined }],
    ['plan.conflicted', [{ kind: 'plan.conflicted', plan: 'A', input: 'B', commit: 'c7', files: ['f'] }], a, { conflict: { input: 'B', files: ['f'] } }],
    ['plan.advanced', [{ kind: 'plan.opened', plan: 'A', tip: 'c0', adopted: false, inputs: [] }, { kind: 'plan.conflicted', plan: 'A', input: 'B', commit: 'c7', files: ['f'] }, { kind: 'plan.advanced', plan: 'A', from: 'c0', tip: 'c8' }], a, { tip: 'c8', conflict: undefined }],
    ['phase.reopened', [{ kind: 'phase.reopened', plan: 'A', phase: '1', generation: 1 }], a, { completed: undefined }],
    ['attempt.started', [started], task, { stage: 'running' }],
    ['attempt.finished', [started, passed], (state) => [task(state), state.cost], [{ stage: 'passed', attempts: [{ session: 's1' }] }, 2]],
    ['commit.prepared', [started, passed, prepared], a, { moving: { kind: 'commit', to: 'c9' } }],
    ['task.committed', [started, passed, prepared, committed], task, { stage: 'committed', commit: 'c9' }],
    ['commit.rejected', [started, passed, { kind: 'commit.rejected', node: 'A.1.1', attempt: 1, reason: 'conflict', files: [] }], a, { commitQueue: [] }],
    ['work.salvaged', [started, { kind: 'work.salvaged', node: 'A.1.1', attempt: 1, ref: 'r', commit: 'c3' }], task, { attempts: [{ salvaged: { ref: 'r' } }] }],
    ['pool.limited', [{ kind: 'pool.limited', pool: 'p', until: 9 }, { kind: 'pool.limited', pool: 'p', until: 5 }], (state) => state.limited.get('p'), 9 as unknown as object],
    ['overlap.foreseen', [{ kind: 'overlap.foreseen', plans: ['B', 'A'], tips: ['x', 'y'], files: ['f'] }], (state) => [...state.overlaps.values()], [{ files: ['f'] }]],
    ['overlap.cleared', [{ kind: 'overlap.foreseen', plans: ['B', 'A'], tips: ['x', 'y'], files: ['f'] }, { kind: 'overlap.cleared', plans: ['A', 'B'] }], (state) => [...state.overlaps.values()], []],
    ['takeover.requested', [{ kind: 'takeover.requested', plan: 'A', on: true }], a, { takenOver: true }],
    ['pause.requested', [{ kind: 'pause.requested', plans: ['A'] }], a, { paused: true }],
    ['resume.requested', [{ kind: 'pause.requested', plans: ['A'] }, { kind: 'resume.requested' }], a, { paused: false }],
    ['landing.preparing', [{ kind: 'landing.preparing', onto: 't0', plans: ['A'], heads: ['c9'] }], landing, { preparing: { plans: ['A'] } }],
    ['landing.prepared', [{ kind: 'landing.prepared', onto: 't0', chain: [candidate] }], landing, { chain: { candidates: [candidate] } }],
    ['landing.conflicted', [{ kind: 'landing.conflicted', plan: 'A', head: 'c9', onto: 't0', with: null, files: ['f'] }], (state) => state.landing.conflicts.get('A'), { with: null }],
    ['landing.verifying', [{ kind: 'landing.verifying', commit: 'd1', tree: 't1', attempt: 1 }], (state) => state.landing.verifying.get('d1'), { tree: 't1' }],
    ['landing.abandoning', [{ kind: 'landing.verifying', commit: 'd1', tree: 't1', attempt: 1 }, { kind: 'landing.abandoning', commit: 'd1' }], (state) => state.landing.verifying.get('d1'), { abandoned: true }],
    ['landing.verified', [{ kind: 'landing.verified', commit: 'd1', tree: 't1', result: 'red', attempt: 1, note: 'no' }], (state) => [...state.landing.results.values()], [{ red: 1, note: 'no' }]],
    ['landing.dropped', [{ kind: 'landing.dropped', plan: 'A', reason: 'verify', note: 'red' }], (state) => state.landing.dropped.get('A'), { reason: 'verify', note: 'red' }],
    ['landing.approved', [{ kind: 'landing.approved', plans: ['A'], heads: ['c9'] }], (state) => state.landing.approved.get('A'), { head: 'c9' }],
    ['target.advancing', [{ kind: 'target.advancing', plans: ['A'], from: 't0', to: 'd1' }], landing, { advancing: { to: 'd1' } }],
    ['target.advanced', [{ kind: 'target.advanced', plans: ['A'], from: 't0', to: 'd1' }], (state) => [a(state), landing(state)], [{ landed: true }, { target: 'd1' }]],
    ['target.moved', [{ kind: 'target.moved', from: 't0', to: 'u1' }], landing, { target: 'u1', moves: 1 }],
    ['landing.refused', [{ kind: 'landing.refused', failure }], landing, { refused: failure }],
    ['target.pushed', [{ kind: 'target.pushed', remote: 'origin', commit: 'd1' }], landing, { pushed: 'd1' }],
    ['landing.proposing', [{ kind: 'landing.proposing', plans: ['A', 'B'], heads: ['c9', 'c8'] }], landing, { proposing: ['A', 'B'] }],
    ['landing.proposed', [{ kind: 'landing.proposing', plans: ['A', 'B'], heads: ['c9', 'c8'] }, { kind: 'landing.proposed', plan: 'A', head: 'c9', url: 'u' }], landing, { proposing: ['B'] }],
    ['target.undone', [{ kind: 'target.advanced', plans: ['A'], from: 't0', to: 'd1' }, { kind: 'target.undone', from: 'd1', to: 't0' }], (state) => [a(state), [...state.landing.undone]], [{ landed: false }, ['A']]],
    ['run.finished', [{ kind: 'run.finished', outcome: 'person' }], (state) => state.finished, 'person' as unknown as object],
    ['run.resumed', [{ kind: 'run.finished', outcome: 'person' }, { kind: 'run.resumed' }], (state) => ({ finished: state.finished }), { finished: undefined }],
  ])('%s', (_, events, look, expected) => {
    const stage = silent();
    for (const event of events) stage.event(event);
    expect({ found: look(stage.state) }).toMatchObject({ found: expected });
  });

  test.each<[string, readonly Event[]]>([
    ['a plan that nobody knows', [{ kind: 'plan.opened', plan: 'Z', tip: 'c1', adopted: false, inputs: [] }]],
    ['a phase that nobody knows', [{ kind: 'phase.published', plan: 'A', phase: '9', generation: 1, commit: 'c1' }]],
    ['a phase that is opened again and was never there', [{ kind: 'phase.reopened', plan: 'A', phase: '9', generation: 1 }]],
    ['a node that nobody knows', [{ kind: 'attempt.started', node: 'A.9.9', attempt: 1, slot: 0, base: 'c0' }]],
    ['the second attempt before the first', [{ kind: 'attempt.started', node: 'A.1.1', attempt: 2, slot: 0, base: 'c0' }]],
    ['an attempt while another runs', [started, { ...started, attempt: 2 }]],
    ['the end of an attempt that never began', [passed]],
    ['an attempt that ends twice', [started, passed, passed]],
    ['a commit of an attempt that never began', [prepared]],
    ['an event of a later version', [{ kind: 'moon.rose' } as unknown as Event]],
  ])('is refused as our fault: %s', (_, events) => {
    const stage = silent();
    expect(() => events.forEach((event) => stage.event(event))).toThrow();
  });

  test('is folded in the order of the journal only', () => {
    const { state } = silent();
    const event: Event = { kind: 'run.resumed' };
    expect(() => apply(state, { seq: state.entries + 1, at: 0, event })).toThrow(/came where/);
    expect(() => apply(state, { seq: 0, at: 0, event })).toThrow(/came where/);
  });

  test.each<[string, Event]>([
    ['a retry of somebody unknown', { kind: 'retry.requested', nodes: ['Z', 'A.9.9'] }],
    ['a takeover of somebody unknown', { kind: 'takeover.requested', plan: 'Z', on: true }],
    ['a pause of somebody unknown', { kind: 'pause.requested', plans: ['Z'] }],
    ['a stop of a verification that does not run', { kind: 'landing.abandoning', commit: 'd1' }],
    ['a gate named as work', { kind: 'cancel.requested', nodes: ['A.start'] }],
    ['a landing of a plan that a replan took away', { kind: 'target.advanced', plans: ['Z'], from: 't0', to: 't0' }],
  ])('passes over %s', (_, event) => {
    const stage = silent();
    const before = ['A.1.1', 'A.1.2', 'B.1.1'].map((id) => stage.status(id));
    stage.event(event);
    expect(['A.1.1', 'A.1.2', 'B.1.1'].map((id) => stage.status(id))).toEqual(before);
    expect([...stage.state.plans.values()].some((plan) => plan.takenOver || plan.paused || plan.landed)).toBe(false);
  });
});

describe('a journal', () => {
  const { orchestration } = silent();
  const begin: Event = { kind: 'run.started', run: 'r1', orchestration, target: { ref: 'main', commit: 't0' }, refs: {} };

  test('gives a state from its beginning on, and none without', () => {
    expect(foldRun([], graphOf)).toBeUndefined();
    expect(stateBefore({ seq: 0, at: 0, event: { kind: 'run.resumed' } }, graphOf)).toBeUndefined();
    const entries = [begin, started, passed].map((event, seq) => ({ seq, at: seq, event }));
    const state = foldRun(entries, graphOf, () => ({}));
    expect(state?.run).toBe('r1');
    expect(lastAttempt(nodeState(state as RunState, 'A.1.1') as NonNullable<ReturnType<typeof nodeState>>)?.outcome?.result).toBe('passed');
  });

  test('gives a commit for what was made in it, and for nothing else', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }] }] }]);
    expect(['A.1.1', 'A.phase1', 'A', 'A.landed', 'A.start', 'nobody'].map((id) => commitOf(stage.state, id))).toEqual(Array(6).fill(undefined));
    stage.pass('A.1.1');
    expect(['A.1.1', 'A.phase1', 'A'].every((id) => commitOf(stage.state, id) !== undefined)).toBe(true);
    expect(commitOf(stage.state, 'A.start')).toBeUndefined();
  });
});
