/** Branches that other live runs of the repository work on: no two orchestrators move one branch. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJournal } from '../journal/read.js';
import { listRuns, lockFolder, manifestName, runPaths } from '../journal/layout.js';
import { findLockOwner } from '../journal/run-lock.js';
import type { Failure } from '../model/failure.js';
import type { Plan } from '../model/orchestration.js';

/** Failures for branches of these plans of a manifest that a live run of another manifest has. */
export async function claimedBranches(commonDir: string, manifest: string, plans: readonly Plan[]): Promise<readonly Failure[]> {
  const own = manifestName(manifest);
  const locks = join(lockFolder(commonDir, manifest), '..');
  const wanted = new Map(plans.map((plan) => [plan.branch, plan.id]));
  const failures: Failure[] = [];
  for (const name of await readdir(locks).catch(() => [])) {
    if (name === own) continue;
    const held = await findLockOwner(join(locks, name));
    if (held?.liveness !== 'alive') continue;
    const newest = (await listRuns(commonDir)).find((run) => run.startsWith(`${name}-`));
    const journal = newest === undefined ? undefined : await readJournal(runPaths(commonDir, newest).journal);
    // As it began, or as it was last replanned.
    const event = journal?.ok ? journal.value.entries.findLast(({ event: { kind } }) => kind === 'run.started' || kind === 'run.replanned')?.event : undefined;
    if (event?.kind !== 'run.started' && event?.kind !== 'run.replanned') continue;
    for (const { branch } of event.orchestration.plans) {
      const plan = wanted.get(branch);
      if (plan === undefined) continue;
      failures.push({ kind: 'busy', code: 'branch-claimed', message: `branch ${branch} of plan ${plan} is being worked on by process ${held.owner.pid}, for ${event.orchestration.manifest}`, hint: 'wait for that run to end, or give the plan another branch' });
    }
  }
  return failures;
}
