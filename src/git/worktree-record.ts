/** What we noted of each worktree that we made, so that ours are told from a person's, and half-made ones from whole ones. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cutOffAge, replaceFile } from '../base/atomic-file.js';
import { systemClock } from '../base/clock.js';
import { livenessOf, ownIdentity, parseIdentity } from '../base/process-identity.js';
import type { ProcessIdentity } from '../base/process-identity.js';
import { readRegularText } from '../base/regular-file.js';
import type { PlanId } from '../model/ids.js';
import type { Lockable } from './repository-lock.js';

export interface WorktreeRecord {
  /** Absolute. */
  readonly path: string;
  readonly plan: PlanId;
  readonly slot: number | string;
  /** `making`: noted before the first step and until setup has passed. */
  readonly state: 'making' | 'ready';
  /** Who made it. */
  readonly owner: ProcessIdentity;
}

/** Notes a worktree; a former note of the same path is replaced. */
export async function writeRecord(repository: Lockable, record: Omit<WorktreeRecord, 'owner'>): Promise<void> {
  await mkdir(folderOf(repository), { recursive: true, mode: 0o700 });
  await replaceFile(fileOf(repository, record.path), `${JSON.stringify({ ...record, owner: ownIdentity() })}\n`, { durable: false });
}

/** What was noted of a path; undefined: we did not make a worktree there. */
export function readRecord(repository: Lockable, path: string): Promise<WorktreeRecord | undefined> {
  return read(fileOf(repository, path));
}

/** Forgets a path. */
export async function removeRecord(repository: Lockable, path: string): Promise<void> {
  await rm(fileOf(repository, path), { force: true });
}

/** Every worktree that we noted, sorted by path. */
export async function listRecords(repository: Lockable): Promise<WorktreeRecord[]> {
  const names = (await readdir(folderOf(repository)).catch(() => [])).filter((name) => name.endsWith('.json'));
  const records = await Promise.all(names.map((name) => read(join(folderOf(repository), name))));
  return records.filter((record) => record !== undefined).sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Removes notes that a killed process had begun to write. */
export async function removeHalfWritten(repository: Lockable): Promise<void> {
  const folder = folderOf(repository);
  for (const name of (await readdir(folder).catch(() => [])).filter((one) => /\.json\.\d{1,10}$/.test(one))) {
    const file = join(folder, name);
    const [record, found] = [await read(file), await stat(file).catch(() => undefined)];
    const isCutOff = record === undefined ? found !== undefined && systemClock.now() - found.mtimeMs > cutOffAge : livenessOf(record.owner) === 'dead';
    if (isCutOff) await rm(file, { force: true });
  }
}

function folderOf(repository: Lockable): string {
  return join(repository.commonDir, 'plan', 'worktrees');
}

function fileOf(repository: Lockable, path: string): string {
  return join(folderOf(repository), `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`);
}

async function read(file: string): Promise<WorktreeRecord | undefined> {
  let data: unknown;
  try {
    data = JSON.parse(await readRegularText(file));
  } catch {
    return undefined;
  }
  const { path, plan, slot, state, owner } = (data ?? {}) as Record<string, unknown>;
  const identity = parseIdentity(owner);
  const known = typeof path === 'string' && typeof plan === 'string' && (typeof slot === 'number' || typeof slot === 'string');
  if (!known || (state !== 'making' && state !== 'ready') || identity === undefined) return undefined;
  return { path, plan, slot, state, owner: identity };
}
