/** Names of things, as people write them. An id never changes its meaning during a run. */

/** A plan's name in the manifest: `[A-Za-z][A-Za-z0-9_-]*`, never `phaseN`, never `landed`. Holds no dot. */
export type PlanId = string;
/** A phase's number in its file, such as `2`: unique inside one plan. */
export type PhaseId = string;
/** A task's own id in its plan file, such as `2.3` or `T012`: unique inside one plan. */
export type LocalTaskId = string;
/** A task in the whole orchestration: `A.2.3`. The plan is what stands before the first dot. */
export type TaskId = `${PlanId}.${LocalTaskId}`;
/** Anything that can be waited for: `A.2.3`, `A.phase2`, `A`, `A.landed`, and the gates of graph/graph.ts. */
export type NodeId = string;
/** A run's name: safe as a folder and as a part of a ref. */
export type RunId = string;
/** A full hexadecimal object id of a commit. */
export type CommitId = string;

/** The whole-orchestration id of a plan's task. */
export function taskId(plan: PlanId, local: LocalTaskId): TaskId {
  return `${plan}.${local}`;
}

/** The plan of a task, phase gate or any other node id. */
export function planOf(id: NodeId): PlanId {
  const dot = id.indexOf('.');
  return dot < 0 ? id : id.slice(0, dot);
}

/** What a task is called inside its plan. */
export function localOf(id: NodeId): LocalTaskId {
  return id.slice(id.indexOf('.') + 1);
}

/** The node that stands for a phase being published. */
export function phaseNode(plan: PlanId, phase: PhaseId): NodeId {
  return `${plan}.phase${phase}`;
}
