/**
 * Branch coverage of what decides and remembers: `node scripts/coverage.mjs [least percentage] [--uncovered]`. Runs the tests that import
 * these folders (those of the built program do not count) and fails where fewer of their branches were taken; lists, if wished, those that
 * were not. A branch that only throws through `unreachable` is no behaviour: the compiler has proved that nothing gets there.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const folders = ['scheduler', 'state', 'journal', 'landing'];
const tests = [...folders, 'sim', 'engine', 'status'].map((name) => `test/${name}/`);
const words = process.argv.slice(2);
const least = Number(words.find((word) => /^\d/.test(word)) ?? 95);
const top = join(import.meta.dirname, '..');

/** Branches of one file: how many there are, and those not taken, as `line: text`. */
function branchesOf({ branchMap, b }, source) {
  const lines = source.split('\n');
  const missed = [];
  let all = 0;
  for (const [id, { locations }] of Object.entries(branchMap)) {
    for (const [index, { start, end }] of locations.entries()) {
      const first = lines[start.line - 1] ?? '';
      const text = start.line === end.line ? first.slice(start.column, end.column) : `${first.slice(start.column)} ${lines.slice(start.line, end.line).join(' ')}`;
      if (/^\s*default:\s+return unreachable\(/.test(text.trim() === '' ? first : text)) continue;
      all += 1;
      if (b[id][index] === 0) missed.push(`${start.line}: ${text.replace(/\s+/g, ' ').slice(0, 120)}`);
    }
  }
  return { all, missed };
}

const report = await mkdtemp(join(tmpdir(), 'plan-coverage-'));
try {
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...tests, '--coverage', '--coverageReporters=json', `--coverageDirectory=${report}`, `--collectCoverageFrom=src/{${folders.join(',')}}/**/*.ts`];
  const { status } = spawnSync(process.execPath, jest, { cwd: top, stdio: ['ignore', 'inherit', 'inherit'] });
  const files = Object.entries(JSON.parse(await readFile(join(report, 'coverage-final.json'), 'utf8')));
  const sums = new Map(folders.map((name) => [name, { all: 0, taken: 0 }]));
  for (const [file, coverage] of files) {
    const { all, missed } = branchesOf(coverage, await readFile(file, 'utf8'));
    const name = relative(join(top, 'src'), file);
    const sum = sums.get(name.split('/')[0]);
    sum.all += all;
    sum.taken += all - missed.length;
    if (words.includes('--uncovered')) for (const branch of missed) console.log(`${name}:${branch}`);
  }
  const shares = [...sums, ['all', [...sums.values()].reduce((sum, one) => ({ all: sum.all + one.all, taken: sum.taken + one.taken }))]];
  for (const [name, { all, taken }] of shares) console.log(`${name.padEnd(10)} ${taken} of ${all} branches, ${((100 * taken) / all).toFixed(2)} %`);
  const { all, taken } = shares.at(-1)[1];
  if (100 * taken < least * all) console.log(`fewer than ${least} %`);
  process.exitCode = status !== 0 || 100 * taken < least * all ? 1 : 0;
} finally {
  await rm(report, { recursive: true, force: true });
}
