/** `npm run simulate -- [first] [count]`: plays seeds and prints the ones that break a promise, each with the command that replays it. */
import { simulateSeed } from './simulate-seed.js';

const [first = 0, count = 1000] = process.argv.slice(2).map(Number);
const began = performance.now();
const ends = new Map<string, number>();
let broken = 0;
for (let seed = first; seed < first + count; seed += 1) {
  try {
    const report = await simulateSeed(seed);
    ends.set(report.end, (ends.get(report.end) ?? 0) + 1);
    if (count === 1) console.log(report);
  } catch (error) {
    broken += 1;
    console.log(`seed ${seed}: ${error instanceof Error ? (count === 1 ? error.stack : error.message) : String(error)}\n  npm run simulate -- ${seed} 1`);
    if (broken >= 20) break;
  }
}
const seconds = (performance.now() - began) / 1000;
console.log(`${count} seeds in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(0)} a second): ${[...ends].map(([end, times]) => `${times} ${end}`).join(', ')}; ${broken} broken`);
process.exitCode = broken > 0 ? 1 : 0;
