/** The landing queue's scratch worktrees: candidates are verified there, conflicts settled there. */
import { join } from 'node:path';
import type { Result } from '../base/result.js';
import type { ExecutorTools } from '../executor/attempt-process.js';
import type { PlanDeeds, PreparedWorktree } from '../git/deeds.js';
import type { Repository } from '../git/repository.js';
import type { LandingSubject, StepConflict } from '../landing/landing-step.js';
import { verifyCandidate } from '../landing/verify-candidate.js';
import type { Event } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import type { CommitId } from '../model/ids.js';
import type { LandingDecision } from '../scheduler/landing-decision.js';
import type { RunState } from '../state/run-state.js';
import { landingWorktree } from './places.js';
import { runCommand } from './run-command.js';

export interface ScratchParts {
  readonly repository: Repository;
  readonly state: RunState;
  /** Their worktrees get what `copy` and `setup` say, as every worktree does. */
  readonly plans: PlanDeeds;
  /** Folder of the manifest's worktrees. */
  readonly folder: string;
  /** Folder for output. */
  readonly logs: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly tools: ExecutorTools;
}

/** Verifies candidates, as many side by side as the landing queue asks for, each in a lane of its own. */
export function candidateVerifier(parts: ScratchParts): (wanted: Extract<LandingDecision, { kind: 'verify-landing' }>, stop: AbortSignal) => Promise<readonly Event[]> {
  const { state } = parts;
  const busy = new Set<number>();
  return async ({ commit, tree, attempt, key }, stop) => {
    const command = state.settings.verify;
    if (command === undefined) return [{ kind: 'landing.verified', commit, tree, attempt, key, result: 'green' }];
    let lane = 0;
    while (busy.has(lane)) lane += 1;
    busy.add(lane);
    try {
      const output = join(parts.logs, `landing-${commit.slice(0, 12)}#${attempt}.log`);
      return await verifyCandidate(
        parts.repository,
        { commit, tree, attempt, key, command, stop },
        {
          worktree: (at) => scratch(parts, lane, at),
          run: (line, cwd, signal) => runCommand({ command: line, cwd, environment: { ...environmentOf(parts, cwd), PLAN_CANDIDATE: commit }, output, stop: signal }, parts.tools),
        },
      );
    } finally {
      busy.delete(lane);
    }
  };
}

/** The lane of conflicts: candidates are built one at a time, beside verifications. */
const conflictLane = -1;

/** A scratch worktree in which one conflict at a time is settled. */
export function conflictWorktree(parts: ScratchParts): (commit: CommitId) => Promise<Result<PreparedWorktree, Failure>> {
  return (commit) => scratch(parts, conflictLane, commit);
}

/** Lets the user's own command settle a conflict: it finds the files with conflict markers, and says by exit 0 that it is done. */
export async function settleByCommand(parts: ScratchParts, path: string, subject: LandingSubject, conflict: StepConflict): Promise<boolean> {
  const command = parts.state.settings.landing.conflictCommand;
  if (command === undefined) return false;
  const output = join(parts.logs, `conflict-${subject.plan}-${conflict.ours.slice(0, 12)}.log`);
  const environment = { ...environmentOf(parts, path), PLAN_ID: subject.plan, PLAN_CONFLICT_FILES: conflict.files.join('\n') };
  return (await runCommand({ command, cwd: path, environment, output }, parts.tools)).code === 0;
}

function scratch(parts: ScratchParts, lane: number, commit: CommitId): Promise<Result<PreparedWorktree, Failure>> {
  const name = lane === conflictLane ? 'conflict' : `landing${lane}`;
  return parts.plans.prepareWorktree({ plan: '_landing', slot: name, path: landingWorktree(parts.folder, lane), disposable: true }, commit);
}

function environmentOf({ state, environment }: ScratchParts, path: string): Record<string, string> {
  return { ...environment, PLAN_RUN: state.run, PLAN_WORKTREE: path };
}
