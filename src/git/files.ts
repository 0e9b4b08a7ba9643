import { lstat, rename } from 'node:fs/promises';
import { assert } from '../base/assert.js';

/** True when something stands at the path, be it a dangling link. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** True when a folder stands at the path itself; a link to one is none. */
export async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

const mostAside = 10_000;

/** Gives what stands at a path the first free name `<path>.kept-1`, `-2`, …, and says which. */
export async function moveAside(path: string): Promise<string> {
  for (let number = 1; number < mostAside; number += 1) {
    const target = `${path}.kept-${number}`;
    if (await exists(target)) continue;
    await rename(path, target);
    return target;
  }
  assert(false, `too much was set aside beside ${path}`);
}
