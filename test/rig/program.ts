/** Programs for tests that must be killed: TypeScript of src, bundled once, run by a Node process of its own. */
import { join } from 'node:path';
import { build } from 'esbuild';
import type { RepositoryRig } from './repository.js';

/** Bundles a module text that imports from `src` (as `src/…`) and gives the path of a program to run with node. */
export async function bundleProgram(rig: RepositoryRig, name: string, text: string): Promise<string> {
  const outfile = join(rig.folder, 'tmp', `${name}.mjs`);
  await build({
    stdin: { contents: text, resolveDir: process.cwd(), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __filename = import.meta.filename ?? '';",
    },
  });
  return outfile;
}
