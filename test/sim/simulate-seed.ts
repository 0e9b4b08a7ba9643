/** A whole story from one seed: lives and kills until the faults stop, then a quiet world in which all must end well. */
import { assert } from '../../src/base/assert.js';
import type { RunState } from '../../src/state/run-state.js';
import { Chance } from './chance.js';
import { Invariants } from './invariants.js';
import { live, type LifeEnd } from './life.js';
import { drawScenario } from './scenario.js';
import type { Sabotage } from './sabotage.js';
import { SimDisk } from './sim-disk.js';
import { noFaults, World } from './world.js';

export interface SeedReport {
  readonly seed: number;
  readonly lives: number;
  readonly entries: number;
  readonly end: LifeEnd;
}

/** Most lives under faults; then they stop. */
const faultyLives = 12;
/** Quiet lives that it may take to end: a person's `same command again`. */
const quietLives = 4;

/** Plays a seed to its end; rejects with what broke. */
export async function simulateSeed(seed: number, sabotage?: Sabotage): Promise<SeedReport> {
  const chance = new Chance(seed);
  const scenario = drawScenario(chance.fork('scenario'), { failing: chance.pick([0, 0.05, 0.2]), sharing: chance.pick([0, 0.1, 0.4]) });
  const kill = chance.pick([0, 0.002, 0.01, 0.05]);
  const world = new World(chance.fork('world'), { kill, disk: chance.pick([0, 0, 0.01]), journal: chance.pick([0, 0, 0.003]), torn: 0.5 });
  const disk = new SimDisk(world);
  world.repository.refs.set('refs/heads/main', world.repository.commit([], new Map([['README', 'start']]), 'start'));
  const invariants = new Invariants(scenario, world);
  let end: LifeEnd = 'killed';
  let lives = 0;
  let state: RunState | undefined;
  for (let quiet = 0; quiet < quietLives; ) {
    const faulty = lives < faultyLives && !(end !== 'killed' && end !== 'journal');
    if (!faulty) {
      world.faults = noFaults;
      quiet += 1;
    }
    lives += 1;
    if (faulty && chance.hits(0.1)) moveTarget(world, chance);
    if (faulty && chance.hits(0.3)) world.clock.after(chance.below(3_000_000), () => moveTarget(world, chance));
    end = await play(
      world,
      live(world, disk, scenario, {
        hard: faulty || chance.hits(0.3),
        verdict: () => 'green',
        sabotage,
        check: (entry, folded) => {
          state = folded;
          invariants.check(entry, folded);
        },
      }),
    );
    disk.settle(chance.hits(0.3));
    invariants.afterLife(disk.text('journal'));
    if (end === 'landed') break;
  }
  assert(state, 'nothing was ever recorded');
  invariants.atEnd(state, end);
  return { seed, lives, entries: state.entries, end };
}

/** Lets time pass until the life is over. A world in which nothing is left to happen is a deadlock. */
async function play(world: World, life: Promise<LifeEnd>): Promise<LifeEnd> {
  let end: LifeEnd | undefined;
  let broken: unknown;
  life.then(
    (value) => (end = value),
    (error: unknown) => (broken = error ?? new Error('unknown')),
  );
  for (;;) {
    await settled();
    if (broken !== undefined) throw broken as Error;
    if (end !== undefined) return end;
    assert(world.clock.advance(), 'deadlock: nothing is left to happen and the run has not ended');
  }
}

/** Resolves when all that can go on without time has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function moveTarget(world: World, chance: Chance): void {
  const { repository } = world;
  const tip = repository.refs.get('refs/heads/main') as string;
  repository.refs.set('refs/heads/main', repository.commit([tip], new Map([...repository.get(tip).tree, [`foreign-${chance.below(1000)}`, 'theirs']]), 'somebody else'));
}
