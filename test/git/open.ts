import { openRepository } from '../../src/git/repository.js';
import type { Repository } from '../../src/git/repository.js';
import type { RepositoryRig } from '../rig/repository.js';

/** Opens the rig's repository; fails the test where it cannot be. */
export async function open(rig: RepositoryRig, folder = rig.top): Promise<Repository> {
  const opened = await openRepository(folder, rig.environment);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}
