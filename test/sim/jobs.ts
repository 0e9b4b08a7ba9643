/** Seeds played by several processes side by side. */
import { fork } from 'node:child_process';

/** What happened in the stories of a range of seeds. */
export interface Tally {
  played: number;
  kills: number;
  /** Entries of all journals, as they were in the end. */
  entries: number;
  broken: number;
  /** Stories by how they ended. */
  readonly ends: Record<string, number>;
}

/** Milliseconds between two lines of progress. */
const lineEvery = 60_000;

export function emptyTally(): Tally {
  return { played: 0, kills: 0, entries: 0, broken: 0, ends: {} };
}

/** One line for people. */
export function tellOf({ played, kills, entries, broken, ends }: Tally, seconds: number): string {
  const told = Object.entries(ends).map(([end, times]) => `${times} ${end}`);
  return `${played} seeds in ${seconds.toFixed(1)} s (${(played / seconds).toFixed(0)} a second), ${kills} kills, ${entries} entries: ${told.join(', ')}; ${broken} broken`;
}

/** Plays the seeds in so many processes of this very program with these options, each with its part of them; what they print is printed. */
export async function playInJobs(first: number, count: number, jobs: number, options: readonly string[]): Promise<Tally> {
  const began = performance.now();
  const tallies: Tally[] = [];
  const sum = (): Tally => tallies.reduce(added, emptyTally());
  const progress = setInterval(() => console.log(`… ${tellOf(sum(), (performance.now() - began) / 1000)}`), lineEvery);
  const parts = Array.from({ length: jobs }, (_, index) => [first + Math.floor((count * index) / jobs), first + Math.floor((count * (index + 1)) / jobs)] as const);
  const ended = await Promise.all(
    parts.map(async ([from, to], index) => {
      const child = fork(process.argv[1] as string, [String(from), String(to - from), ...options]);
      child.on('message', (tally) => (tallies[index] = tally as Tally));
      return new Promise<number | null>((resolve) => child.on('close', resolve));
    }),
  );
  clearInterval(progress);
  const tally = sum();
  // A process that ended badly and told of nothing broken has itself broken.
  for (const [index, code] of ended.entries()) if (code !== 0 && (tallies[index]?.broken ?? 0) === 0) tally.broken += 1;
  return tally;
}

function added(one: Tally, other: Tally | undefined): Tally {
  if (other === undefined) return one;
  const ends = { ...one.ends };
  for (const [end, times] of Object.entries(other.ends)) ends[end] = (ends[end] ?? 0) + times;
  return { played: one.played + other.played, kills: one.kills + other.kills, entries: one.entries + other.entries, broken: one.broken + other.broken, ends };
}
