/** The nodes of one plan, and the barriers between its phases. What orders tasks inside a phase is in phase-edges.ts. */

import type { NodeId } from '../model/ids.js';
import { phaseNode } from '../model/ids.js';
import { executionOf, featuresOf, type Features, type Phase, type Plan, type Settings } from '../model/orchestration.js';
import { estimateSeconds, estimateVerify, type LearnedSeconds } from './estimate.js';
import type { DraftNode, GraphDraft } from './graph-draft.js';
import { wireTasks, wireWaves } from './phase-edges.js';
import { agentPool, poolsOfTask, type FilePools } from './pools.js';

/** What the nodes of a plan are made with. */
export interface NodeSources {
  readonly settings: Settings;
  readonly learned: LearnedSeconds | undefined;
  readonly pools: FilePools;
}

/** A verification of a phase that is run, not merely shown. */
export interface RunnableVerify {
  readonly id: NodeId;
  /** False: the phase is published without waiting for it. */
  readonly blocking: boolean;
}

/**
 * The verifications of a phase that can be carried out: those with a script, and those with criteria where the plan's executor
 * is an agent. The others have no node; `manifest/` reports them. Their ids count all of the phase's, from 1.
 */
export function runnableVerifies(plan: Plan, phase: Phase, settings: Settings): readonly RunnableVerify[] {
  const judged = executionOf(settings, plan.id).executor.kind === 'agent';
  const background = featuresOf(settings, plan.id).backgroundVerify;
  return phase.verifies.flatMap((verify, at) => {
    if (verify.script === undefined && !judged) return [];
    return [{ id: `${phaseNode(plan.id, phase.id)}.verify${at + 1}`, blocking: verify.blocking || !background }];
  });
}

/** Adds the plan's nodes in file order. */
export function addPlan(draft: GraphDraft, plan: Plan, { settings, learned, pools }: NodeSources): void {
  const gate = (id: NodeId, kind: DraftNode['kind'], phase?: string): number =>
    draft.add({ id, kind, plan: plan.id, seconds: 0, ...(phase === undefined ? {} : { phase }) });
  const addVerify = (id: NodeId, phase?: string): void => {
    const agent = agentPool(id, settings);
    const uses = agent === undefined ? {} : { uses: new Map([[agent, 1]]) };
    draft.add({ id, kind: 'verify', plan: plan.id, seconds: estimateVerify(id, learned), ...uses, ...(phase === undefined ? {} : { phase }) });
  };
  gate(`${plan.id}.start`, 'start');
  for (const phase of plan.phases) {
    const id = phaseNode(plan.id, phase.id);
    if (phase.depends.length > 0) gate(`${id}.needs`, 'group', phase.id);
    gate(`${id}.open`, 'open', phase.id);
    for (const task of phase.tasks) {
      const uses = poolsOfTask(task, settings, pools);
      draft.add({
        id: task.id,
        kind: 'task',
        plan: plan.id,
        phase: phase.id,
        seconds: estimateSeconds(task, learned),
        ...(uses === undefined ? {} : { uses }),
      });
    }
    const verifies = runnableVerifies(plan, phase, settings);
    if (verifies.some(({ blocking }) => blocking)) gate(`${id}.tasks`, 'group', phase.id);
    for (const verify of verifies) addVerify(verify.id, phase.id);
    gate(id, 'phase', phase.id);
  }
  if (Object.hasOwn(settings.planVerify, plan.id)) addVerify(`${plan.id}.verify`);
  gate(plan.id, 'plan');
  gate(`${plan.id}.landed`, 'landed');
}

/** Adds the plan's edges, and gates where they spare edges. All nodes of all plans exist. */
export function wirePlan(draft: GraphDraft, plan: Plan, settings: Settings): void {
  const features = featuresOf(settings, plan.id);
  const start = draft.index(`${plan.id}.start`);
  for (const named of plan.depends) draft.state(named, start, plan.id);
  const complete: number[] = [start];
  for (const phase of plan.phases) {
    wireNeeds(draft, plan, phase);
    for (const end of wirePhaseEnds(draft, plan, phase, settings)) complete.push(end);
  }
  const waves = features.taskDependencyGraph ? plan.waves : undefined;
  if (waves === undefined) {
    wireBarriers(draft, plan, features);
    for (const [at, phase] of plan.phases.entries()) wireTasks(draft, { plan, phase, at, features });
  } else {
    wireWaves(draft, plan, waves);
  }
  const end = draft.index(plan.id);
  const verify = draft.indexOf.get(`${plan.id}.verify`);
  for (const each of complete) draft.edge(each, verify ?? end);
  if (verify !== undefined) draft.edge(verify, end);
  draft.edge(end, draft.index(`${plan.id}.landed`));
}

/** From the phase's tasks to its gate, through its verifications. Gives what the plan waits for because of this phase. */
function wirePhaseEnds(draft: GraphDraft, plan: Plan, phase: Phase, settings: Settings): readonly number[] {
  const id = phaseNode(plan.id, phase.id);
  const published = draft.index(id);
  const allTasks = draft.indexOf.get(`${id}.tasks`) ?? published;
  draft.edge(draft.index(`${id}.open`), allTasks);
  for (const task of phase.tasks) draft.edge(draft.index(task.id), allTasks);
  if (allTasks !== published) draft.edge(allTasks, published);
  const background: number[] = [];
  for (const verify of runnableVerifies(plan, phase, settings)) {
    const node = draft.index(verify.id);
    if (verify.blocking) {
      draft.edge(allTasks, node);
      draft.edge(node, published);
    } else {
      draft.edge(published, node);
      background.push(node);
    }
  }
  return [published, ...background];
}

/** What the manifest and other plans add to a phase holds for all of its tasks, also for those that start before it opens. */
function wireNeeds(draft: GraphDraft, plan: Plan, phase: Phase): void {
  const id = phaseNode(plan.id, phase.id);
  const start = draft.index(`${plan.id}.start`);
  const needs = draft.indexOf.get(`${id}.needs`);
  if (needs !== undefined) {
    draft.edge(start, needs);
    for (const named of phase.depends) draft.state(named, needs, id);
  }
  draft.edge(needs ?? start, draft.index(`${id}.open`));
}

/**
 * Phases open in file order, neighbours marked parallel together. A phase that states what it waits for, or that opens early,
 * leaves the order; the next one that states nothing waits for it as well, and for every phase before it.
 */
function wireBarriers(draft: GraphDraft, plan: Plan, features: Features): void {
  let since: number[] = [];
  let before: readonly Phase[] = [];
  for (const group of groupsOf(plan.phases, features)) {
    const ordered: number[] = [];
    for (const phase of group) {
      const open = draft.index(`${phaseNode(plan.id, phase.id)}.open`);
      if (!openByOwnRule(draft, plan, phase, before, features)) ordered.push(open);
    }
    const first = group[0]?.id ?? '';
    draft.barrier(since, ordered, () => ({ id: `${phaseNode(plan.id, first)}.before`, kind: 'group', plan: plan.id, phase: first, seconds: 0 }));
    const published = group.map((phase) => draft.index(phaseNode(plan.id, phase.id)));
    since = ordered.length > 0 ? published : [...since, ...published];
    before = group;
  }
}

/** Wires a phase whose opening the file states; false where it states nothing and the barrier holds. */
function openByOwnRule(draft: GraphDraft, plan: Plan, phase: Phase, before: readonly Phase[], features: Features): boolean {
  const id = phaseNode(plan.id, phase.id);
  const open = draft.index(`${id}.open`);
  const after = features.taskDependencyGraph ? phase.after : undefined;
  const early = features.taskDependencyGraph && features.pipelinePhaseOverlap ? phase.pipelineStart : undefined;
  for (const named of after ?? []) draft.state(named, open, id);
  if (early === undefined) return after !== undefined;
  if ('when' in early) {
    draft.state(early.when, open, id);
    return true;
  }
  const tasks = before.flatMap((each) => each.tasks.map((task) => draft.index(task.id)));
  for (const each of before) draft.edge(draft.index(`${phaseNode(plan.id, each.id)}.open`), open);
  const quorum = Math.ceil((tasks.length * Math.min(100, early.percent)) / 100);
  if (quorum > 0) {
    const gate = draft.add({ id: `${id}.pipeline`, kind: 'group', plan: plan.id, phase: phase.id, seconds: 0, quorum });
    for (const task of tasks) draft.edge(task, gate);
    draft.edge(gate, open);
  }
  return true;
}

/** Runs of neighbours marked parallel; every other phase by itself. */
function groupsOf(phases: readonly Phase[], features: Features): readonly (readonly Phase[])[] {
  const groups: Phase[][] = [];
  let open: Phase[] | undefined;
  for (const phase of phases) {
    const joins = phase.parallel && features.taskDependencyGraph;
    if (joins && open !== undefined) open.push(phase);
    else groups.push([phase]);
    open = joins ? (groups[groups.length - 1] ?? open) : undefined;
  }
  return groups;
}
