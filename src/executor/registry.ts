/** The executor for every kind of execution: each request goes to the one that its settings name. */
import { createCommandExecutor } from './command.js';
import type { Executor } from './executor.js';
import { createManualExecutor } from './manual.js';
import type { ManualExecutor } from './manual.js';
import { createShellExecutor } from './shell.js';
import type { ExecutorTools } from './attempt-process.js';

/** All executors behind one door, and the one that a person's word goes to. */
export interface Executors extends Executor {
  readonly manual: ManualExecutor;
}

/** `agent` carries out what agents are asked to; how it reaches them is its own affair. */
export function createExecutors(tools: ExecutorTools, agent: Executor): Executors {
  const manual = createManualExecutor();
  const byKind = { shell: createShellExecutor(tools), command: createCommandExecutor(tools), manual, agent };
  return {
    manual,
    begin: (request, report) => byKind[request.execution.executor.kind].begin(request, report),
  };
}
