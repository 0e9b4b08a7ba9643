/**
 * A random orchestration, drawn from a seed. Text is not involved: the model is built directly. Each plan, task and setting is drawn
 * from its own name, so that leaving one out (to find the smallest story that breaks) changes nothing of the others.
 */
import { assert } from '../../src/base/assert.js';
import { buildGraph } from '../../src/graph/build-graph.js';
import type { Graph } from '../../src/graph/graph.js';
import { taskId, type NodeId, type PlanId } from '../../src/model/ids.js';
import type { Orchestration, Phase, Plan, Task } from '../../src/model/orchestration.js';
import type { DocumentVerify } from '../../src/model/plan-document.js';
import { Behaviour } from './behaviour.js';
import { Chance } from './chance.js';
import { drawSettings } from './settings.js';

/** Which story is told. */
export interface Draw {
  readonly seed: number;
  /** Plans (`B`), tasks (`B.1.2`) and topics (`kill`, `verifies`, …) that are left out. */
  readonly without: ReadonlySet<string>;
  /** Another course of events over the same orchestration. */
  readonly salt: number;
}

export interface Scenario {
  readonly draw: Draw;
  readonly orchestration: Orchestration;
  readonly graph: Graph;
  readonly behaviour: Behaviour;
}

/** Draws an orchestration: 1 to 5 plans of 1 to 3 phases of 1 to 4 tasks, dependencies backwards only. */
export function drawScenario(draw: Draw): Scenario {
  const { seed, without } = draw;
  const behaviour = new Behaviour(draw);
  const settings = drawSettings(draw);
  const plans: Plan[] = [];
  const nodes: NodeId[] = [];
  const count = 1 + Chance.named(seed, 'plans').below(5);
  for (let index = 0; index < count; index += 1) {
    const id = String.fromCharCode(65 + index);
    if (without.has(id)) continue;
    const landed = settings.landing.mode === 'each' ? plans.map((plan) => `${plan.id}.landed`) : [];
    plans.push(drawPlan(draw, behaviour, id, nodes, landed));
    nodes.push(id, ...nodesOf(plans.at(-1) as Plan));
  }
  const orchestration: Orchestration = { manifest: 'manifest.yml', digest: '0', target: 'main', plans, settings };
  return { draw, orchestration, graph: graphOf(orchestration), behaviour };
}

/** Graphs that were built, for as long as somebody has the orchestration. */
const graphs = new WeakMap<Orchestration, Graph>();

/** The graph of an orchestration that has no cycle by the way it was drawn. */
export function graphOf(orchestration: Orchestration): Graph {
  const known = graphs.get(orchestration);
  if (known) return known;
  const graph = buildGraph(orchestration);
  assert(graph.ok, 'a drawn graph has no cycle');
  graphs.set(orchestration, graph.value);
  return graph.value;
}

function nodesOf(plan: Plan): NodeId[] {
  return plan.phases.flatMap((phase) => [...phase.tasks.map((task) => task.id), `${plan.id}.phase${phase.id}`]);
}

function drawPlan(draw: Draw, behaviour: Behaviour, id: PlanId, nodes: readonly NodeId[], landed: readonly NodeId[]): Plan {
  const chance = Chance.named(draw.seed, `plan ${id}`);
  const priority = chance.pick([25, 50, 75, 100]);
  const depends = mentions(chance, [...nodes, ...landed], 0.4);
  const phases: Phase[] = [];
  for (let number = 1, count = 1 + chance.below(3); number <= count; number += 1) {
    const phase = drawPhase(draw, behaviour, id, number, nodes, phases.at(-1));
    if (phase.tasks.length > 0) phases.push(phase);
  }
  return { id, file: `${id}.md`, fileDigest: id, format: 'native', title: id, goal: '', branch: `plan/${id}`, priority, depends, phases };
}

function drawPhase(draw: Draw, behaviour: Behaviour, plan: PlanId, number: number, nodes: readonly NodeId[], before: Phase | undefined): Phase {
  const chance = Chance.named(draw.seed, `phase ${plan}.${number}`);
  const { without } = draw;
  const tasks: Task[] = [];
  for (let count = 1, all = 1 + chance.below(4); count <= all; count += 1) {
    const id = taskId(plan, `${number}.${count}`);
    if (!without.has(id)) tasks.push(drawTask(draw, behaviour, id, tasks, nodes));
  }
  const early = before !== undefined && chance.hits(0.2) && !without.has('early');
  const start = chance.hits(0.5) ? { percent: 25 * (1 + chance.below(3)) } : { when: before?.tasks[0]?.id as `${string}.${string}` };
  const chained = tasks.length > 2 && chance.hits(0.15) ? [tasks.slice(0, 3).map((task) => task.id.slice(plan.length + 1))] : [];
  const verifies = without.has('verifies') ? [] : drawVerifies(chance);
  return {
    id: String(number),
    title: `Phase ${number}`,
    parallel: chance.hits(0.2),
    order: chance.hits(0.3) ? 'file' : 'free',
    depends: mentions(chance, nodes, 0.15),
    ...(early && { pipelineStart: start }),
    sequences: chained,
    tasks,
    verifies,
  };
}

function drawVerifies(chance: Chance): DocumentVerify[] {
  const count = chance.pick([0, 0, 0, 1, 1, 2]);
  return Array.from({ length: count }, () => ({ blocking: chance.hits(0.6), script: 'true', criteria: [], place: { line: 1, column: 1 } }));
}

function drawTask(draw: Draw, behaviour: Behaviour, id: NodeId, earlier: readonly Task[], nodes: readonly NodeId[]): Task {
  const chance = Chance.named(draw.seed, `task ${id}`);
  const before = earlier.length > 0 && chance.hits(0.4) ? chance.pick(earlier).id : undefined;
  const title = `Task ${id}`;
  const { path, changesNothing } = behaviour.of(title);
  return {
    id: id as `${string}.${string}`,
    title,
    line: 1,
    done: chance.hits(0.05),
    kind: 'task',
    group: [],
    body: '',
    ...(before !== undefined && { after: [before] }),
    depends: mentions(chance, nodes, 0.1),
    parallel: chance.hits(0.3),
    files: chance.hits(0.3) ? [path] : [],
    uses: chance.hits(0.2) ? { db: 1 } : {},
    changesNothing,
  };
}

/** One or two of the nodes; nothing where one that is left out was drawn. */
function mentions(chance: Chance, nodes: readonly NodeId[], probability: number): NodeId[] {
  const [hit, one, other] = [chance.hits(probability), chance.next(), chance.next()];
  if (!hit || nodes.length === 0) return [];
  return [...new Set([one, other].map((draw) => nodes[Math.floor(draw * nodes.length)] as NodeId))];
}
