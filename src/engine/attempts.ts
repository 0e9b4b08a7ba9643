/** From a decision to start something to the request that its executor gets. */
import { assert } from '../base/assert.js';
import type { Executor, AttemptRequest, Progress, RunningAttempt } from '../executor/executor.js';
import { outputFile, scratchFolder, type RunPaths } from '../journal/layout.js';
import { localOf, planOf, type NodeId } from '../model/ids.js';
import { executionOf, type Execution } from '../model/orchestration.js';
import type { DocumentVerify } from '../model/plan-document.js';
import type { Decision } from '../scheduler/decision.js';
import { attemptName } from '../state/attempt-name.js';
import type { RunState } from '../state/run-state.js';
import { withinBudget } from './budgets.js';
import { findTask, requirePlan } from './run-view.js';

/** Bytes of output that an attempt may leave on the disk. */
const outputLimit = 16 * 1024 * 1024;

export interface AttemptParts {
  readonly state: RunState;
  readonly executor: Executor;
  readonly paths: RunPaths;
  /** Folder for temporary files, such as `/tmp`. */
  readonly temporary: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly prompt: (node: NodeId, attempt: number, worktree: string) => Promise<string>;
  readonly report: (node: NodeId, progress: Progress) => void;
}

/** What a node is, for whoever carries it out. */
interface Work {
  readonly phase: string;
  readonly title: string;
  readonly script?: string;
  readonly execution: Execution;
}

/** Starts attempts of one run. */
export function attemptStarter(parts: AttemptParts): (decision: Extract<Decision, { kind: 'start' }>, worktree: string) => Promise<RunningAttempt> {
  const { state, paths } = parts;
  return async ({ node, attempt, session }, worktree) => {
    const work = workOf(state, node);
    const budgeted = withinBudget(state, node, work.execution);
    if ('spent' in budgeted) return { finished: Promise.resolve({ result: 'failed', reason: 'budget', note: budgeted.spent }), cancel: () => undefined };
    const request: AttemptRequest = {
      run: state.run,
      node,
      attempt,
      plan: planOf(node),
      phase: work.phase,
      task: localOf(node),
      title: work.title,
      worktree,
      outputFile: outputFile(paths, attemptName(state, node, attempt), attempt),
      outputLimit,
      scratch: scratchFolder(parts.temporary, paths, node, attempt),
      ...(work.script !== undefined && { script: work.script }),
      prompt: await parts.prompt(node, attempt, worktree),
      execution: budgeted.execution,
      environment: parts.environment,
      ...(session !== undefined && { session }),
    };
    return parts.executor.begin(request, (progress) => parts.report(node, progress));
  };
}

/** What a task or verify node has to do. */
export function workOf(state: RunState, node: NodeId): Work {
  const index = state.graph.indexOf.get(node);
  const graphNode = index === undefined ? undefined : state.graph.nodes[index];
  assert(graphNode, `no node ${node}`);
  const execution = executionOf(state.settings, node);
  if (graphNode.kind === 'task') {
    const placed = findTask(state.orchestration, node);
    assert(placed, `no task ${node}`);
    const { phase, task } = placed;
    return { phase, title: task.title, ...(task.script !== undefined && { script: task.script }), execution };
  }
  const check = verifyOf(state, node);
  // A verify with a command is run by a shell, whoever carries the tasks out.
  const shell: Execution = check.script === undefined ? execution : { ...execution, executor: { kind: 'shell' } };
  return { phase: graphNode.phase ?? '', title: check.title, ...(check.script !== undefined && { script: check.script }), execution: shell };
}

/** The verify behind `A.phase2.verify1` or `A.verify`. */
export function verifyOf(state: RunState, node: NodeId): { readonly title: string; readonly script?: string; readonly criteria: readonly string[] } {
  const { plan } = requirePlan(state, planOf(node));
  const local = localOf(node);
  if (local === 'verify') {
    const script = state.settings.planVerify[plan.id];
    return { title: `VERIFY ${plan.id}`, ...(script !== undefined && { script }), criteria: [] };
  }
  const match = /^phase(.+)\.verify(\d+)$/.exec(local);
  const phase = plan.phases.find((one) => one.id === match?.[1]);
  const verify: DocumentVerify | undefined = phase?.verifies[Number(match?.[2]) - 1];
  assert(phase && verify, `no verify ${node}`);
  return { title: `VERIFY phase ${phase.id}`, ...(verify.script !== undefined && { script: verify.script }), criteria: verify.criteria };
}
