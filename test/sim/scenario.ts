/** A random orchestration with what its executors will do, drawn from a seed. Text is not involved: the model is built directly. */
import { buildGraph } from '../../src/graph/build-graph.js';
import { taskId, type NodeId, type PlanId, type TaskId } from '../../src/model/ids.js';
import type { Execution, Features, LandingSettings, Orchestration, Phase, Plan, Settings, Task } from '../../src/model/orchestration.js';
import type { Graph } from '../../src/graph/graph.js';
import { assert } from '../../src/base/assert.js';
import type { Chance } from './chance.js';

/** How hard the world is to the plans. */
export interface Hardship {
  /** Share of attempts that fail. */
  readonly failing: number;
  /** Share of tasks that write a file which other plans write too. */
  readonly sharing: number;
}

export interface Scenario {
  readonly orchestration: Orchestration;
  readonly graph: Graph;
  /** Seconds that each attempt of a task takes. */
  readonly seconds: ReadonlyMap<TaskId, number>;
  /** Tasks whose every attempt fails until faults stop. */
  readonly failing: ReadonlySet<TaskId>;
  /** What each task writes: path to content; the content is the task's own, so that order shows in conflicts only. */
  readonly writes: ReadonlyMap<TaskId, ReadonlyMap<string, string>>;
  /** Tasks whose executor commits by itself. */
  readonly committing: ReadonlySet<TaskId>;
}

const features: Features = {
  multiPlanOrchestration: true,
  gitWorktrees: true,
  taskDependencyGraph: true,
  parallelTasks: true,
  autoFileConflictDetection: true,
  pipelinePhaseOverlap: true,
  backgroundVerify: true,
  adaptiveLimits: false,
  radar: false,
  speculation: true,
};

/** Draws an orchestration: 1 to 5 plans of 1 to 3 phases of 1 to 4 tasks, dependencies backwards only. */
export function drawScenario(chance: Chance, hardship: Hardship): Scenario {
  const plans: Plan[] = [];
  const seconds = new Map<TaskId, number>();
  const failing = new Set<TaskId>();
  const committing = new Set<TaskId>();
  const writes = new Map<TaskId, ReadonlyMap<string, string>>();
  const nodes: NodeId[] = [];
  const mode = chance.pick(['all-or-nothing', 'each'] as const);
  for (let index = 0; index < 1 + chance.below(5); index += 1) {
    const id = String.fromCharCode(65 + index);
    const phases: Phase[] = [];
    const own: NodeId[] = [];
    for (let number = 1; number <= 1 + chance.below(3); number += 1) {
      const tasks: Task[] = [];
      for (let count = 1; count <= 1 + chance.below(4); count += 1) {
        const task = taskId(id, `${number}.${count}`);
        const earlier = tasks.map((one) => one.id);
        tasks.push(drawTask(chance, task, earlier, mentions(chance, nodes, 0.1)));
        seconds.set(task, 1 + chance.below(600));
        if (chance.hits(hardship.failing)) failing.add(task);
        if (chance.hits(0.2)) committing.add(task);
        const path = chance.hits(hardship.sharing) ? `shared-${chance.below(3)}` : `${id}/${task}`;
        writes.set(task, chance.hits(0.1) ? new Map() : new Map([[path, task], [`${id}/log-${task}`, task]]));
        own.push(task);
      }
      phases.push({ id: String(number), title: `Phase ${number}`, parallel: chance.hits(0.2), order: chance.hits(0.3) ? 'file' : 'free', depends: mentions(chance, nodes, 0.15), sequences: [], tasks, verifies: [] });
      own.push(`${id}.phase${number}`);
    }
    const depends = mentions(chance, mode === 'each' ? [...nodes, ...plans.map((plan) => `${plan.id}.landed`)] : nodes, 0.4);
    plans.push({ id, file: `${id}.md`, fileDigest: id, format: 'native', title: id, goal: '', branch: `plan/${id}`, priority: chance.pick([25, 50, 75, 100]), depends, phases });
    nodes.push(id, ...own);
  }
  const settings = drawSettings(chance, mode);
  const orchestration: Orchestration = { manifest: 'manifest.yml', digest: 'drawn', target: 'main', plans, settings };
  const graph = buildGraph(orchestration);
  assert(graph.ok, 'a drawn graph has no cycle');
  return { orchestration, graph: graph.value, seconds, failing, committing, writes };
}

function drawTask(chance: Chance, id: TaskId, earlier: readonly TaskId[], depends: readonly NodeId[]): Task {
  const after = earlier.length > 0 && chance.hits(0.4) ? [chance.pick(earlier)] : undefined;
  return { id, title: `Task ${id}`, line: 1, done: chance.hits(0.05), kind: 'task', group: [], body: '', ...(after && { after }), depends, parallel: chance.hits(0.3), files: [], uses: chance.hits(0.2) ? { db: 1 } : {}, changesNothing: false };
}

function mentions(chance: Chance, nodes: readonly NodeId[], probability: number): NodeId[] {
  return nodes.length > 0 && chance.hits(probability) ? [...new Set([chance.pick(nodes), chance.pick(nodes)])] : [];
}

function drawSettings(chance: Chance, mode: LandingSettings['mode']): Settings {
  const execution: Execution = { executor: { kind: 'shell', shell: 'true' }, stuckSeconds: 1800, retries: chance.below(3), env: {} };
  return {
    limits: { tasks: 1 + chance.below(6), ...(chance.hits(0.3) && { plans: 1 + chance.below(3) }), pools: { db: 1 + chance.below(2) } },
    landing: { mode, strategy: 'merge', onConflict: chance.pick(['stop', 'skip']), onFailure: chance.pick(['hold', 'land-rest']), approve: 'auto', push: false, pullRequests: false, speculation: 1 + chance.below(3), deleteBranches: false },
    features,
    execution: { '': execution },
    copy: [],
    ...(chance.hits(0.5) && { verify: 'true' }),
    planVerify: {} satisfies Record<PlanId, string>,
    failFast: chance.hits(0.1),
    perPlan: 1 + chance.below(3),
    secrets: [],
    commit: { hooks: false },
  };
}
