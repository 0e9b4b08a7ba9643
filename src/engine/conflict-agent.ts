/**
 * `onConflict: agent`: whoever carries out the plan's tasks settles its conflict, in the checkout where both sides stand. It is told
 * what both sides meant; what it leaves is checked by landing/resolve.ts and verified like any candidate.
 */
import { join } from 'node:path';
import { oneLine } from '../executor/agent/one-line.js';
import { createMask } from '../executor/secrets.js';
import type { Executor, RunningAttempt } from '../executor/executor.js';
import { git } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import { scratchFolder, type RunPaths } from '../journal/layout.js';
import { conflictOrigin, type EarlierWork } from '../landing/conflict-origin.js';
import type { LandingSubject, StepConflict } from '../landing/landing-step.js';
import type { CommitId } from '../model/ids.js';
import { executionOf } from '../model/orchestration.js';
import type { RunState } from '../state/run-state.js';

export interface ConflictAgentParts {
  readonly repository: Repository;
  readonly state: RunState;
  readonly executor: Executor;
  readonly paths: RunPaths;
  /** Folder for temporary files, such as `/tmp`. */
  readonly temporary: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Settles conflicts one at a time. */
export interface ConflictAgent {
  /** True: it says it is done. False: it failed, it was stopped, or the plan's tasks are carried out by no agent. */
  settle(path: string, subject: LandingSubject, conflict: StepConflict): Promise<boolean>;
  /** Ends the one that works now. */
  cancel(): void;
}

const outputLimit = 16 * 1024 * 1024;

export function conflictAgent(parts: ConflictAgentParts): ConflictAgent {
  const { state, paths } = parts;
  let running: RunningAttempt | undefined;
  let count = 0;
  return {
    async settle(path, subject, conflict) {
      const execution = executionOf(state.settings, subject.plan);
      if (execution.executor.kind !== 'agent' && execution.executor.kind !== 'command') return false;
      const node = `${subject.plan}.conflict`;
      count += 1;
      running = parts.executor.begin(
        {
          run: state.run,
          node,
          attempt: count,
          plan: subject.plan,
          phase: '',
          task: 'conflict',
          title: `Settle the conflict of ${subject.plan}`,
          worktree: path,
          outputFile: join(paths.attempts, `conflict-${subject.plan}-${conflict.ours.slice(0, 12)}.log`),
          outputLimit,
          scratch: scratchFolder(parts.temporary, paths, node, count),
          prompt: await promptOf(parts, subject, conflict),
          execution,
          environment: parts.environment,
        },
        () => undefined,
      );
      const outcome = await running.finished;
      running = undefined;
      return outcome.result === 'passed';
    },
    cancel: () => running?.cancel('interrupted'),
  };
}

/** What the agent is told. Titles, subjects and paths are data of others: each on a line of its own, without control characters. */
async function promptOf(parts: ConflictAgentParts, subject: LandingSubject, conflict: StepConflict): Promise<string> {
  const { repository, state } = parts;
  const earlier: EarlierWork[] = [...state.plans.values()].flatMap(({ plan, tip }) => (plan.id === subject.plan || tip === undefined ? [] : [{ plan: plan.id, head: tip }]));
  const origin = await conflictOrigin(repository, subject.head, conflict.files, earlier);
  const other = origin === undefined ? undefined : state.plans.get(origin.plan)?.plan;
  const mask = createMask([parts.environment], state.settings.secrets);
  const text = [
    `You settle a merge conflict in this git worktree. The branch ${subject.branch} is being merged into what ${state.orchestration.target} will be.`,
    '',
    'HEAD (ours): what landed before.',
    ...(other === undefined || origin === undefined ? ['The change that it meets is in the target itself.'] : [...said(other), ...(await commits(repository, origin.head, subject.head, conflict.files))]),
    '',
    'MERGE_HEAD (theirs): the plan that lands now.',
    ...said(subject),
    ...(await commits(repository, subject.head, origin?.head ?? state.target.commit, conflict.files)),
    '',
    'Files in conflict:',
    ...listed(conflict.files),
    ...(conflict.messages.length === 0 ? [] : ['', 'git says:', ...listed(conflict.messages)]),
    '',
    'Keep what both sides meant: neither side may lose work. Edit these files until no conflict marker is left (remove a file with `git rm` where it is to go).',
    'Change nothing else. Do not commit, do not abort the merge, do not switch branches, do not stash.',
    'If you cannot tell what is right, say so and end with an error: a person will decide.',
  ];
  return mask(`${text.join('\n')}\n`);
}

function said(plan: { readonly title: string; readonly goal: string; readonly branch: string }): string[] {
  return [`- branch ${oneLine(plan.branch, longestLine)}: ${oneLine(plan.title, longestLine)}`, ...(plan.goal === '' ? [] : [`  goal: ${oneLine(plan.goal, longestLine)}`])];
}

const listLimit = 50;
const longestLine = 500;

function listed(lines: readonly string[]): string[] {
  const more = lines.length - listLimit;
  return [...lines.slice(0, listLimit).map((line) => `- ${oneLine(line, longestLine)}`), ...(more > 0 ? [`- and ${more} more`] : [])];
}

/** The tasks of a side that touched the files: commits that the other side does not have. */
async function commits(repository: Repository, head: CommitId, without: CommitId, files: readonly string[]): Promise<string[]> {
  const format = '%h %s%x00%(trailers:key=Plan-Task,valueonly,separator=%x2C)';
  const paths = files.slice(0, listLimit).map((file) => `:(literal)${file}`);
  const printed = await git(['log', '--max-count=20', '--no-show-signature', `--format=${format}`, head, `^${without}`, '--', ...paths], repository.place);
  return printed.split('\n').filter((line) => line !== '').map((line) => {
    const [subject = '', task = ''] = line.split('\0');
    return `  - ${oneLine(subject, longestLine)}${task.trim() === '' ? '' : ` (task ${oneLine(task, longestLine)})`}`;
  });
}
