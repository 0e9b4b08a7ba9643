/** Whose change a conflict meets: an earlier plan's, or the target's own. */

import { mergeTrees } from '../git/merge.js';
import type { Repository } from '../git/repository.js';
import type { CommitId, PlanId } from '../model/ids.js';

/** Work that stands before the plan that does not merge. */
export interface EarlierWork {
  readonly plan: PlanId;
  readonly head: CommitId;
}

/** As many earlier plans are looked at, the latest first; a wider search tells a person nothing more. */
const searchLimit = 100;

/**
 * The plan, of those before, whose own branch conflicts with this one in the most of these files; the later one of equals.
 * Undefined: none does, so it is the target's own change (or several plans' together).
 */
export async function conflictOrigin(repository: Repository, head: CommitId, files: readonly string[], earlier: readonly EarlierWork[]): Promise<EarlierWork | undefined> {
  let best: EarlierWork | undefined;
  let most = 0;
  for (const work of [...earlier].reverse().slice(0, searchLimit)) {
    const merged = await mergeTrees(repository, work.head, head);
    if (merged.ok) continue;
    const shared = files.filter((file) => merged.error.files.includes(file)).length;
    if (shared > most) [best, most] = [work, shared];
    if (shared === files.length) break;
  }
  return best;
}
