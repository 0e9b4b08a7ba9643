import { fc } from '../rig/property.js';
import { orderToFollow } from '../../src/engine/plan-ahead.js';
import { runVirtually } from '../../src/engine/simulate-run.js';
import { planAhead, type PlannedOrder } from '../../src/scheduler/improve.js';
import { lowerBound, projectOf, type Project } from '../../src/scheduler/project.js';
import { chance, randomPlans } from './random-plans.js';
import { sample } from './sample.js';
import { Watch } from './watch.js';

const runs = Number(process.env['PROPERTY_RUNS'] ?? 60);
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** What is wrong with a schedule, found by looking at every instant at which something begins. */
function faults(project: Project, { start, end }: PlannedOrder): string[] {
  const found: string[] = [];
  for (let index = 0; index < project.size; index++) {
    const before = project.before[index] as readonly number[];
    const ready = before.filter((other) => (end[other] as number) <= (start[index] as number)).length;
    if (ready < (project.quorum.get(index) ?? before.length)) found.push(`${index} before what it waits for`);
    if ((end[index] as number) - (start[index] as number) !== project.duration[index]) found.push(`${index} takes another time`);
    project.capacity.forEach((capacity, resource) => {
      const used = project.demands.reduce((sum, demands, other) => {
        const runs_ = (start[other] as number) <= (start[index] as number) && (end[other] as number) > (start[index] as number);
        return sum + (runs_ ? demands.filter((demand) => demand.resource === resource).reduce((amount, demand) => amount + demand.amount, 0) : 0);
      }, 0);
      if (used > capacity) found.push(`${used} of ${capacity} at ${start[index]}`);
    });
  }
  return found;
}

describe('planning ahead', () => {
  test('gives a schedule that respects what comes before what and every capacity', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 5 }), (seed, size) => {
        const { plans, options } = randomPlans(seed, size);
        const { orchestration, graph } = sample(plans, options);
        const project = projectOf(graph, orchestration.settings, orchestration.settings.limits);
        const planned = planAhead(project, { steps: 20 * project.size });
        if (!planned) return;
        expect(faults(project, planned)).toEqual([]);
        expect(planned.makespan).toBe(Math.max(0, ...planned.end));
        expect(planned.makespan).toBeGreaterThanOrEqual(lowerBound(project));
        expect(planAhead(project, { steps: 20 * project.size })).toEqual(planned);
      }),
      // A gate of a few of many, whose other tasks a list places later.
      { numRuns: runs, examples: [[1920748590, 5]] },
    );
  });

  test('a plan that is followed is kept, and the run ends no later than planned', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), (seed, size) => {
        const { plans, options } = randomPlans(seed, size);
        const { limits: { plans: _, ...limits } = {}, ...rest } = options;
        const timed = plans.map((plan) => ({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, tasks: phase.tasks.map((task) => ({ ...task, seconds: 1 + (task.seconds ?? 0) })) })) }));
        const { orchestration, graph } = sample(timed, { ...rest, limits, landing: { mode: 'manual' } });
        if (graph.nodes.some((node) => node.kind === 'landed' && (graph.after[graph.indexOf.get(node.id) as number] as readonly number[]).some((next) => graph.nodes[next]?.kind !== 'landed'))) return;
        const planned = planAhead(projectOf(graph, orchestration.settings, orchestration.settings.limits), { steps: 3000 });
        if (!planned) return;
        const run = runVirtually(orchestration, graph, { order: planned.rank, plannedStart: planned.start });
        expect(run.makespan).toBeLessThanOrEqual(planned.makespan);
      }),
      { numRuns: runs },
    );
  });

  test('a plan made from wrong estimates still leads to the end, within every limit', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), (seed, size) => {
        const { plans, options } = randomPlans(seed, size);
        const { orchestration, graph } = sample(plans, options);
        const planned = planAhead(projectOf(graph, orchestration.settings, orchestration.settings.limits), { steps: 2000 });
        if (!planned) return;
        const dice = chance(seed);
        const { tasks, plans: most } = orchestration.settings.limits;
        const watch = new Watch(orchestration, graph, { tasks, plans: most });
        const { outcome } = runVirtually(orchestration, graph, {
          order: planned.rank,
          plannedStart: planned.start,
          limits: { tasks, plans: most },
          duration: () => dice.below(20) * 500,
          observe: (event, state) => watch.event(event, state),
        });
        expect(watch.broken).toEqual([]);
        expect(outcome).toBe(orchestration.settings.landing.mode === 'manual' ? 'complete' : 'landed');
      }),
      { numRuns: runs },
    );
  });

  test('finds what no dispatching in order of urgency finds', () => {
    // The long task needs the whole pool: starting anything small first, only because it is ready, costs its length.
    const tasks = [
      { id: '1.1', seconds: 1 },
      { id: '1.2', seconds: 10, after: ['1.1'], uses: { db: 2 } },
      { id: '1.3', seconds: 8, uses: { db: 1 } },
      { id: '1.4', seconds: 8, uses: { db: 1 } },
    ];
    const { orchestration, graph } = sample([{ id: 'A', phases: [{ tasks }] }], { limits: { tasks: 8, pools: { db: 2 } } });
    expect(planAhead(projectOf(graph, orchestration.settings, orchestration.settings.limits))?.makespan).toBe(18_000);
  });

  test('is followed for real only where the estimates are the user\'s own and something is won', () => {
    const tasks = [5, 4, 3, 3, 3].map((seconds, index) => ({ id: `1.${index + 1}`, seconds }));
    const { orchestration, graph } = sample([{ id: 'A', phases: [{ tasks }] }], { limits: { tasks: 2 } });
    expect(orderToFollow(orchestration, graph).order).toBeDefined();
    const guessed = { ...orchestration, plans: orchestration.plans.map((plan) => ({ ...plan, phases: plan.phases.map((phase) => ({ ...phase, tasks: phase.tasks.map(({ estimateSeconds: _, ...task }) => task) })) })) };
    expect(orderToFollow(guessed, graph)).toEqual({});
    const two = sample([{ id: 'A', priority: 30, phases: [{ tasks }] }, { id: 'B', phases: [{ tasks: [{ id: '1.1', seconds: 1 }] }] }], { limits: { tasks: 2 } });
    expect(new Set(two.orchestration.plans.map(({ priority }) => priority)).size).toBe(2);
    expect(orderToFollow(two.orchestration, two.graph)).toEqual({});
  });
});
