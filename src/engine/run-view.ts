/** What deeds may know of a run, read from its state at the moment of asking. */
import { assert } from '../base/assert.js';
import { localOf, planOf, type NodeId } from '../model/ids.js';
import { executionOf, type Orchestration, type Task } from '../model/orchestration.js';
import type { Trailer } from '../git/deeds.js';
import { commitOf, nodeState, type NodeState, type PlanState, type RunState } from '../state/run-state.js';
import type { RunView } from './hands.js';

/** A window on the living state: answers change as the loop folds. */
export function runView(state: RunState): RunView {
  return {
    plan: (id) => requirePlan(state, id).plan,
    tip: (id) => {
      const { tip } = requirePlan(state, id);
      assert(tip !== undefined, `plan ${id} has no branch yet`);
      return tip;
    },
    target: () => state.target,
    nodeKind: (node) => requireNode(state, node).node.kind,
    isByHand: (node) => requireNode(state, node).byHand === 'completed',
    published: (nodes) =>
      [...nodes]
        .sort((a, b) => requireNode(state, a).index - requireNode(state, b).index)
        .flatMap((name) => {
          const commit = commitOf(state, name);
          return commit === undefined ? [] : [{ name, commit }];
        }),
    attempt: (node, number) => {
      const attempt = requireNode(state, node).attempts[number - 1];
      assert(attempt, `${node} has no attempt ${number}`);
      const { base, slot, outcome } = attempt;
      return { base, slot, ...(outcome && { outcome }) };
    },
    mayChangeNothing: (node) => {
      const { executor } = executionOf(state.settings, node);
      return executor.kind !== 'agent' || findTask(state.orchestration, node)?.task.changesNothing === true;
    },
    commitMessage: (node, attempt) => {
      const title = findTask(state.orchestration, node)?.task.title ?? '';
      return {
        subject: oneLine(title === '' ? node : `${title} (${node})`),
        body: '',
        trailers: [...runTrailers(state, node), ['Plan-Task', localOf(node)], ['Plan-Attempt', `${state.run} ${node}#${attempt}`]],
      };
    },
    mergeMessage: (plan, names) => ({
      subject: oneLine(`Merge ${names.join(', ')} into ${requirePlan(state, plan).plan.branch}`),
      trailers: runTrailers(state, plan),
    }),
    commitHooks: () => state.settings.commit.hooks,
    isDone: (id) => requirePlan(state, id).plan.phases.every((phase) => phase.tasks.every((task) => task.done) && phase.verifies.length === 0),
    settlesConflicts: () => state.settings.landing.onConflict !== 'stop',
  };
}

/** Trailers that every commit of ours carries: the run and the plan. */
function runTrailers(state: RunState, node: NodeId): readonly Trailer[] {
  return [
    ['Plan-Run', state.run],
    ['Plan-Id', planOf(node)],
  ];
}

/** A subject is one line of at most 200 characters, whatever a title holds. */
function oneLine(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return clean.length <= 200 ? clean : `${clean.slice(0, 199)}…`;
}

/** The state of a plan that must exist. */
export function requirePlan(state: RunState, id: string): PlanState {
  const plan = state.plans.get(id);
  assert(plan, `no plan ${id}`);
  return plan;
}

/** The state of a node that must exist. */
export function requireNode(state: RunState, id: NodeId): NodeState {
  const node = nodeState(state, id);
  assert(node, `no node ${id}`);
  return node;
}

/** A task and the id of its phase. */
export interface PlacedTask {
  readonly phase: string;
  readonly task: Task;
}

const placed = new WeakMap<Orchestration, ReadonlyMap<NodeId, PlacedTask>>();

/** The task behind a node id; undefined for gates and verifies. */
export function findTask(orchestration: Orchestration, node: NodeId): PlacedTask | undefined {
  let tasks = placed.get(orchestration);
  if (!tasks) {
    tasks = new Map(orchestration.plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks.map((task) => [task.id, { phase: phase.id, task }] as const))));
    placed.set(orchestration, tasks);
  }
  return tasks.get(node);
}
