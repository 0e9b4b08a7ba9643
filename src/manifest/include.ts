/** Files that match `include` globs. */

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { globBase, isGlob, matchesGlob } from '../base/glob.js';

const maxEntries = 200_000;
const maxDepth = 32;
const never = new Set(['.git', 'node_modules']);

/** Paths of the files below `folder` that match a glob, in alphabetical order, with `/` between parts. Follows no symbolic link to a folder. */
export async function findFiles(folder: string, glob: string): Promise<readonly string[]> {
  if (!isGlob(glob)) return [glob];
  const found: string[] = [];
  let entries = 0;
  const depth = glob.includes('**') ? maxDepth : glob.split('/').length;
  const visit = async (relative: string, level: number): Promise<void> => {
    let children;
    try {
      children = await readdir(path.join(folder, relative), { withFileTypes: true });
    } catch {
      return;
    }
    for (const child of children) {
      if (entries++ > maxEntries) return;
      const name = relative === '' ? child.name : `${relative}/${child.name}`;
      if (child.isDirectory()) {
        if (level < depth && !never.has(child.name)) await visit(name, level + 1);
      } else if (matchesGlob(glob, name)) {
        found.push(name);
      }
    }
  };
  const base = globBase(glob);
  await visit(base, base === '' ? 1 : base.split('/').length + 1);
  return found.sort();
}
