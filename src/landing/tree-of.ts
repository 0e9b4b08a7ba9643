import { createHash } from 'node:crypto';
import { assert } from '../base/assert.js';
import type { Repository } from '../git/repository.js';
import type { CommitId } from '../model/ids.js';

/** The tree of a commit that is known to be there. */
export async function treeOf(repository: Pick<Repository, 'objects'>, commit: CommitId): Promise<string> {
  const tree = (await repository.objects.info(`${commit}^{tree}`))?.id;
  assert(tree, `the commit ${commit} is there`);
  return tree;
}

/** The tree without entries, which every git knows without having it. */
export function emptyTree(repository: Pick<Repository, 'objectFormat'>): string {
  return createHash(repository.objectFormat).update('tree 0\0').digest('hex');
}
