/** Verifies candidates in scratch worktrees, as many side by side as the landing queue asks for. */
import { join } from 'node:path';
import type { ExecutorTools } from '../executor/attempt-process.js';
import { createPlanDeeds } from '../git/plan-deeds.js';
import type { Repository } from '../git/repository.js';
import type { RunState } from '../state/run-state.js';
import type { LandingTools, VerifyResult } from './landing-hands.js';
import { landingWorktree } from './places.js';
import { runCommand } from './run-command.js';

export interface VerifierParts {
  readonly repository: Repository;
  readonly state: RunState;
  /** Folder of the manifest's worktrees. */
  readonly folder: string;
  /** Folder for output. */
  readonly logs: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly tools: ExecutorTools;
}

/** Exit code by which a verify command says that it cannot tell (as in `git bisect run`). */
const cannotTell = 125;
/** The shell found no such command, or may not run it: nothing is said about the candidate. */
const notRun: ReadonlySet<number> = new Set([126, 127]);

/** Runs the verify command on a candidate. A verification that changes tracked files has not verified what would land. */
export function candidateVerifier(parts: VerifierParts): LandingTools['verify'] {
  const { state, environment } = parts;
  const plans = createPlanDeeds(parts.repository, { run: state.run, copy: state.settings.copy });
  const busy = new Set<number>();
  return async ({ commit, attempt }, stop): Promise<VerifyResult> => {
    const command = state.settings.verify;
    if (command === undefined) return { result: 'green' };
    let lane = 0;
    while (busy.has(lane)) lane += 1;
    busy.add(lane);
    try {
      const path = landingWorktree(parts.folder, lane);
      const prepared = await plans.prepareWorktree({ plan: '', slot: `landing${lane}`, path }, commit);
      if (!prepared.ok) return { result: 'inconclusive', note: prepared.error.message };
      const output = join(parts.logs, `landing-${commit.slice(0, 12)}#${attempt}.log`);
      const end = await runCommand({ command, cwd: path, environment: { ...environment, PLAN_RUN: state.run, PLAN_WORKTREE: path, PLAN_CANDIDATE: commit }, output, stop }, parts.tools);
      if (end.stopped) return { result: 'abandoned' };
      if (end.timedOut || end.code === undefined || end.code === cannotTell || notRun.has(end.code)) return { result: 'inconclusive', note: end.tail };
      if (end.code !== 0) return { result: 'red', note: end.tail };
      const left = await plans.inspect(path);
      return left.head !== commit ? { result: 'red', note: 'the verify command moved HEAD of its worktree' } : { result: 'green' };
    } finally {
      busy.delete(lane);
    }
  };
}
