/**
 * A check on every step of a chain: what a plan's landing changes in the target is what its branch changed. A wrong merge base
 * would silently take back other people's work; this is where it would show.
 */

import type { TreeChange, TreeChanges, TreeRename } from './tree-changes.js';

/** Trees around one step. */
export interface GuardedStep {
  /** Before and after the plan landed. */
  readonly before: string;
  readonly after: string;
  /** Where the branch began (one tree for each merge base) and what it came to. */
  readonly bases: readonly string[];
  readonly head: string;
}

/** Paths that the step changes though its branch did not, renames on either side allowed for; empty when all is well. */
export async function foreignPaths(changes: TreeChanges, step: GuardedStep): Promise<readonly string[]> {
  const changed = await changes.between(step.before, step.after);
  if (changed.length === 0) return [];
  const own = new Set<string>();
  for (const base of step.bases) for (const change of await changes.between(base, step.head)) own.add(change.path);
  const foreign = changed.filter((change) => !own.has(change.path));
  if (foreign.length === 0) return [];
  const renames: TreeRename[] = [];
  for (const base of step.bases) {
    renames.push(...(await changes.renames(base, step.before)), ...(await changes.renames(base, step.head)));
  }
  return foreign.filter((change) => !isExplained(change, renames)).map((change) => change.path);
}

/** A file that was renamed, or a file in a folder that was renamed, may change elsewhere than where the branch changed it. */
function isExplained(change: TreeChange, renames: readonly TreeRename[]): boolean {
  return renames.some((rename) => {
    if (change.path === rename.from || change.path === rename.to) return true;
    const [from, to] = renamedFolders(rename);
    return from !== to && (isBelow(change.path, from) || isBelow(change.path, to));
  });
}

/** The folders that differ between the two names, without the end that they share: `a/x/f` to `b/x/f` renames `a` to `b`. */
function renamedFolders(rename: TreeRename): readonly [string, string] {
  const from = rename.from.split('/').slice(0, -1);
  const to = rename.to.split('/').slice(0, -1);
  while (from.length > 0 && to.length > 0 && from.at(-1) === to.at(-1)) {
    from.pop();
    to.pop();
  }
  return [from.join('/'), to.join('/')];
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}
