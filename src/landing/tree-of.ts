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
  return repository.objectFormat === 'sha1' ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904' : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';
}
