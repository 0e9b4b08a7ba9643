/** Bundles a benchmark and runs it: `npm run bench -- NAME [arguments]`. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const [name = '', ...rest] = process.argv.slice(2);
const names = readdirSync(join(root, 'bench')).map((file) => file.replace(/\.ts$/, ''));
if (!names.includes(name)) {
  console.error(`which one? ${names.join(', ')}`);
  process.exit(2);
}
const folder = join(root, 'node_modules', '.cache', 'plan-bench');
mkdirSync(folder, { recursive: true });
const outfile = join(folder, `${name}.mjs`);
await build({ entryPoints: [join(root, 'bench', `${name}.ts`)], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', define: { 'import.meta.dirname': JSON.stringify(join(root, 'bench')) } });
const { status } = spawnSync(process.execPath, ['--expose-gc', outfile, ...rest], { stdio: 'inherit' });
rmSync(outfile, { force: true });
process.exitCode = status ?? 1;
