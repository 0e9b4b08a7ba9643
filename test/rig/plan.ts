/** The built `plan` on a real repository: what a user types, and what came of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { RepositoryRig, type Files, type RunResult } from './repository.js';

/** The program under test, as it is shipped. */
export const program = join(import.meta.dirname, '..', '..', 'bin', 'plan.js');

/** A plan file by its phases: each task is its id and its `sh` block. */
export type PhaseScripts = Readonly<Record<string, string>>;

/** Markdown of a plan whose phase N holds the N-th set of tasks. */
export function planText(title: string, phases: readonly PhaseScripts[], suffix: Readonly<Record<string, string>> = {}): string {
  const text = [`# ${title}`];
  for (const [index, tasks] of phases.entries()) {
    text.push('', `## Phase ${index + 1}: Part ${index + 1}${suffix[`phase${index + 1}`] ?? ''}`, '');
    for (const [id, script] of Object.entries(tasks)) {
      text.push(`- [ ] ${id} Task ${id}${suffix[id] ?? ''}`, '  ```sh', ...script.split('\n').map((line) => `  ${line}`), '  ```');
    }
  }
  return `${text.join('\n')}\n`;
}

/** Runs the program in a rig's hermetic environment. */
export class PlanRig {
  readonly repository: RepositoryRig;

  constructor(repository: RepositoryRig) {
    this.repository = repository;
  }

  /** Writes the manifest and plan files beside the code, untracked and ignored, as a team lead may keep them. */
  async orchestration(manifest: string, plans: Readonly<Record<string, string>>): Promise<void> {
    const files: Record<string, string> = { 'plans/manifest.yml': manifest };
    for (const [name, text] of Object.entries(plans)) files[`plans/${name}.md`] = text;
    await this.repository.write(files);
  }

  /** Runs a command to its end. */
  plan(...args: readonly string[]): Promise<RunResult> {
    return this.repository.run(process.execPath, [program, ...args]);
  }

  /** Starts a command and returns at once. */
  start(...args: readonly string[]): ChildProcess {
    return this.repository.spawn(process.execPath, [program, ...args]);
  }

  /** The main job on the rig's manifest. */
  run(...args: readonly string[]): Promise<RunResult> {
    return this.plan('orchestrate-multi', 'plans/manifest.yml', ...args);
  }

  /** Where a plan's worktree is expected. */
  worktree(plan: string): string {
    return join(`${this.repository.top}.worktrees`, 'manifest', plan);
  }

  hasWorktree(plan: string): boolean {
    return existsSync(this.worktree(plan));
  }
}

/** Wraps a test's body: a fresh repository that ignores its `plans/` folder, and the program. */
export function planTest(
  body: (given: { rig: PlanRig; repository: RepositoryRig }) => Promise<void>,
  files: Files = {},
): () => Promise<void> {
  return async () => {
    const repository = await RepositoryRig.create({ files: { 'README.md': 'start\n', '.gitignore': 'plans/\nnode_modules/\n', ...files } });
    try {
      await body({ rig: new PlanRig(repository), repository });
    } finally {
      await repository.cleanup();
    }
  };
}
