/** Where a run is kept: paths below `<git common directory>/plan`, and the names in them. Nothing here is in a working tree. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncFolder } from '../base/atomic-file.js';
import { assert } from '../base/assert.js';
import type { NodeId, RunId } from '../model/ids.js';

/** The places of one run; absolute as far as the common directory was. Folders are 0700 and files 0600: they may hold output. */
export interface RunPaths {
  readonly run: RunId;
  readonly folder: string;
  readonly journal: string;
  readonly status: string;
  /** Requests of other processes, a file each. */
  readonly inbox: string;
  /** Output of attempts, a file each. */
  readonly attempts: string;
}

const slugLength = 32;
const fileNameLength = 120;

/** The places of a run; nothing is created. */
export function runPaths(commonDir: string, run: RunId): RunPaths {
  assert(/^[a-z0-9][a-z0-9-]*$/.test(run), `not a run id: ${run}`);
  const folder = join(runsFolder(commonDir), run);
  return {
    run,
    folder,
    journal: join(folder, 'journal.ndjson'),
    status: join(folder, 'status.json'),
    inbox: join(folder, 'inbox'),
    attempts: join(folder, 'attempts'),
  };
}

/** The file that receives the output of an attempt; `name` is its node's id, or what tells it from another task that had the id before a replan. */
export function outputFile(paths: RunPaths, name: string, attempt: number): string {
  return join(paths.attempts, `${fileNameOf(name)}#${attempt}.log`);
}

/** Folder of the lock that makes one orchestrator of a repository and manifest. */
export function lockFolder(commonDir: string, manifest: string): string {
  return join(commonDir, 'plan', 'locks', manifestName(manifest));
}

/** A folder for an attempt's temporary files, short because sockets in it must fit in 107 bytes. `temporary` is such as `/tmp`. */
export function scratchFolder(temporary: string, paths: RunPaths, node: NodeId, attempt: number): string {
  return join(scratchRoot(temporary, paths), `${digest(node).slice(0, 8)}-${attempt}`);
}

/** What holds all scratch folders of a run; removed when the run ends or is taken up after a kill. */
export function scratchRoot(temporary: string, paths: RunPaths): string {
  return join(temporary, `plan-${digest(paths.folder).slice(0, 12)}`);
}

/** A node id as a file name: letters, digits, `.`, `_` and `-` stay, other bytes become `%XX`; long ids are cut and told apart by a digest. */
export function fileNameOf(node: NodeId): string {
  const safe = Buffer.from(node).toString('latin1').replace(/[^A-Za-z0-9._-]|^[.-]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  return safe.length <= fileNameLength ? safe : `${safe.slice(0, fileNameLength - 13)}~${digest(node).slice(0, 12)}`;
}

/** Runs of a manifest (path relative to the repository's top), newest first. */
export async function findRuns(commonDir: string, manifest: string): Promise<readonly RunId[]> {
  const prefix = `${manifestName(manifest)}-`;
  const names = await namesIn(runsFolder(commonDir));
  const runs = names.filter((name) => name.startsWith(prefix) && /^[1-9][0-9]{0,8}$/.test(name.slice(prefix.length)));
  return runs.sort((a, b) => counterOf(b) - counterOf(a));
}

/** All runs of the repository, the one that last had something happen first. */
export async function listRuns(commonDir: string): Promise<readonly RunId[]> {
  const names = (await namesIn(runsFolder(commonDir))).filter((name) => /^[a-z0-9][a-z0-9-]*-[1-9][0-9]*$/.test(name));
  const runs = await Promise.all(names.map(async (run) => ({ run, at: await changedAt(runPaths(commonDir, run).journal) })));
  return runs.sort((a, b) => b.at - a.at || (a.run < b.run ? 1 : -1)).map(({ run }) => run);
}

/**
 * Makes the folders of a new run, durably. Its number follows the manifest's newest run and `above`, the greatest number
 * known from elsewhere: refs of a run may outlive its folder.
 */
export async function createRun(commonDir: string, manifest: string, above = 0): Promise<RunPaths> {
  await mkdir(runsFolder(commonDir), { recursive: true, mode: 0o700 });
  const [newest] = await findRuns(commonDir, manifest);
  for (let counter = Math.max(above, newest === undefined ? 0 : counterOf(newest)) + 1; ; counter++) {
    const paths = runPaths(commonDir, `${manifestName(manifest)}-${counter}`);
    if (!(await makeFolder(paths.folder))) continue;
    await makeFolder(paths.inbox);
    await makeFolder(paths.attempts);
    for (const folder of [paths.folder, runsFolder(commonDir), join(commonDir, 'plan'), commonDir]) await syncFolder(folder);
    return paths;
  }
}

/** The number at the end of a run id. */
export function counterOf(run: RunId): number {
  return Number(run.slice(run.lastIndexOf('-') + 1));
}

/** What all runs of a manifest begin with: its name, for people, and a digest of its path, for certainty. */
export function manifestName(manifest: string): string {
  const base = basename(manifest).replace(/\.(ya?ml|json)$/i, '').toLowerCase();
  const slug = base.replace(/[^a-z0-9]+/g, '-').slice(0, slugLength).replace(/^-+|-+$/g, '');
  return `${slug === '' ? 'run' : slug}-${digest(manifest).slice(0, 8)}`;
}

function runsFolder(commonDir: string): string {
  return join(commonDir, 'plan', 'runs');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** False when it is there already. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}
