import { lstat } from 'node:fs/promises';

/** True when something stands at the path, be it a dangling link. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
