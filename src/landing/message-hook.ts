/** The repository's commit-msg hook on messages that we make, as `git merge` runs it. */

import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { identityOf } from '../base/process-identity.js';
import { err, ok, type Result } from '../base/result.js';
import { lastLines } from '../git/git-error.js';
import { git, tryGit } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import type { Failure } from '../model/failure.js';
import { subjectOf } from './landing-message.js';

const found = new WeakMap<Repository, Promise<boolean>>();

/** The message as the hook leaves it; itself where there is none or it is not wanted. */
export async function checkMessage(repository: Repository, message: string, wanted: boolean): Promise<Result<string, Failure>> {
  if (!wanted) return ok(message);
  const known = found.get(repository) ?? hasHook(repository);
  found.set(repository, known);
  if (!(await known)) return ok(message);
  const folder = join(repository.commonDir, 'plan', 'tmp');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await removeAbandoned(folder);
  const file = join(folder, `message-${process.pid}-${randomUUID()}`);
  await writeFile(file, message, { mode: 0o600 });
  try {
    const result = await tryGit(['hook', 'run', '--ignore-missing', 'commit-msg', '--', file], { ...hookPlace(repository), hooks: true, timeout: hookTimeout });
    if (result.code === 0) return ok(await readFile(file, 'utf8'));
    return err({
      kind: 'person',
      code: 'landing-message-refused',
      message: `the commit-msg hook refuses the landing message "${subjectOf(message)}": ${lastLines(`${result.stdout}\n${result.stderr}`)}`,
      hint: 'Set landing.message to a template that the hook takes, or commit.hooks: false, and run it again.',
    });
  } finally {
    await rm(file, { force: true });
  }
}

const hookTimeout = 120_000;

/** Messages of processes that were killed while the hook looked at them. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^message-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && identityOf(Number(pid)) === undefined) await rm(join(folder, name), { force: true });
  }
}

/** A relative core.hooksPath is meant from the top of the worktree. */
function hookPlace(repository: Repository): { cwd: string; environment: Readonly<Record<string, string>> } {
  return { cwd: repository.main ?? repository.commonDir, environment: repository.environment };
}

async function hasHook(repository: Repository): Promise<boolean> {
  const place = hookPlace(repository);
  const path = (await git(['rev-parse', '--git-path', 'hooks/commit-msg'], place)).trim();
  return access(resolve(place.cwd, path), constants.X_OK).then(
    () => true,
    () => false,
  );
}
