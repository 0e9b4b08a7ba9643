import { fc } from '../rig/property.js';
import { buildGraph } from '../../src/graph/build-graph.js';
import type { Graph } from '../../src/graph/graph.js';
import type { NodeId } from '../../src/model/ids.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { orchestrationOf, type PhaseWords, type PlanWords, type TaskWords } from './orchestration-of.js';
import { precedence } from './oracle.js';

const numRuns = Number(process.env.PLAN_TEST_RUNS ?? 300);

/** A number below `limit` out of what fast-check drew. */
type Draw = (limit: number) => number;

function drawing(seeds: readonly number[]): Draw {
  let at = 0;
  return (limit) => (limit < 1 ? 0 : (seeds[at++ % seeds.length] ?? 0) % limit);
}

/** Plans whose dependencies mostly point backwards: some have circles, most have none. */
function randomOrchestration(seeds: readonly number[]): Orchestration {
  const draw = drawing(seeds);
  const shapes = Array.from({ length: 1 + draw(3) }, () => Array.from({ length: draw(5) }, () => draw(5)));
  const name = (plan: number): string => String.fromCharCode(65 + plan);
  const node = (plan: number): NodeId | undefined => {
    const phases = shapes[plan] ?? [];
    const phase = draw(phases.length);
    const tasks = phases[phase] ?? 0;
    const kind = draw(5);
    if (kind === 0) return name(plan);
    if (kind < 3 && phases.length > 0) return `${name(plan)}.phase${phase + 1}`;
    return tasks > 0 ? `${name(plan)}.${phase + 1}.${draw(tasks) + 1}` : undefined;
  };
  const others = (plan: number, often: number): readonly NodeId[] => {
    const other = draw(12) === 0 ? draw(shapes.length) : draw(plan);
    const found = draw(often) === 0 && other !== plan ? node(other) : undefined;
    return found === undefined ? [] : [found];
  };
  const own = (plan: number, phase: number, task: number): readonly NodeId[] => {
    const before: NodeId[] = [];
    for (let count = draw(3); count > 0; count--) {
      const at = draw(phase + 1 + (draw(15) === 0 ? 1 : 0));
      const tasks = at === phase ? task : (shapes[plan]?.[at] ?? 0);
      if (at < phase && draw(3) === 0) before.push(`${name(plan)}.phase${at + 1}`);
      else if (tasks > 0) before.push(`${name(plan)}.${at + 1}.${draw(tasks) + 1}`);
    }
    return before;
  };
  const plans: Record<string, PlanWords> = {};
  for (const [plan, phases] of shapes.entries()) {
    plans[name(plan)] = {
      depends: others(plan, 3),
      phases: phases.map((count, phase): PhaseWords => {
        const early = draw(8) === 0 ? own(plan, phase, 0).find((id) => !id.includes('phase')) : undefined;
        return {
          parallel: draw(3) === 0,
          order: draw(2) === 0 ? 'free' : 'file',
          depends: others(plan, 5),
          ...(draw(6) === 0 ? { after: own(plan, phase, 0) } : {}),
          ...(early === undefined ? {} : { pipelineStart: { when: early as `${string}.${string}` } }),
          sequences: count > 2 && draw(4) === 0 ? [[`${phase + 1}.1`, `${phase + 1}.3`]] : [],
          tasks: Array.from({ length: count }, (_, task): TaskWords => ({ id: `${phase + 1}.${task + 1}`, parallel: draw(3) === 0, depends: others(plan, 8), ...(draw(3) === 0 ? { after: own(plan, phase, task) } : {}) })),
        };
      }),
    };
  }
  return orchestrationOf(plans);
}

const orchestrations = fc.array(fc.nat(1_000_000), { minLength: 60, maxLength: 200 }).map(randomOrchestration);

/** For every task the tasks from which the graph leads to it. */
function reached(graph: Graph): ReadonlyMap<NodeId, ReadonlySet<NodeId>> {
  const sets: Set<NodeId>[] = [];
  const result = new Map<NodeId, ReadonlySet<NodeId>>();
  for (const [index, node] of graph.nodes.entries()) {
    const all = new Set<NodeId>();
    for (const before of graph.before[index] ?? []) {
      for (const id of sets[before] ?? []) all.add(id);
      if (graph.nodes[before]?.kind === 'task') all.add(graph.nodes[before].id);
    }
    sets.push(all);
    if (node.kind === 'task') result.set(node.id, all);
  }
  return result;
}

const plain = (sets: ReadonlyMap<NodeId, ReadonlySet<NodeId>>): Record<string, readonly string[]> => Object.fromEntries([...sets].map(([id, set]) => [id, [...set].sort()]));

describe('the graph', () => {
  test('orders exactly what the rules order, and refuses exactly what waits for itself', () => {
    let circles = 0;
    let sound = 0;
    fc.assert(
      fc.property(orchestrations, (orchestration) => {
        const expected = precedence(orchestration);
        const built = buildGraph(orchestration);
        expect(built.ok).toBe(expected !== undefined);
        if (built.ok && expected !== undefined) expect(plain(reached(built.value))).toEqual(Object.fromEntries(Object.entries(plain(expected)).sort(([one], [other]) => (one < other ? -1 : 1))));
        if (built.ok) sound++;
        else circles++;
      }),
      { numRuns },
    );
    expect(Math.min(circles, sound)).toBeGreaterThan(0);
  });

  test('is in topological order, its two directions agree, and nothing is said twice', () => {
    fc.assert(
      fc.property(orchestrations, (orchestration) => {
        const built = buildGraph(orchestration);
        if (!built.ok) return;
        const { nodes, before, after, indexOf } = built.value;
        expect(before.length).toBe(nodes.length);
        for (const [index, node] of nodes.entries()) {
          expect(indexOf.get(node.id)).toBe(index);
          for (const each of before[index] ?? []) {
            expect(each).toBeLessThan(index);
            expect(after[each]).toContain(index);
          }
          expect(new Set(before[index]).size).toBe(before[index]?.length);
        }
        expect(after.flat().length).toBe(before.flat().length);
      }),
      { numRuns },
    );
  });

  test('with tasks one at a time every plan is a chain, and nothing that was ordered is reversed', () => {
    fc.assert(
      fc.property(orchestrations, (orchestration) => {
        const free = buildGraph(orchestration);
        const chained = buildGraph({ ...orchestration, settings: { ...orchestration.settings, features: { ...orchestration.settings.features, parallelTasks: false } } });
        expect(chained.ok).toBe(free.ok);
        if (!chained.ok || !free.ok) return;
        const order = reached(chained.value);
        for (const [task, before] of reached(free.value)) for (const each of before) expect(order.get(task)).toContain(each);
        for (const plan of orchestration.plans) {
          const tasks = chained.value.nodes.filter((node) => node.kind === 'task' && node.plan === plan.id);
          for (const [at, task] of tasks.entries()) if (at > 0) expect(order.get(task.id)).toContain(tasks[at - 1]?.id);
        }
      }),
      { numRuns },
    );
  });

  test('imports are the nodes of other plans that are met first on the way back', () => {
    fc.assert(
      fc.property(orchestrations, (orchestration) => {
        const built = buildGraph(orchestration);
        if (!built.ok) return;
        const { nodes, before } = built.value;
        for (const [index, node] of nodes.entries()) {
          if (node.kind !== 'task') continue;
          const expected = new Set<NodeId>();
          const walk = (at: number): void => {
            for (const each of before[at] ?? []) {
              const met = nodes[each];
              if (met === undefined) continue;
              if (met.plan !== node.plan) expected.add(met.id);
              else if (met.kind !== 'task' && met.kind !== 'verify') walk(each);
            }
          };
          walk(index);
          expect([...node.imports].sort()).toEqual([...expected].sort());
        }
      }),
      { numRuns },
    );
  });
});
