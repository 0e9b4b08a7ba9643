/** A whole story from one seed: lives and kills until the faults stop, then a quiet world in which all must end well. */
import { assert } from '../../src/base/assert.js';
import type { Entry } from '../../src/model/event.js';
import type { RunState } from '../../src/state/run-state.js';
import { Chance } from './chance.js';
import { DurableFold } from './durable-fold.js';
import { Invariants } from './invariants.js';
import type { Ground } from './ground.js';
import { live, type LifeEnd, type MakeHands } from './life.js';
import { replanSome } from './replan.js';
import type { Sabotage } from './sabotage.js';
import { drawScenario, type Draw } from './scenario.js';
import { drawSettings } from './settings.js';
import type { SimClock } from './sim-clock.js';
import { SimDisk } from './sim-disk.js';
import { moveTarget, type Verdict } from './sim-landing.js';
import { rewindBranch } from './trouble.js';
import { undoSome } from './undo.js';
import { drawFaults, noFaults, World } from './world.js';

export interface SeedReport {
  readonly lives: number;
  readonly kills: number;
  readonly entries: number;
  readonly end: LifeEnd;
}

export interface SeedOptions {
  readonly sabotage?: Sabotage | undefined;
  /** Told of everything that happens, one line each. */
  readonly tell?: ((line: string) => void) | undefined;
  /** Told of every entry, and of how each life ended. */
  readonly observe?: ((entry: Entry | LifeEnd) => void) | undefined;
  /** Each deed in one piece; see serial.ts. */
  readonly serial?: boolean | undefined;
  /** A real repository instead of the one in memory. Promises are not checked then: what happens is compared. */
  readonly real?: RealRepository | undefined;
  /** Told of the world when all is over. */
  readonly atEnd?: ((world: World, state: RunState) => void | Promise<void>) | undefined;
}

/** What a story needs of a real repository. */
export interface RealRepository {
  readonly ground: Ground;
  readonly clock: SimClock;
  readonly makeHands: MakeHands;
  /** The process that a life was is no more. */
  endLife(): void;
}

/** Most lives under faults; then they stop. */
const faultyLives = 12;
/** Quiet lives that it may take to end: a person's `same command again`. */
const quietLives = 5;
/** Turns of a life that goes round in circles. */
const mostTurns = 200_000;

/** Plays a seed to its end; rejects with what broke. */
export async function simulateSeed(draw: Draw, options: SeedOptions = {}): Promise<SeedReport> {
  const { sabotage, tell, real, observe } = options;
  const scenario = drawScenario(draw);
  if (scenario.orchestration.plans.every((plan) => plan.phases.length === 0)) return { lives: 0, kills: 0, entries: 0, end: 'landed' };
  const world = new World(Chance.named(draw.seed, `world ${draw.salt}`), drawFaults(draw), { serial: options.serial === true || real !== undefined, ground: real?.ground, clock: real?.clock });
  const { faults, chance } = world;
  const disk = new SimDisk(world);
  const fold = new DurableFold(scenario, disk, sabotage);
  if (!real) begin(world);
  const invariants = real ? undefined : new Invariants(scenario, world, disk);
  // What a person does while nothing runs, and nothing goes wrong.
  const between = async (deed: () => Promise<void>): Promise<void> => {
    world.faults = noFaults;
    await play(world, deed().then(() => 'killed' as const));
    disk.settle(false);
    const lasting = fold.readOn();
    invariants?.afterLife(lasting);
    world.faults = faults;
  };
  let end: LifeEnd = 'killed';
  let lives = 0;
  let state: RunState | undefined;
  const watch = (entry: Entry, folded: RunState): void => {
    state = folded;
    tell?.(`${entry.seq} ${world.clock.now() - Date.UTC(2030, 0, 1)} ${JSON.stringify(entry.event).slice(0, 400)}`);
    observe?.(entry);
  };
  for (let quiet = 0; quiet < quietLives; ) {
    const faulty = lives < faultyLives && (['killed', 'journal', 'interrupted', 'deadline'].includes(end) || chance.hits(0.3));
    if (!faulty) {
      world.faults = noFaults;
      quiet += 1;
    }
    world.recovering = false;
    tell?.(`life ${lives}${faulty ? '' : ', quiet'}`);
    const settings = lives > 0 && faulty && chance.hits(faults.settings) ? drawSettings(draw, lives) : undefined;
    world.until = faulty && chance.hits(faults.deadline) ? world.clock.now() + chance.below(3_000_000) : undefined;
    world.room = Number.POSITIVE_INFINITY;
    const wishes = [...world.wishes.keys()];
    end = await play(world, live(world, disk, scenario, { verdict: verdictOf(world, draw), sabotage, settings, fold, invariants, observe: watch, makeHands: real?.makeHands }));
    lives += 1;
    real?.endLife();
    disk.settle(chance.hits(0.3));
    tell?.(`ended: ${end}`);
    observe?.(end);
    const lasting = fold.readOn();
    invariants?.afterLife(lasting);
    if (end !== 'killed' && end !== 'journal') invariants?.checkWishes(wishes);
    if (end === 'landed' && !faulty) break;
    if (!faulty) continue;
    if (chance.hits(faults.branches / 2)) rewindBranch(world, scenario.orchestration.plans.map((plan) => plan.branch));
    if (chance.hits(faults.foreign)) moveTarget(world);
    if (chance.hits(faults.undo)) await between(() => undoSome(world, disk, fold, watch));
    if (chance.hits(faults.replan)) await between(() => replanSome(world, disk, fold, scenario.behaviour));
  }
  assert(state, 'nothing was ever recorded');
  invariants?.atEnd(state, end);
  await options.atEnd?.(world, state);
  return { lives, kills: world.kills, entries: state.entries, end };
}

/** The first commit, here and on the remote. */
function begin({ repository }: World): void {
  const start = repository.commit([], new Map([['README', 'start']]), 'start');
  for (const refs of [repository.refs, repository.remote, repository.tracking]) refs.set('refs/heads/main', start);
}

/** Trees with a plan that is drawn to be bad are red while faults last; some verifications are flaky, some do not answer. */
function verdictOf(world: World, { seed, without }: Draw): Verdict {
  const bad = Chance.named(seed, 'verdicts').pick(['', '', 'B', 'C']);
  return (commit, chance) => {
    const { faults, ground } = world;
    if (!faults.hard || without.has('verdicts')) return 'green';
    if (bad !== '' && [...ground.tree(commit).keys()].some((path) => path.startsWith(`log/Task ${bad}.`))) return 'red';
    return chance.hits(0.05) ? 'red' : chance.hits(0.05) ? 'inconclusive' : 'green';
  };
}

/** Lets time pass until the life is over. A world in which nothing is left to happen is a deadlock. */
async function play(world: World, life: Promise<LifeEnd>): Promise<LifeEnd> {
  let end: LifeEnd | undefined;
  let broken: unknown;
  life.then(
    (value) => (end = value),
    (error: unknown) => (broken = error ?? new Error('unknown')),
  );
  for (let turns = 0; turns < mostTurns; turns += 1) {
    await settled();
    // What a deed that took real time has brought about goes on before time does.
    if (world.isBusy) {
      await world.idle();
      continue;
    }
    if (broken !== undefined) throw broken as Error;
    if (end !== undefined) return end;
    assert(world.clock.advance(), 'deadlock: nothing is left to happen and the run has not ended');
  }
  throw new Error('the life goes round in circles');
}

/** Resolves when all that can go on without time has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
