/** What a call loads: counted, not timed. The figures are in bench/startup.ts. */
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { RepositoryRig } from '../rig/repository.js';
import { planText } from '../rig/plan.js';
import { builtProgram, type Built } from './built.js';

const call = promisify(execFile);

let built: Built;
let rig: RepositoryRig;
beforeAll(async () => {
  built = await builtProgram();
  rig = await RepositoryRig.create({ files: { 'm.yml': 'version: 1\nplans: { A: { plan: a.md } }\n', 'a.md': planText('A', [{ '1.1': 'echo a > a' }]) } });
  await rig.run(process.execPath, [built.entry, 'orchestrate-multi', 'm.yml', '--quiet']);
});
afterAll(() => rig.cleanup());

/** Source files and packages of the chunks that a call really loads. */
async function loaded(...words: readonly string[]): Promise<readonly string[]> {
  const recorder = join(import.meta.dirname, 'record-loads.mjs');
  const { stderr } = await call(process.execPath, ['--no-warnings', '--import', recorder, built.entry, ...words], { cwd: rig.top, env: rig.environment, maxBuffer: 64 * 1024 * 1024 });
  const chunks = stderr.split('\n').filter((line) => line.startsWith('loads ') && line.includes('plan-build')).map((line) => basename(line.slice('loads '.length)));
  const outputs = Object.entries(built.meta.outputs);
  return [...new Set(chunks)].flatMap((chunk) => Object.keys(outputs.find(([file]) => basename(file) === chunk)?.[1].inputs ?? {}));
}

function packagesOf(inputs: readonly string[]): string[] {
  return [...new Set(inputs.filter((file) => file.includes('node_modules/')).map((file) => file.slice(file.lastIndexOf('node_modules/') + 'node_modules/'.length).split('/')[0] ?? ''))].sort();
}

test('--version is answered by the entry alone', async () => {
  const { stdout } = await call(process.execPath, [built.entry, '--version']);
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { version: string };
  expect(stdout).toBe(`${version}\n`);
  expect(packagesOf(await loaded('--version'))).toEqual([]);
  expect(await loaded('--version')).toEqual(['src/cli/main.ts']);
});

test('--help loads the words of the command line and no command', async () => {
  const inputs = await loaded('--help');
  for (const heavy of ['zod', 'yaml', 'listr2', 'simple-git', 'write-file-atomic']) expect(packagesOf(inputs)).not.toContain(heavy);
  expect(inputs.filter((file) => /src\/(engine|git|state|graph|manifest|journal|plan-file)\/|src\/cli\/commands\//.test(file))).toEqual([]);
});

test('status loads what it shows and nothing that runs, reads plans or draws live', async () => {
  const inputs = await loaded('status');
  expect(packagesOf(inputs)).toEqual(expect.arrayContaining(['yargs']));
  for (const heavy of ['listr2', 'zod', 'yaml', 'mdast-util-from-markdown', 'micromark', 'simple-git', 'fs-extra', 'cosmiconfig', 'log-update', 'string-width']) expect(packagesOf(inputs)).not.toContain(heavy);
  expect(inputs.filter((file) => /src\/(engine|landing|scheduler|executor|manifest|plan-file)\//.test(file))).toEqual([]);
});

test('a run without a terminal draws nothing, and so loads nothing that draws', async () => {
  const inputs = await loaded('orchestrate-multi', 'm.yml', '--quiet');
  expect(packagesOf(inputs)).not.toContain('listr2');
});

test('a reader that goes away ends nothing and costs no word', async () => {
  const child = spawn('sh', ['-c', `"$0" "$1" orchestrate-multi m.yml --new | head -n 1; "$0" "$1" status --json | head -n 1`, process.execPath, built.entry], { cwd: rig.top, env: rig.environment });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.resume();
  await new Promise((resolve) => child.on('close', resolve));
  expect(errors).toBe('');
  const { stdout } = await call(process.execPath, [built.entry, 'status', '--json'], { cwd: rig.top, env: rig.environment });
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'landed' });
});

test.each([
  [['--version', '--json'], /^\{"version":"\d+\.\d+\.\d+"\}\n$/],
  [['--json', '-V'], /^\{"version":/],
  [['-V'], /^\d+\.\d+\.\d+\n$/],
])('%j', async (words, expected) => {
  expect((await call(process.execPath, [built.entry, ...words])).stdout).toMatch(expected);
});

test('a folder that somebody removed meanwhile is one sentence', async () => {
  const script = 'mkdir "$2/gone" && cd "$2/gone" && rmdir "$2/gone" && exec "$0" "$1" status';
  const failed = call('sh', ['-c', script, process.execPath, built.entry, rig.folder], { env: rig.environment });
  await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(/error: the folder that you stand in is not there any more\nhint: cd into one that is\n$/) });
});
