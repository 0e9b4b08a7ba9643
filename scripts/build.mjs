/**
 * Bundles the command line: one small entry, and chunks that each command loads when it is called, so that it loads what it needs and no more.
 *
 *   node scripts/build.mjs [--out <folder>] [--meta <file>]
 *
 * The folder (dist/) has to be inside the package: packages that stay external are found from there. `--meta` writes
 * esbuild's account of what went into which chunk.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' }, meta: { type: 'string' } } });
const out = path.resolve(root, values.out);
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/**
 * Commands that need much the same are one chunk. Split one by one, esbuild makes a file for each set of commands that share a module,
 * and opening a hundred small files takes longer than reading what is in them. `orchestrate-multi` is on its
 * own: a call that finds nothing to do needs little.
 */
const groups = {
  look: ['status', 'log', 'logs'],
  run: ['orchestrate', 'demo', 'land', 'queue', 'nightly'],
  plan: ['check', 'graph', 'conflicts', 'simulate', 'next', 'mark', 'use', 'init', 'prompt', 'replan', 'schema'],
  steer: ['retry', 'skip', 'cancel', 'pause', 'resume'],
  keep: ['diff', 'resolve', 'undo', 'salvage', 'clean', 'shell', 'report', 'doctor'],
};

/** Rewrites the table of commands so that a command's file is imported through its group. */
const grouped = {
  name: 'grouped',
  setup(given) {
    const groupOf = new Map(Object.entries(groups).flatMap(([group, commands]) => commands.map((command) => [command, group])));
    const variable = (command) => command.replaceAll('-', '_');
    given.onLoad({ filter: /src\/cli\/commands\.ts$/ }, ({ path: file }) => {
      const contents = readFileSync(file, 'utf8').replace(/import\('\.\/commands\/([a-z-]+)\.js'\)/g, (whole, command) =>
        groupOf.has(command) ? `import('group:${groupOf.get(command)}').then(({ ${variable(command)} }) => ({ command: ${variable(command)} }))` : whole,
      );
      return { contents, loader: 'ts' };
    });
    given.onResolve({ filter: /^group:/ }, ({ path: name }) => ({ path: name, namespace: 'group' }));
    given.onLoad({ filter: /.*/, namespace: 'group' }, ({ path: name }) => ({
      contents: groups[name.slice('group:'.length)].map((command) => `export { command as ${variable(command)} } from './${command}.ts';`).join('\n'),
      resolveDir: path.join(root, 'src/cli/commands'),
      loader: 'ts',
    }));
  },
};

/** Zod brings its words in fifty languages: ours are English, and half of it need not be read at every start. */
const onlyEnglish = {
  name: 'only-english',
  setup(given) {
    given.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, ({ path: file }) => ({ contents: "export { default as en } from './en.js';", resolveDir: path.dirname(file), loader: 'js' }));
  },
};

const result = await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/cli/main.ts' },
  outdir: out,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // It loads the TypeScript compiler when a configuration file is written in it: not ours to ship.
  external: ['cosmiconfig'],
  alias: { 'string-width': path.join(root, 'scripts/string-width.mjs') },
  plugins: [grouped, onlyEnglish],
  define: { __PLAN_VERSION__: JSON.stringify(version) },
  chunkNames: 'chunk-[hash]',
  // Packages in CommonJS ask for node's own modules by `require`, and for their own place.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      "import { fileURLToPath as __fileURLToPath } from 'node:url';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = __fileURLToPath(import.meta.url);',
    ].join('\n'),
  },
  write: false,
  metafile: true,
  logLevel: 'warning',
}).catch(() => process.exit(1)); // What is wrong was printed.

mkdirSync(out, { recursive: true });
const isEntry = (file) => path.basename(file.path) === 'main.js';
// The entry last, each file by rename: whoever starts the program meanwhile gets the old one whole or the new one whole.
for (const file of [...result.outputFiles].sort((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) {
  const fresh = `${file.path}.${process.pid}`;
  writeFileSync(fresh, file.contents);
  renameSync(fresh, file.path);
}
const kept = new Set(result.outputFiles.map((file) => path.basename(file.path)));
for (const name of readdirSync(out)) if (/^chunk-.*\.js$/.test(name) && !kept.has(name)) rmSync(path.join(out, name), { recursive: true, force: true });
if (values.meta !== undefined) writeFileSync(values.meta, JSON.stringify(result.metafile));
