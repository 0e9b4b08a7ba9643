/**
 * Bundles the simulation and runs it: `npm run simulate -- [first seed] [how many] [--jobs n]`. With jobs, so many processes play a part
 * of the seeds each, a line a minute tells how far they are, and every broken seed is printed as it is found.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = await mkdtemp(join(import.meta.dirname, '..', 'dist', 'simulate-'));
try {
  const outfile = join(folder, 'simulate.mjs');
  await build({ entryPoints: [join(import.meta.dirname, '..', 'test', 'sim', 'main.ts')], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' });
  // Most of what a story makes is garbage at its end: a larger nursery lets it die there.
  const child = spawn(process.execPath, ['--max-semi-space-size=32', outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.once('SIGTERM', () => child.kill());
  process.exitCode = await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
} finally {
  await rm(folder, { recursive: true, force: true });
}
