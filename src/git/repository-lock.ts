/**
 * One deed at a time over all processes, for what git itself does not make safe: adding, removing and pruning worktrees, writing
 * configuration, fetching, moving the target. The lock is a file in the repository's common folder; whoever died with it is
 * replaced at once, whoever lives is waited for.
 */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import { assert } from '../base/assert.js';
import { identityOf, livenessOf, ownIdentity, parseIdentity } from '../base/process-identity.js';
import type { ProcessIdentity } from '../base/process-identity.js';
import { readRegularText } from '../base/regular-file.js';
import { awaitGitsOf } from './former-git.js';
import { GitError } from './git-error.js';

/** Who holds a lock, and for what. */
export interface LockOwner {
  readonly identity: ProcessIdentity;
  /** Unique to one holding of the lock. */
  readonly token: string;
  /** What it is held for, in a few words for people. */
  readonly purpose: string;
}

/** What the lock protects: the common folder of one repository. */
export interface Lockable {
  readonly commonDir: string;
}

const mutexes = new Map<string, Mutex>();
/** Longest wait for a living owner. Its deeds take milliseconds; a fetch over a slow line is what takes long. */
const defaultPatience = 120_000;

/** Runs `deed` while nobody else holds the repository's lock; rejects with kind `lock-held` when a living owner keeps it too long. */
export async function withRepositoryLock<T>(
  repository: Lockable,
  purpose: string,
  deed: () => Promise<T>,
  patience = defaultPatience,
): Promise<T> {
  const mutex = mutexes.get(repository.commonDir) ?? new Mutex();
  mutexes.set(repository.commonDir, mutex);
  return mutex.runExclusive(async () => {
    const folder = join(repository.commonDir, 'plan');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = new LockFile(folder, { identity: ownIdentity(), token: randomUUID(), purpose });
    await lock.acquire(patience);
    try {
      return await deed();
    } finally {
      await lock.release();
    }
  });
}

/** Who holds the repository's lock now; undefined: nobody, or somebody who is dead. */
export async function repositoryLockOwner(repository: Lockable): Promise<LockOwner | undefined> {
  const owner = await readOwner(join(repository.commonDir, 'plan', lockName));
  return owner !== undefined && livenessOf(owner.identity) !== 'dead' ? owner : undefined;
}

const lockName = 'repository.lock';
const damagedPrefix = 'damaged:';
const claimPrefix = 'repository.lock.claim-';

class LockFile {
  readonly #folder: string;
  readonly #own: LockOwner;

  constructor(folder: string, own: LockOwner) {
    this.#folder = folder;
    this.#own = own;
  }

  async acquire(patience: number): Promise<void> {
    const started = performance.now();
    const buried: ProcessIdentity[] = [];
    for (let wait = 2; ; wait = Math.min(100, wait * 2)) {
      if (await this.#create(lockName)) break;
      const owner = await readOwner(this.#path(lockName));
      if (owner === undefined) continue;
      if (livenessOf(owner.identity) === 'dead') {
        buried.push(owner.identity);
        if (await this.#bury(lockName, owner, 0)) continue;
      }
      if (performance.now() - started > patience) throw new GitError(['lock'], 'lock-held', 128, heldWords(owner, this.#path(lockName)));
      await pause(wait);
    }
    // What a dead owner had begun, its git may still be finishing.
    for (const dead of new Map(buried.map((each) => [each.pid, each])).values()) await awaitGitsOf(dead);
    await this.#removeClaims();
  }

  async release(): Promise<void> {
    const owner = await readOwner(this.#path(lockName));
    // A person may have removed it by hand, and somebody else may hold it by now.
    if (owner?.token === this.#own.token) await rm(this.#path(lockName), { force: true });
  }

  /** Creates the file with its content complete: it is written aside and linked into place. False: somebody has it. */
  async #create(name: string): Promise<boolean> {
    const aside = this.#path(`${lockName}.new-${process.pid}-${randomUUID()}`);
    await writeFile(aside, `${JSON.stringify(this.#own)}\n`);
    try {
      await link(aside, this.#path(name));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'ENOENT') return false;
      throw error;
    } finally {
      await rm(aside, { force: true });
    }
  }

  /**
   * Removes a dead owner's file. Only the holder of the claim on that very owner may do it, else a slow contender could
   * remove the lock of the one who came next. A claim's own holder may die too: then there is a claim on the claim.
   */
  async #bury(name: string, dead: LockOwner, depth: number): Promise<boolean> {
    assert(depth < 64, 'claims on claims without end');
    const claim = `${claimPrefix}${createHash('sha256').update(dead.token).digest('hex').slice(0, 32)}`;
    if (!(await this.#create(claim))) {
      const claimant = await readOwner(this.#path(claim));
      if (claimant !== undefined && claimant.token !== this.#own.token && livenessOf(claimant.identity) === 'dead') {
        return this.#bury(claim, claimant, depth + 1);
      }
      if (claimant?.token !== this.#own.token) return false;
    }
    const now = await readOwner(this.#path(name));
    if (now?.token === dead.token) await rm(this.#path(name), { force: true });
    return true;
  }

  /** Claims and files written aside are of no use once somebody holds the lock again, but for those of the living. */
  async #removeClaims(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const isAside = name.startsWith(`${lockName}.new-`);
      if (!name.startsWith(claimPrefix) && !isAside) continue;
      const owner = await readOwner(this.#path(name));
      if (owner === undefined) continue;
      // What a living process is just writing looks damaged; its name says whose it is.
      const writer = isAside && owner.token.startsWith(damagedPrefix) ? identityOf(Number(/new-(\d+)-/.exec(name)?.[1])) : undefined;
      if (writer === undefined && (owner.token === this.#own.token || livenessOf(owner.identity) === 'dead'))
        await rm(this.#path(name), { force: true });
    }
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  let data: unknown;
  try {
    data = JSON.parse(await readRegularText(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // A power cut can leave an empty file behind a finished link; nobody alive leaves one.
    if (error instanceof SyntaxError) return damaged(path);
    throw error;
  }
  const { identity, token, purpose } = (data ?? {}) as Record<string, unknown>;
  const known = parseIdentity(identity);
  if (known === undefined || typeof token !== 'string') return damaged(path);
  return { identity: known, token, purpose: typeof purpose === 'string' ? purpose : '' };
}

/** Counts as dead: no process has such a start time. */
function damaged(path: string): LockOwner {
  return { identity: { ...ownIdentity(), startTime: 'none' }, token: `${damagedPrefix}${path}`, purpose: 'unknown' };
}

function heldWords(owner: LockOwner, path: string): string {
  const { pid, host } = owner.identity;
  return `process ${pid} (${host}) holds the repository for: ${owner.purpose}; if it is gone, remove ${path}`;
}
