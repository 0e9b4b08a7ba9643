/**
 * `npm run simulate -- [first] [count] [--jobs n] [--without A,B.1.2,kill] [--salt n] [--sabotage rule] [--tell] [--real-git]`: plays seeds
 * and prints the ones that break a promise, each with the command that replays it, and with the smallest story found that breaks one too.
 * With `--real-git` each story is played on a real repository as well, and must be the same there. With `--sabotage` a rule of ours is
 * broken, and the first story that notices is printed.
 */
import { parseArgs } from 'node:util';
import { playInJobs, tellOf, type Tally } from './jobs.js';
import { playSeeds } from './play-seeds.js';
import { sabotages, type Sabotage } from './sabotage.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string' },
    without: { type: 'string' },
    salt: { type: 'string' },
    sabotage: { type: 'string' },
    tell: { type: 'boolean' },
    'real-git': { type: 'boolean' },
  },
});
const [first = 0, count = 1000] = positionals.map(Number);
const jobs = Math.max(1, Number(values.jobs ?? 1));
const { sabotage } = values;
if (sabotage !== undefined && !sabotages.includes(sabotage as Sabotage)) throw new Error(`no such rule; there are ${sabotages.join(', ')}`);
// Whoever plays a part of the seeds ends with the one that adds them up.
const leave = (): void => process.exit(1);
process.once('disconnect', leave);
const began = performance.now();
const tally: Tally =
  jobs > 1
    ? await playInJobs(first, count, jobs, Object.entries(values).flatMap(([name, value]) => (name === 'jobs' ? [] : value === true ? [`--${name}`] : [`--${name}=${String(value)}`])))
    : await playSeeds({
        first,
        count,
        without: new Set(values.without?.split(',') ?? []),
        salt: Number(values.salt ?? 0),
        sabotage: sabotage as Sabotage | undefined,
        tell: values.tell ? console.log : undefined,
        realGit: values['real-git'] === true,
      });
process.exitCode = tally.broken > 0 ? 1 : 0;
if (process.send) {
  // The channel would keep us from ending.
  process.off('disconnect', leave);
  process.disconnect();
} else console.log(tellOf(tally, (performance.now() - began) / 1000));
