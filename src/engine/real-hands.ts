/** The hands of a real run: git, processes and files, put together. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import { neutralise } from '../base/text.js';
import { agentExecutor } from '../executor/agent/agent.js';
import { createExecutorTools, type ExecutorTools } from '../executor/attempt-process.js';
import { endLeftovers, findLeftovers } from '../executor/mark.js';
import { createExecutors } from '../executor/registry.js';
import type { WorktreeSlot } from '../git/deeds.js';
import { createPlanDeeds } from '../git/plan-deeds.js';
import { outputFile } from '../journal/layout.js';
import type { Entry } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import { attemptStarter } from './attempts.js';
import { conflictAgent } from './conflict-agent.js';
import { failureOf } from './failure-of.js';
import type { Hands } from './hands.js';
import { createLandingHands, proposalOf } from './landing-hands.js';
import type { OpenedRun } from './open-run.js';
import type { OrchestrateRequest } from './orchestrate-request.js';
import { slotOf, worktreesFolder } from './places.js';
import { promptWriter } from './prompts.js';
import { lastWordsOf, runCommand, runProgram } from './run-command.js';
import { runView } from './run-view.js';
import { candidateVerifier, conflictWorktree, settleByCommand } from './scratch.js';
import { proposePlans } from '../landing/pull-requests.js';
import { settler } from '../landing/resolve.js';
import { attemptName } from '../state/attempt-name.js';

/** Hands that have to be let go of in the end. */
export interface RealHands extends Hands {
  /** Ends processes that a dead orchestrator of this run left behind. */
  endLeftovers(): Promise<void>;
  /** Told of every entry: a person's word on a task that waits for one. */
  observe(entry: Entry): void;
  close(): Promise<void>;
}

/** Milliseconds between asking a process to end and making it. */
const graceMs = 5_000;

export function realHands(request: OrchestrateRequest, run: OpenedRun): RealHands {
  const { repository, clock, environment } = request;
  const { state, paths } = run;
  const top = repository.main ?? repository.commonDir;
  const folder = worktreesFolder(top, state.orchestration, state.settings);
  const tools = createExecutorTools(clock, state.settings.secrets, graceMs);
  const executors = createExecutors(tools, agentExecutor({ ...tools, timeZone: request.timeZone }));
  const setup = state.settings.setup;
  const plans = createPlanDeeds(repository, {
    run: state.run,
    copy: state.settings.copy,
    ...(setup !== undefined && { setup: (slot: WorktreeSlot) => runSetup(setup, slot, join(paths.attempts, `setup-${slot.plan}.${slot.slot}.log`), environment, tools) }),
  });
  const prompt = promptWriter({
    state,
    environment,
    templates: request.templates,
    outputOf: (node, attempt) => lastWordsOf(outputFile(paths, attemptName(state, node, attempt), attempt)),
  });
  const scratch = { repository, state, plans, folder, logs: paths.attempts, environment, tools };
  const agent = conflictAgent({ repository, state, executor: executors, paths, temporary: request.temporary, environment });
  const landing = createLandingHands({
    repository,
    state,
    verify: candidateVerifier(scratch),
    settle: () =>
      settler(repository, state.settings.landing.onConflict, {
        worktree: conflictWorktree(scratch),
        work: (path, subject, conflict) =>
          state.settings.landing.onConflict === 'agent' ? agent.settle(path, subject, conflict) : settleByCommand(scratch, path, subject, conflict),
      }),
    stopSettling: () => agent.cancel(),
    propose: ({ plans: wanted, heads }) =>
      proposePlans(
        repository,
        state.orchestration.target,
        wanted.map((plan, index) => proposalOf(state, plan, heads[index] as string)),
        (argv, cwd) => runProgram(argv, cwd, environment, join(paths.attempts, 'pull-requests.log'), tools),
      ),
  });
  return {
    plans,
    landing,
    view: runView(state),
    slot: (node, slot) => slotOf(folder, node, slot),
    exists: (folder) => lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true,
    beginAttempt: attemptStarter({ state, executor: executors, paths, temporary: request.temporary, environment, prompt, report: (node, progress) => request.observer.progress(node, progress) }),
    failureOf,
    endLeftovers: async () => endLeftovers(await findLeftovers(tools.scanner ?? never(), state.run, paths.attempts), clock, graceMs),
    observe: ({ event }) => {
      if (event.kind === 'mark.requested' && (event.as === 'completed' || event.as === 'failed')) executors.manual.settle(event.node, event.as === 'completed' ? 'passed' : 'failed', event.note);
    },
    async close() {
      plans.close();
      await tools.cleanedUp();
    },
  };
}

function never(): never {
  throw new Error('executor tools come with a scanner');
}

async function runSetup(command: string, slot: WorktreeSlot, output: string, environment: Readonly<Record<string, string>>, tools: ExecutorTools): Promise<Result<void, Failure>> {
  const end = await runCommand({ command, cwd: slot.path, environment: { ...environment, PLAN_ID: slot.plan, PLAN_WORKTREE: slot.path }, output }, tools);
  if (end.code === 0) return ok(undefined);
  return err({
    kind: 'failed',
    code: 'setup-failed',
    message: `setup of the worktree of ${slot.plan} failed${end.code === undefined ? '' : ` with exit code ${end.code}`}: ${neutralise(end.tail.split('\n').at(-1) ?? '')}`,
    hint: `see ${output}; then run the same command again`,
  });
}
