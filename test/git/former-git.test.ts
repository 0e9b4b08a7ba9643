/** Gits of a process that is dead: waited for, woken, and in the end ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.js';
import { waitUntil } from '../../src/base/process-group.js';
import { readProcessStat } from '../../src/base/process-scan.js';
import { awaitGitsOf, ownerVariable } from '../../src/git/former-git.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'former-'));
  // The kernel names a process by its file.
  symlinkSync('/bin/sh', join(folder, 'git-sh'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const dead = { pid: 4_294_967_295, startTime: '1', bootId: 'b', host: 'h' };

function start(script: string, owner = `${dead.pid}:1:b`, words: readonly string[] = []) {
  const child = spawn(join(folder, 'git-sh'), ['-c', script, ...words], { env: { [ownerVariable]: owner }, stdio: ['pipe', 'pipe', 'ignore'] });
  return { child, ended: once(child, 'exit') as Promise<[number | null, string | null]> };
}

test('one that was stopped is woken, and does what it was about to do', async () => {
  const { child, ended } = start('kill -STOP $$; exit 7');
  expect(await waitUntil(() => readProcessStat(child.pid as number)?.state === 'T', 10_000, systemClock)).toBe(true);
  expect(await awaitGitsOf(dead)).toBe(true);
  expect(await ended).toEqual([7, null]);
});

test.each([
  ['SIGTERM', 'read line'],
  ['SIGKILL', 'trap "" TERM; echo; while :; do sleep 0.1; done'],
])('one that never ends is ended by %s; that of another, and the watcher of files, are not', async (signal, script) => {
  const { child, ended } = start(script);
  if (signal === 'SIGKILL') await once(child.stdout, 'data');
  const others = [start('read line', '1:1:other'), start('read line', undefined, ['fsmonitor--daemon'])];
  expect(await awaitGitsOf(dead, 1)).toBe(true);
  expect(await ended).toEqual([null, signal]);
  for (const other of others) {
    expect(readProcessStat(other.child.pid as number)?.state).toMatch(/[RS]/);
    other.child.kill('SIGKILL');
    await other.ended;
  }
}, 20_000);
