/** Predicts a run: the same decisions by a virtual clock, and what simpler ways of running the same plans would take. */
import { buildGraph, type GraphOptions } from '../graph/build-graph.js';
import { criticalPath, lowerBound } from '../graph/critical-path.js';
import type { Graph } from '../graph/graph.js';
import { localOf, planOf, type NodeId, type PlanId } from '../model/ids.js';
import type { Execution, Features, Orchestration, Settings } from '../model/orchestration.js';
import type { Effort } from '../scheduler/improve.js';
import { poolCapacity } from '../state/capacity.js';
import type { NodeState, RunState } from '../state/run-state.js';
import { forecast } from './plan-ahead.js';
import { runVirtually } from './simulate-run.js';

export interface SimulateOptions extends GraphOptions {
  /** How long to look for a better order; absent: below a second for a few hundred tasks. */
  readonly effort?: Effort;
}

/** A predicted run. Times are seconds from its start. */
export interface Simulation {
  readonly makespanSeconds: number;
  /** Nothing that respects dependencies and limits can be shorter. */
  readonly lowerBoundSeconds: number;
  /** One plan after another, phase after phase, five tasks side by side. */
  readonly phaseByPhaseSeconds: number;
  /** Attempts side by side at most. */
  readonly slots: number;
  /** Share of the slots' time that is worked, 0 to 1. */
  readonly utilisation: number;
  /** The longest chain of tasks and verifications. */
  readonly criticalPath: readonly NodeId[];
  /** What each further ability brings, the last one being the run as it is set up. */
  readonly comparison: readonly Stage[];
  /** Tasks that are still to be done, in the order of their starts. */
  readonly tasks: readonly SimulatedTask[];
  readonly verifies: readonly SimulatedTask[];
  /** The state at the end of the virtual run, for pictures of it; its times are milliseconds from 0. */
  readonly state: RunState;
}

interface Stage {
  readonly name: 'phase-by-phase' | 'dependencies' | 'overlap' | 'everything';
  readonly seconds: number;
}

interface SimulatedTask {
  readonly plan: PlanId;
  /** The plan's own id of the task, such as `2.3`; for a verify what stands after the plan's id. */
  readonly task: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Tasks side by side in the way of working that ours is measured against. */
const baselineSlots = 5;

/** Simulates an orchestration from its beginning: every attempt passes and takes what is expected of it. */
export function simulate(orchestration: Orchestration, graph: Graph, options: SimulateOptions = {}): Simulation {
  const simple = simplified(orchestration);
  const { run } = forecast(simple, graph, options.effort);
  const { state, makespan } = run;
  const slots = orchestration.settings.limits.tasks;
  const work = graph.nodes.reduce((sum, node) => sum + node.seconds, 0);
  const comparison = compared(simple, options, makespan / 1000);
  const capacity = (pool: string): number | undefined => {
    const found = poolCapacity(orchestration.settings, pool);
    return Number.isFinite(found) ? found : undefined;
  };
  return {
    makespanSeconds: makespan / 1000,
    lowerBoundSeconds: Math.min(makespan / 1000, lowerBound(graph, slots, capacity)),
    phaseByPhaseSeconds: comparison[0]?.seconds ?? makespan / 1000,
    slots,
    utilisation: makespan === 0 ? 0 : Math.round((1e6 * work) / (slots * (makespan / 1000))) / 1e6,
    criticalPath: criticalPath(graph).nodes,
    comparison,
    tasks: simulated(state, 'task'),
    verifies: simulated(state, 'verify'),
    state,
  };
}

/** The part of a simulation that is data for others: everything but the state. */
export function simulationJson(simulation: Simulation): Omit<Simulation, 'state'> {
  const { state: _, ...rest } = simulation;
  return rest;
}

function simulated(state: RunState, kind: 'task' | 'verify'): SimulatedTask[] {
  return state.nodes
    .filter((node) => node.node.kind === kind && node.attempts.length > 0)
    .map(oneSimulated)
    .sort((a, b) => a.startSeconds - b.startSeconds || a.endSeconds - b.endSeconds);
}

function oneSimulated({ node, attempts }: NodeState): SimulatedTask {
  const last = attempts[attempts.length - 1];
  return { plan: planOf(node.id), task: localOf(node.id), startSeconds: (last?.startedAt ?? 0) / 1000, endSeconds: (last?.endedAt ?? 0) / 1000 };
}

/** The same work with nothing in it that waits for people or the world. */
function simplified(orchestration: Orchestration): Orchestration {
  const { settings } = orchestration;
  const { cost: _cost, until: _until, ...limits } = settings.limits;
  const { verify: _verify, ...rest } = settings;
  const execution = Object.fromEntries(
    Object.entries(settings.execution).map(([id, own]): [string, Execution] => [id, own.executor.kind === 'manual' ? { ...own, executor: { kind: 'shell' } } : own]),
  );
  const simple: Settings = {
    ...rest,
    limits,
    execution,
    failFast: false,
    landing: { ...settings.landing, approve: 'auto', push: false, pullRequests: false },
  };
  return { ...orchestration, settings: simple };
}

function compared(orchestration: Orchestration, options: SimulateOptions, everything: number): readonly Stage[] {
  const off: Partial<Features> = { multiPlanOrchestration: false, taskDependencyGraph: false, pipelinePhaseOverlap: false, backgroundVerify: false };
  const stages: readonly (readonly [Stage['name'], Partial<Features>])[] = [
    ['phase-by-phase', off],
    ['dependencies', { ...off, taskDependencyGraph: true }],
    ['overlap', { multiPlanOrchestration: false }],
  ];
  const measured = stages.flatMap(([name, features]): Stage[] => {
    const variant = withFeatures(orchestration, features);
    const graph = buildGraph(variant, options);
    return graph.ok ? [{ name, seconds: runVirtually(variant, graph.value).makespan / 1000 }] : [];
  });
  return [...measured, { name: 'everything', seconds: everything }];
}

/** The orchestration with some abilities switched off, and the five places of the way of working that we compare with. */
function withFeatures(orchestration: Orchestration, features: Partial<Features>): Orchestration {
  const { planFeatures: _, ...settings } = orchestration.settings;
  const { plans: _plans, ...limits } = settings.limits;
  return {
    ...orchestration,
    settings: { ...settings, features: { ...settings.features, ...features }, limits: { ...limits, tasks: baselineSlots }, perPlan: baselineSlots },
  };
}
