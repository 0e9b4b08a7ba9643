/** Small orchestrations for tests of the scheduler, said in a few words and made into the real model and the real graph. */
import { settingsOf } from '../graph/orchestration-of.js';
import { buildGraph } from '../../src/graph/build-graph.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Execution, Features, LandingSettings, Limits, Orchestration, Phase, Plan, Settings, Task } from '../../src/model/orchestration.js';
import type { DocumentVerify } from '../../src/model/plan-document.js';
import type { NodeId } from '../../src/model/ids.js';

export interface SampleTask {
  readonly id: string;
  readonly seconds?: number;
  /** Of the own plan, whole ids or local ones; absent: the phase's rule. */
  readonly after?: readonly string[];
  /** Of other plans. */
  readonly depends?: readonly NodeId[];
  readonly uses?: Readonly<Record<string, number>>;
  readonly files?: readonly string[];
  readonly done?: boolean;
}

export interface SamplePhase {
  readonly tasks: readonly SampleTask[];
  readonly order?: 'free' | 'file';
  readonly parallel?: boolean;
  readonly depends?: readonly NodeId[];
  readonly after?: readonly NodeId[];
  readonly percent?: number;
  readonly verifies?: readonly ('blocking' | 'background')[];
}

export interface SamplePlan {
  readonly id: string;
  readonly priority?: number;
  readonly depends?: readonly NodeId[];
  readonly phases: readonly SamplePhase[];
}

export interface SampleOptions {
  readonly limits?: Partial<Limits>;
  readonly landing?: Partial<LandingSettings>;
  readonly features?: Partial<Features>;
  readonly execution?: Readonly<Record<string, Partial<Execution>>>;
  readonly perPlan?: number;
  readonly failFast?: boolean;
  readonly verify?: string;
}

function sampleSettings(options: SampleOptions = {}): Settings {
  const execution: Execution = { executor: { kind: 'shell', shell: 'true' }, stuckSeconds: 1800, retries: 0, env: {} };
  const usual = settingsOf();
  const limits: Limits = { ...usual.limits, ...options.limits };
  return {
    ...usual,
    limits,
    landing: { ...usual.landing, ...options.landing },
    features: { ...usual.features, ...options.features },
    execution: { '': execution, ...Object.fromEntries(Object.entries(options.execution ?? {}).map(([id, own]) => [id, { ...execution, ...own }])) },
    ...(options.verify !== undefined && { verify: options.verify }),
    failFast: options.failFast ?? false,
    perPlan: options.perPlan ?? limits.tasks,
    commit: { hooks: false },
  };
}

export function sample(plans: readonly SamplePlan[], options: SampleOptions = {}): { readonly orchestration: Orchestration; readonly graph: Graph } {
  const orchestration: Orchestration = { manifest: 'manifest.yml', digest: '0', target: 'main', plans: plans.map(samplePlan), settings: sampleSettings(options) };
  const graph = buildGraph(orchestration);
  if (!graph.ok) throw new Error(`the sample has a circle: ${JSON.stringify(graph.error)}`);
  return { orchestration, graph: graph.value };
}

function samplePlan(plan: SamplePlan): Plan {
  return {
    id: plan.id,
    file: `plans/${plan.id}.md`,
    fileDigest: '0',
    format: 'native',
    title: plan.id,
    goal: '',
    branch: `plan/${plan.id}`,
    priority: plan.priority ?? 50,
    depends: plan.depends ?? [],
    phases: plan.phases.map((phase, index) => samplePhase(plan.id, phase, `${index + 1}`)),
  };
}

function samplePhase(plan: string, phase: SamplePhase, id: string): Phase {
  const verify = (blocking: boolean): DocumentVerify => ({ blocking, script: 'true', criteria: [], place: { line: 1, column: 1 } });
  return {
    id,
    title: `Phase ${id}`,
    parallel: phase.parallel ?? false,
    order: phase.order ?? 'free',
    ...(phase.after && { after: phase.after }),
    depends: phase.depends ?? [],
    ...(phase.percent !== undefined && { pipelineStart: { percent: phase.percent } }),
    sequences: [],
    tasks: phase.tasks.map((task) => sampleTask(plan, task)),
    verifies: (phase.verifies ?? []).map((kind) => verify(kind === 'blocking')),
  };
}

function sampleTask(plan: string, task: SampleTask): Task {
  return {
    id: `${plan}.${task.id}`,
    title: task.id,
    line: 1,
    done: task.done ?? false,
    kind: 'task',
    group: [],
    body: '',
    ...(task.after && { after: task.after.map((id) => (id.startsWith(`${plan}.`) ? id : `${plan}.${id}`)) }),
    depends: task.depends ?? [],
    parallel: false,
    files: task.files ?? [],
    estimateSeconds: task.seconds ?? 1,
    uses: task.uses ?? {},
    changesNothing: false,
  };
}
