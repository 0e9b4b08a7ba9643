import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RepositoryRig } from '../rig/repository.js';
import { planText } from '../rig/plan.js';
import { builtProgram } from './built.js';
import { call } from './call.js';

let rig: RepositoryRig;
beforeAll(async () => {
  rig = await RepositoryRig.create({ files: { 'm.yml': 'version: 1\nplans: { A: { plan: a.md } }\n', 'a.md': planText('A', [{ '1.1': 'echo a > a', '1.2': 'echo b > b' }]) } });
  await call(rig, ['orchestrate-multi', 'm.yml', '--quiet']);
});
afterAll(() => rig.cleanup());

const offered = async (...words: string[]): Promise<string[]> =>
  (await call(rig, ['completion', '--at', String(words.length), '--json', '--', ...words])).json<{ candidates: { word: string }[] }>().candidates.map(({ word }) => word);

test.each([
  [['stat'], ['status']],
  [['pa'], ['pause']],
  [['status', '--time'], ['--timeline']],
  [['orchestrate-multi', 'm.yml', '--mode', ''], ['all-or-nothing', 'each', 'manual']],
  [['orchestrate-multi', ''], [':files']],
  [['retry', 'A.1'], ['A.1.1', 'A.1.2']],
  [['pause', 'A'], expect.arrayContaining(['A', 'A.1.1'])],
  [['-C', '/tmp', 'sim'], ['simulate']],
  [['help', 'doc'], ['doctor']],
  [['nonsense', ''], []],
])('%j', async (words, expected) => {
  expect(await offered(...words)).toEqual(expected);
});

test('bash completes with what the program offers, files where files are meant', async () => {
  const { entry } = await builtProgram();
  const bin = join(rig.home, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'plan'), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`);
  await chmod(join(bin, 'plan'), 0o755);
  const complete = (line: string): string[] => {
    const words = line.split(' ');
    const script = `eval "$(plan completion bash)"; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _plan_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr, error } = spawnSync('bash', ['-c', script], { cwd: rig.top, env: { ...rig.environment, PATH: `${bin}:${rig.environment['PATH']}` }, encoding: 'utf8' });
    expect({ stderr, error }).toEqual({ stderr: '', error: undefined });
    return stdout.split('\n').filter((word) => word !== '');
  };
  expect(complete('plan orche')).toEqual(['orchestrate-multi', 'orchestrate']);
  expect(complete('plan check a').sort()).toEqual(['a', 'a.md']);
  expect(complete('plan logs A.1.2')).toEqual(['A.1.2']);
});

test.each(['bash', 'zsh', 'fish'])('there is a script for %s', async (shell) => {
  const { code, stdout } = await call(rig, ['completion', shell]);
  expect(code).toBe(0);
  expect(stdout).toContain('plan completion --at');
});
