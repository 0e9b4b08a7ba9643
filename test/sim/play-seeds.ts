/** Plays a range of seeds in this process, prints what breaks, and adds up what happened. */
import { compareWithGit } from './compare.js';
import { emptyTally, type Tally } from './jobs.js';
import type { Sabotage } from './sabotage.js';
import type { Draw } from './scenario.js';
import { commandOf, shrink } from './shrink.js';
import { simulateSeed } from './simulate-seed.js';

export interface SeedRange {
  readonly first: number;
  readonly count: number;
  /** What is left out of every story; see `Draw`. */
  readonly without: ReadonlySet<string>;
  readonly salt: number;
  /** A rule of ours that is broken: then one story that notices is enough. */
  readonly sabotage?: Sabotage | undefined;
  /** Told of everything that happens, one line each. */
  readonly tell?: ((line: string) => void) | undefined;
  /** Each story on a real repository as well. */
  readonly realGit: boolean;
}

/** Broken seeds after which no more are looked for. */
const mostBroken = 20;
/** Milliseconds between two lines of progress. */
const lineEvery = 60_000;
/** The same, of what is told to whoever started this process. */
const tellEvery = 10_000;

/** Plays the seeds one after another. */
export async function playSeeds({ first, count, without, salt, sabotage, tell, realGit }: SeedRange): Promise<Tally> {
  const tally = emptyTally();
  // Whoever started this process for a part of the seeds adds up what it is told.
  const report = (): boolean | undefined => process.send?.(tally);
  const progress = setInterval(() => report() ?? console.log(`… ${tally.played} of ${count} seeds, ${tally.kills} kills, ${tally.broken} broken`), process.send ? tellEvery : lineEvery);
  for (let seed = first; seed < first + count && tally.broken < (sabotage === undefined ? mostBroken : 1); seed += 1) {
    const draw: Draw = { seed, without, salt };
    tally.played += 1;
    try {
      const played = await (realGit ? compareWithGit(draw, tell) : simulateSeed(draw, { tell, sabotage }));
      tally.ends[played.end] = (tally.ends[played.end] ?? 0) + 1;
      tally.kills += played.kills;
      tally.entries += played.entries;
    } catch (error) {
      tally.broken += 1;
      const broken = error instanceof Error ? ((count === 1 ? error.stack : undefined) ?? error.message) : String(error);
      const rule = sabotage === undefined ? '' : ` --sabotage ${sabotage}`;
      console.log(`seed ${seed}: ${broken}\n  ${commandOf(draw)}${rule}${realGit ? ' --real-git' : ''}`);
      if (without.size > 0 || tell || realGit) continue;
      const small = await shrink(draw, sabotage);
      console.log(`  smallest found: ${small.message}\n  ${commandOf(small.draw)}${rule} --tell`);
    }
  }
  clearInterval(progress);
  report();
  return tally;
}
