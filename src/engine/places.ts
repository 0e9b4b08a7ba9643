/** Where the worktrees of a run are. */
import { basename, dirname, join, resolve } from 'node:path';
import type { WorktreeSlot } from '../git/deeds.js';
import { localOf, planOf, type NodeId } from '../model/ids.js';
import type { Orchestration, Settings } from '../model/orchestration.js';

/**
 * The folder that holds a manifest's worktrees: `../<repository>.worktrees/<manifest>`, or what the settings say, relative to `top`.
 * `top` is the main worktree (or the bare repository's folder).
 */
export function worktreesFolder(top: string, orchestration: Orchestration, settings: Settings): string {
  const root = settings.worktrees === undefined ? join(dirname(top), `${basename(top).replace(/\.git$/, '')}.worktrees`) : resolve(top, settings.worktrees);
  return join(root, basename(orchestration.manifest).replace(/\.[^.]+$/, ''));
}

/** The worktree of a slot: `A`, its pool `A.2`, `A.3`, …, and those of its verifications `A.verify`, `A.verify2`. Plan ids hold no dot. */
export function slotOf(folder: string, node: NodeId, slot: number): WorktreeSlot {
  const plan = planOf(node);
  const name = slot === 0 ? plan : slot > 0 ? `${plan}.${slot + 1}` : slot === -1 ? `${plan}.verify` : `${plan}.verify${-slot}`;
  const path = join(folder, name);
  return slot < 0 ? { plan, slot: localOf(name), path, disposable: true } : { plan, slot, path };
}

/** The scratch worktree in which candidates are verified (no plan id begins with `_`, and git makes no entry that begins with a dot); `lane` counts those that run side by side, -1 is for conflicts. */
export function landingWorktree(folder: string, lane: number): string {
  return join(folder, lane < 0 ? '_conflict' : lane === 0 ? '_landing' : `_landing${lane + 1}`);
}
