import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const call = promisify(execFile);

/** A build of the sources as they are now: its entry, and esbuild's account of it. Made once for each state of the sources. */
export interface Built {
  readonly entry: string;
  readonly meta: { readonly outputs: Readonly<Record<string, { readonly entryPoint?: string; readonly inputs: Readonly<Record<string, unknown>>; readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[] }>> };
}

/** Builds into a folder of its own, so that whoever builds or runs dist/ at the same time is not in the way. */
export async function builtProgram(): Promise<Built> {
  const folder = join(root, 'node_modules', '.cache', 'plan-build', await digestOfSources());
  const meta = join(folder, 'meta.json');
  if (!existsSync(meta)) {
    const draft = `${folder}.${process.pid}`;
    await call(process.execPath, [join(root, 'scripts', 'build.mjs'), '--out', draft, '--meta', join(draft, 'meta.json')], { cwd: root });
    await rename(draft, folder).catch(() => rm(draft, { recursive: true, force: true }));
  }
  return { entry: join(folder, 'main.js'), meta: JSON.parse(await readFile(meta, 'utf8')) as Built['meta'] };
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const files = (await readdir(join(root, 'src'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of [...files.sort(), join(root, 'scripts', 'build.mjs'), join(root, 'package-lock.json')]) hash.update(file).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
