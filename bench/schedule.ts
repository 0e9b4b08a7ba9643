/**
 * Length of schedules against the best known ones, by set and by method.
 *
 *   npx esbuild bench/schedule.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/bench-schedule.mjs && node dist/bench-schedule.mjs [folder] [every]
 *
 * The folder (or SCHEDULE_INSTANCES) holds files of one JSON object a line: `dur`, `deps`, and `opt` (slots to [lower, best]) or `cap`,
 * `req` and `best`. Without one the bench makes instances of its own and measures against the lower bound. `every` takes one instance in so many.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Graph } from '../src/graph/graph.js';
import type { Orchestration } from '../src/model/orchestration.js';
import { runVirtually } from '../src/engine/simulate-run.js';
import { planAhead } from '../src/scheduler/improve.js';
import { lowerBound, projectOf } from '../src/scheduler/project.js';
import { chance } from '../test/scheduler/random-plans.js';
import { sample } from '../test/scheduler/sample.js';

interface Instance {
  readonly id: string;
  readonly dur: readonly number[];
  readonly deps: readonly (readonly number[])[];
  readonly opt?: Readonly<Record<string, readonly [number, number]>>;
  readonly cap?: readonly number[];
  readonly req?: readonly (readonly number[])[];
  readonly best?: number;
}

interface Case {
  readonly orchestration: Orchestration;
  readonly graph: Graph;
  /** Best known length; the lower bound for instances of our own. */
  readonly best: number;
}

/** One plan of one phase: what the instance says, in the words of the product. */
function caseOf(instance: Instance, slots: number, best: number | undefined): Case {
  const pools = Object.fromEntries((instance.cap ?? []).map((capacity, pool) => [`r${pool}`, capacity]));
  const tasks = instance.dur.map((seconds, task) => ({
    id: `1.${task}`,
    seconds,
    after: (instance.deps[task] ?? []).map((before) => `1.${before}`),
    uses: Object.fromEntries((instance.req?.[task] ?? []).flatMap((amount, pool) => (amount > 0 ? [[`r${pool}`, amount]] : []))),
  }));
  const { orchestration, graph } = sample([{ id: 'P', phases: [{ tasks }] }], { limits: { tasks: slots, pools } });
  const project = projectOf(graph, orchestration.settings, orchestration.settings.limits);
  return { orchestration, graph, best: best ?? lowerBound(project) / 1000 };
}

function casesOf(instance: Instance): Case[] {
  if (instance.opt) return Object.entries(instance.opt).map(([slots, [, best]]) => caseOf(instance, Number(slots), best));
  if (instance.cap) return [caseOf(instance, instance.dur.length, instance.best)];
  return [2, 4, 8, 16].map((slots) => caseOf(instance, slots, undefined));
}

/** Layered graphs with skewed durations: much like plans. */
function ownInstances(): Map<string, Instance[]> {
  const sets = new Map<string, Instance[]>();
  for (const size of [50, 200]) {
    const dice = chance(size);
    const instances = Array.from({ length: 20 }, (_, index) => ({
      id: `own-${size}-${index}`,
      dur: Array.from({ length: size }, () => 1 + Math.floor(dice.real() ** 3 * 60)),
      deps: Array.from({ length: size }, (_unused, task) => [...new Set(Array.from({ length: dice.below(4) }, () => Math.max(0, task - 1 - dice.below(25))))].filter((before) => before < task)),
    }));
    sets.set(`own-${size}`, instances);
  }
  return sets;
}

function instancesIn(folder: string | undefined): Map<string, Instance[]> {
  if (folder === undefined || !existsSync(folder)) return ownInstances();
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort();
  return new Map(files.map((name) => [path.basename(name, '.jsonl'), readFileSync(path.join(folder, name), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Instance)]));
}

/** Mean and worst of ratios to the best. */
class Ratios {
  private readonly all: number[] = [];
  private milliseconds = 0;

  add(ratio: number, took: number): void {
    this.all.push(ratio);
    this.milliseconds += took;
  }

  toString(): string {
    const mean = this.all.reduce((sum, one) => sum + one, 0) / this.all.length;
    return `mean ${mean.toFixed(4)}  worst ${Math.max(...this.all).toFixed(4)}  ${(this.milliseconds / this.all.length).toFixed(1)} ms each`;
  }
}

type Method = (one: Case) => number;

const methods: Readonly<Record<string, Method>> = {
  'run time': ({ orchestration, graph }) => runVirtually(orchestration, graph).makespan,
  'planned ahead': ({ orchestration, graph }) => {
    const project = projectOf(graph, orchestration.settings, orchestration.settings.limits);
    return planAhead(project)?.makespan ?? Number.NaN;
  },
  'planned and followed': ({ orchestration, graph }) => followed(orchestration, graph, undefined),
  // What a task takes differs from its estimate by a lognormal factor of sigma 0.5.
  'run time, estimates wrong': ({ orchestration, graph }) => runVirtually(orchestration, graph, { duration: wrong(graph) }).makespan,
  'followed, estimates wrong': ({ orchestration, graph }) => followed(orchestration, graph, wrong(graph)),
};

function followed(orchestration: Orchestration, graph: Graph, duration: ((index: number) => number) | undefined): number {
  const planned = planAhead(projectOf(graph, orchestration.settings, orchestration.settings.limits));
  return runVirtually(orchestration, graph, { ...(planned && { order: planned.rank, plannedStart: planned.start }), ...(duration && { duration }) }).makespan;
}

function wrong(graph: Graph): (index: number) => number {
  const dice = chance(graph.nodes.length);
  const factors = graph.nodes.map(() => Math.exp(0.5 * Math.sqrt(-2 * Math.log(1 - dice.real())) * Math.cos(2 * Math.PI * dice.real())));
  return (index) => Math.round((graph.nodes[index]?.seconds as number) * 1000 * (factors[index] as number));
}

const folder = process.argv[2] ?? process.env['SCHEDULE_INSTANCES'];
const every = Number(process.argv[3] ?? 1);
const wanted = process.argv[4];
for (const [set, instances] of instancesIn(folder)) {
  const cases = instances.filter((_, index) => index % every === 0).flatMap(casesOf);
  for (const [name, method] of Object.entries(methods)) {
    if (wanted !== undefined && !name.includes(wanted)) continue;
    const ratios = new Ratios();
    for (const one of cases) {
      const begun = process.cpuUsage();
      const makespan = method(one) / 1000;
      const { user, system } = process.cpuUsage(begun);
      ratios.add(makespan / one.best, (user + system) / 1000);
    }
    console.log(`${set.padEnd(12)} ${name.padEnd(30)} ${ratios.toString()}`);
  }
}
