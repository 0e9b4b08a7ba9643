/**
 * `npm run simulate -- [first] [count] [--without A,B.1.2,kill] [--salt n] [--tell] [--real-git]`: plays seeds and prints the ones that
 * break a promise, each with the command that replays it, and with the smallest story found that breaks one too. With `--real-git` each
 * story is played on a real repository as well, and must be the same there.
 */
import { parseArgs } from 'node:util';
import { compareWithGit } from './compare.js';
import { simulateSeed } from './simulate-seed.js';
import { commandOf, shrink } from './shrink.js';
import type { Draw } from './scenario.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { without: { type: 'string' }, salt: { type: 'string' }, tell: { type: 'boolean' }, 'real-git': { type: 'boolean' } } });
const [first = 0, count = 1000] = positionals.map(Number);
const without = new Set(values.without?.split(',') ?? []);
const salt = Number(values.salt ?? 0);
const began = performance.now();
const ends = new Map<string, number>();
let broken = 0;
let played = 0;
let kills = 0;
let entries = 0;
for (let seed = first; seed < first + count && broken < 20; seed += 1) {
  const draw: Draw = { seed, without, salt };
  played += 1;
  try {
    const tell = values.tell ? console.log : undefined;
    const report = await (values['real-git'] ? compareWithGit(draw, tell) : simulateSeed(draw, { tell }));
    ends.set(report.end, (ends.get(report.end) ?? 0) + 1);
    kills += report.kills;
    entries += report.entries;
  } catch (error) {
    broken += 1;
    console.log(`seed ${seed}: ${error instanceof Error ? (count === 1 ? error.stack : error.message) : String(error)}\n  ${commandOf(draw)}`);
    if (without.size > 0 || values.tell || values['real-git']) continue;
    const small = await shrink(draw);
    console.log(`  smallest found: ${small.message}\n  ${commandOf(small.draw)} --tell`);
  }
}
const seconds = (performance.now() - began) / 1000;
const told = [...ends].map(([end, times]) => `${times} ${end}`).join(', ');
console.log(`${played} seeds in ${seconds.toFixed(1)} s (${(played / seconds).toFixed(0)} a second), ${kills} kills, ${entries} entries: ${told}; ${broken} broken`);
process.exitCode = broken > 0 ? 1 : 0;
