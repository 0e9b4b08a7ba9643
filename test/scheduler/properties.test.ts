import { fc } from '../rig/property.js';
import { runVirtually, type VirtualRun } from '../../src/engine/simulate-run.js';
import type { Graph } from '../../src/graph/graph.js';
import type { AttemptOutcome } from '../../src/model/event.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { apply, emptyState } from '../../src/state/apply.js';
import { foldOf } from '../../src/state/fold.js';
import type { RunState } from '../../src/state/run-state.js';
import { chance, randomPlans } from './random-plans.js';
import { sample } from './sample.js';
import { Watch } from './watch.js';

const runs = Number(process.env['PROPERTY_RUNS'] ?? 300);
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const sizes = fc.integer({ min: 1, max: 5 });

interface Watched extends VirtualRun {
  readonly watch: Watch;
  readonly orchestration: Orchestration;
  readonly graph: Graph;
}

function watched(seed: number, size: number, outcome?: (index: number, attempt: number) => AttemptOutcome): Watched {
  const { plans, options } = randomPlans(seed, size);
  const { orchestration, graph } = sample(plans, options);
  const limits = { tasks: orchestration.settings.limits.tasks, plans: orchestration.settings.limits.plans };
  const watch = new Watch(orchestration, graph, limits);
  const run = runVirtually(orchestration, graph, {
    limits,
    ...(outcome && { outcome }),
    observe: (event, state) => watch.event(event, state),
    decided: (decisions, state, now) => watch.decided(decisions, state, now, new Set()),
  });
  return { ...run, watch, orchestration, graph };
}

/** Everything that a reader can see of a state, as text. */
function picture(state: RunState): string {
  const fold = foldOf(state);
  const nodes = fold.nodes.map(({ node, owner: _, ...rest }) => ({ id: node.id, ...rest, queued: fold.queue.has(rest.index), delayed: fold.delayed.has(rest.index) }));
  const plans = fold.planList.map(({ plan, ...rest }) => ({ id: plan.id, ...rest }));
  const { counters, cost, starts, landing, poolUse, agenda, running, limited, finished, placed } = fold;
  return JSON.stringify({ nodes, plans, counters, cost, starts, landing, poolUse, agenda, running, limited, finished, placed }, (_, value: unknown) =>
    value instanceof Map ? [...value].sort() : value instanceof Set ? [...value].sort() : value,
  );
}

describe('whatever the plans are', () => {
  test('when nothing fails everything is done, in order, within every limit', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        const { watch, state, outcome } = watched(seed, size);
        expect(watch.broken).toEqual([]);
        expect(state.nodes.filter((node) => !node.done && node.node.kind !== 'landed')).toEqual([]);
        expect(outcome).toBe(state.settings.landing.mode === 'manual' ? 'complete' : 'landed');
        expect(watch.waits > 0).toBe(state.settings.landing.mode === 'all-or-nothing');
      }),
      { numRuns: runs },
    );
  });

  test('when something fails exactly what can be reached without it is done', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        const dice = chance(seed ^ 0x5bd1e995);
        const doomed = new Set<number>();
        const { watch, state, graph, orchestration, outcome } = watched(seed, size, (index) => {
          if (dice.happens(0.02)) doomed.add(index);
          return doomed.has(index) ? { result: 'failed', reason: 'exit', exitCode: 1 } : { result: 'passed' };
        });
        expect(watch.broken).toEqual([]);
        const reachable = reach(graph, doomed, orchestration);
        const wrong = state.nodes.filter((node) => (node.node.kind === 'task' || node.node.kind === 'verify') && node.done !== reachable(node.index));
        expect(wrong.map((node) => node.node.id)).toEqual([]);
        if (doomed.size > 0 && state.nodes.some((node) => node.stage === 'failed')) expect(outcome).toBe('failed');
      }),
      { numRuns: runs },
    );
  });

  test('an attempt that fails for a while is repeated, and costs nothing but time', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        const { orchestration } = sample(randomPlans(seed, size).plans, randomPlans(seed, size).options);
        const retries = orchestration.settings.execution['']?.retries ?? 0;
        const { watch, state } = watched(seed, size, (index, attempt) =>
          attempt <= retries && (index * 7 + attempt * 3) % 4 === 0 ? { result: 'failed', reason: 'exit' } : { result: 'passed' },
        );
        expect(watch.broken).toEqual([]);
        expect(state.nodes.filter((node) => !node.done && node.node.kind !== 'landed')).toEqual([]);
      }),
      { numRuns: runs },
    );
  });

  test('the same entries give the same state, also when folded from the middle on by another process', () => {
    fc.assert(
      fc.property(seeds, sizes, (seed, size) => {
        const { plans, options } = randomPlans(seed, size);
        const { orchestration, graph } = sample(plans, options);
        const at: number[] = [];
        const events: Parameters<typeof apply>[1]['event'][] = [];
        const { state } = runVirtually(orchestration, graph, {
          outcome: (index, attempt) => ((index + attempt) % 5 === 0 ? { result: 'failed', reason: 'exit' } : { result: 'passed' }),
          observe: (event, _, now) => {
            events.push(event);
            at.push(now);
          },
        });
        const again = emptyState(orchestration, graph);
        events.forEach((event, seq) => apply(again, { seq, at: at[seq] as number, event }));
        expect(picture(again)).toBe(picture(state));
      }),
      { numRuns: runs },
    );
  });
});

/** Which work can be reached when some nodes fail: by fixed point, with nothing of the scheduler's in it. */
function reach(graph: Graph, doomed: ReadonlySet<number>, orchestration: Orchestration): (index: number) => boolean {
  const { mode, onFailure } = orchestration.settings.landing;
  const known = new Map<number, boolean>();
  const reached = (index: number): boolean => {
    const before = known.get(index);
    if (before !== undefined) return before;
    const node = graph.nodes[index] as Graph['nodes'][number];
    const predecessors = graph.before[index] as readonly number[];
    const count = predecessors.filter((other) => reached(other)).length;
    const ticked = orchestration.plans.some((plan) => plan.phases.some((phase) => phase.tasks.some((task) => task.id === node.id && task.done)));
    const answer = ticked || (count >= (node.quorum ?? predecessors.length) && !(doomed.has(index) && (node.kind === 'task' || node.kind === 'verify')));
    known.set(index, answer && !(node.kind === 'landed' && mode !== 'each' && onFailure === 'hold'));
    return known.get(index) as boolean;
  };
  return reached;
}
