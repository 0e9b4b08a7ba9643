/** What is in a run's way before it touches anything: where its worktrees, its copied files and its journal would have to be. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { printable } from '../status/printable.js';
import { slotOf, worktreesFolder } from '../engine/places.js';
import { refusePlacement } from '../git/placement.js';
import { preflight, resolveTarget } from '../git/preflight.js';
import type { Repository } from '../git/repository.js';
import { refuseCopies } from '../git/worktree-files.js';
import { readRecord } from '../git/worktree-record.js';
import { findRuns } from '../journal/layout.js';
import type { Obstacle } from '../manifest/load-orchestration.js';
import type { Orchestration } from '../model/orchestration.js';
import { asTyped, type Context } from './context.js';

/** Everything that would stop these plans before or at their first task; each with the setting that is at fault. `fresh`: a run begun earlier does not count. Changes nothing. */
export async function findObstacles(repository: Repository, orchestration: Orchestration, context: Pick<Context, 'folder'>, fresh: boolean): Promise<readonly Obstacle[]> {
  const copies: Obstacle[] = [];
  for (const [index, file] of orchestration.settings.copy.entries()) {
    for (const failure of await refuseCopies(repository, [file])) copies.push({ failure, setting: ['defaults', 'copy', index] });
  }
  const journal = await journalObstacles(repository, context);
  const begun = journal.length > 0 || (!fresh && (await findRuns(repository.commonDir, orchestration.manifest)).length > 0);
  const branches = begun ? [] : await branchObstacles(repository, orchestration);
  return [...(await worktreeObstacles(repository, orchestration, context)), ...branches, ...copies, ...journal, ...(await temporaryObstacles())];
}

/** A run that goes on has its branches already, and knows what to do about those that others have taken since. */
async function branchObstacles(repository: Repository, orchestration: Orchestration): Promise<readonly Obstacle[]> {
  const target = await resolveTarget(repository, orchestration.target);
  // Why there is no target is said where the target is read.
  if (!target.ok) return [];
  const { failures } = await preflight(repository, { target: target.value, branches: Object.fromEntries(orchestration.plans.map((plan) => [plan.id, plan.branch])) });
  return failures.map(({ failure, plan }) => ({ failure, setting: plan === undefined ? [] : ['plans', plan, 'branch'] }));
}

async function worktreeObstacles(repository: Repository, orchestration: Orchestration, context: Pick<Context, 'folder'>): Promise<readonly Obstacle[]> {
  const [first] = orchestration.plans;
  if (first === undefined) return [];
  const folder = worktreesFolder(repository.main ?? repository.commonDir, orchestration, orchestration.settings);
  const setting = ['defaults', 'worktrees'];
  const refused = await refusePlacement(repository, slotOf(folder, first.id, 0).path);
  const shown = (place: string): string => `\`${printable(asTyped(context, place))}\``;
  if (refused !== undefined) {
    const why = refused.code === 'worktree-in-git' ? "inside git's own folder" : 'as untracked files of your checkout';
    return [{ setting, failure: { ...refused, message: `the worktrees would stand ${why}: ${shown(folder)}`, hint: 'name a folder outside of the repository, or one that git ignores' } }];
  }
  const blocked = await blockedAt(folder);
  if (blocked !== undefined) {
    const message = `the worktrees cannot be made in ${shown(folder)}: ${shown(blocked.place)} ${blocked.why}`;
    return [{ setting, failure: { kind: 'input', code: 'worktrees-folder', message, hint: 'name another folder with `defaults: { worktrees: … }`' } }];
  }
  const there = new Set(await readdir(folder).catch(() => []));
  const obstacles: Obstacle[] = [];
  for (const { id } of orchestration.plans) {
    const { path: place } = slotOf(folder, id, 0);
    if (!there.has(path.basename(place)) || !(await isForeign(repository, place))) continue;
    const message = `${shown(place)} is needed for the worktree of plan ${id}, and something else stands there`;
    obstacles.push({ setting: ['plans', id], failure: { kind: 'input', code: 'worktree-occupied', message, hint: 'move it away, or name another folder with `defaults: { worktrees: … }`' } });
  }
  return obstacles;
}

/** True for what we did not make and git could not make a worktree in. */
async function isForeign(repository: Repository, place: string): Promise<boolean> {
  if ((await readRecord(repository, place)) !== undefined) return false;
  const found = await readdir(place).catch(() => undefined);
  return found === undefined || found.length > 0;
}

async function journalObstacles(repository: Repository, context: Pick<Context, 'folder'>): Promise<readonly Obstacle[]> {
  const folders = ['runs', 'locks'].map((name) => path.join(repository.commonDir, 'plan', name));
  for (const folder of folders) {
    const blocked = await blockedAt(folder);
    if (blocked === undefined) continue;
    const message = `what happens in a run cannot be recorded: \`${printable(asTyped(context, blocked.place))}\` ${blocked.why}`;
    return [{ setting: [], failure: { kind: 'input', code: 'journal-folder', message, hint: 'journals and locks are kept there: make it a folder that you may write' } }];
  }
  return [];
}

/** Each attempt gets a scratch folder there. */
async function temporaryObstacles(): Promise<readonly Obstacle[]> {
  const place = tmpdir();
  const why = await stat(place)
    .then((found) => (found.isDirectory() ? access(place, constants.W_OK | constants.X_OK).then(() => undefined) : 'is not a folder'))
    .catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'does not exist' : `cannot be written (${error.code})`));
  if (why === undefined) return [];
  const message = `tasks would have no scratch folders: the temporary folder \`${printable(place)}\` ${why}`;
  return [{ setting: [], failure: { kind: 'input', code: 'temporary-folder', message, hint: 'make it, or set TMPDIR to a folder that you may write' } }];
}

/** What keeps a folder from being made or written: the nearest part of its path that exists, and what is wrong with it. */
async function blockedAt(folder: string): Promise<{ readonly place: string; readonly why: string } | undefined> {
  // The system's own trees look writable to root, and making a folder there never comes to an end.
  const [, first = ''] = folder.split(path.sep);
  if (['proc', 'sys'].includes(first)) return { place: `/${first}`, why: 'is the system’s own' };
  for (let place = folder; ; place = path.dirname(place)) {
    const found = await stat(place).then((there) => (there.isDirectory() ? 'folder' : 'other'), (error: NodeJS.ErrnoException) => error.code ?? String(error));
    if ((found === 'ENOENT' || found === 'ENOTDIR') && place !== path.dirname(place)) continue;
    if (found !== 'folder') return { place, why: found === 'other' ? 'is not a folder' : `cannot be looked at (${found})` };
    const refused = await access(place, constants.W_OK | constants.X_OK).then(() => undefined, (error: NodeJS.ErrnoException) => error.code ?? String(error));
    return refused === undefined ? undefined : { place, why: `cannot be written (${refused})` };
  }
}
