import { slotOf, worktreesFolder } from '../engine/places.js';
import type { Repository } from '../git/repository.js';
import type { PlanId } from '../model/ids.js';
import type { RunState } from '../state/run-state.js';

/** The worktree that stands for a plan of a run; it need not exist. */
export function slotPath(repository: Repository, state: RunState, plan: PlanId): string {
  return slotOf(worktreesFolder(repository.main ?? repository.commonDir, state.orchestration, state.settings), plan, 0).path;
}
