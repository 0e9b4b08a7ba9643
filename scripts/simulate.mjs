/** Bundles the simulation and runs it: `npm run simulate -- [first seed] [how many]`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const folder = await mkdtemp(join(import.meta.dirname, '..', 'dist', 'simulate-'));
try {
  const outfile = join(folder, 'simulate.mjs');
  await build({ entryPoints: [join(import.meta.dirname, '..', 'test', 'sim', 'main.ts')], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' });
  const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
