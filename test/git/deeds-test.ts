/** Deeds on a rig of their own, closed and checked at the end. */
import { join } from 'node:path';
import type { AttemptWork, PlanDeeds } from '../../src/git/deeds.js';
import { createPlanDeeds } from '../../src/git/plan-deeds.js';
import type { RepositoryDeeds } from '../../src/git/plan-deeds.js';
import type { WorktreeSettings } from '../../src/git/worktree.js';
import { rigTest } from '../rig/repository.js';
import type { RepositoryOptions, RepositoryRig } from '../rig/repository.js';
import { open } from './open.js';

export interface Given {
  readonly rig: RepositoryRig;
  readonly deeds: RepositoryDeeds;
  readonly main: string;
  /** Prepares the plan's worktree at `base` and gives its path. */
  worktree(base?: string, slot?: number): Promise<string>;
  commit(path: string, base: string, more?: Partial<AttemptWork>): ReturnType<PlanDeeds['commitAttempt']>;
}

export function deedsTest(
  body: (given: Given) => Promise<void>,
  options: RepositoryOptions = {},
  settings: Partial<WorktreeSettings> = {},
): () => Promise<void> {
  return rigTest(async ({ rig }) => {
    const repository = await open(rig);
    const deeds = createPlanDeeds(repository, { run: 'r1', copy: [], ...settings });
    const main = (await rig.resolve('refs/heads/main')) ?? '';
    try {
      await body({
        rig,
        deeds,
        main,
        async worktree(base = main, slot = 0) {
          const path = join(rig.folder, 'repository.worktrees', 'm', slot === 0 ? 'A' : `A.${slot}`);
          const prepared = await deeds.prepareWorktree({ plan: 'A', slot, path }, base);
          if (!prepared.ok) throw new Error(prepared.error.message);
          return path;
        },
        async commit(path, base, more = {}) {
          const found = await deeds.inspect(path);
          return deeds.commitAttempt({
            path,
            base,
            tip: base,
            ...found,
            subject: 'A 1.1',
            body: 'what it is about',
            trailers: [['Plan-Attempt', 'r1 A.1.1#1']],
            hooks: false,
            ...more,
          });
        },
      });
      expect(await rig.git(['fsck', '--no-dangling', '--strict'])).toBe('');
    } finally {
      deeds.close();
    }
  }, options);
}

/** The value of a success; fails the test otherwise. */
export function valueOf<T, E>(result: { ok: true; value: T } | { ok: false; error: E }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
