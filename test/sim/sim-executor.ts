/** Executors of the simulation: they take time, write files in their worktree, commit now and then, and end well or badly. */
import type { RunningAttempt } from '../../src/executor/executor.js';
import type { AttemptOutcome, AttemptReason } from '../../src/model/event.js';
import type { Behaviour } from './behaviour.js';
import type { World } from './world.js';

/** An attempt that is to be played. */
export interface SimAttempt {
  /** Node id of a verify, title of a task: what it does goes by that. */
  readonly name: string;
  readonly attempt: number;
  readonly path: string;
  readonly isTask: boolean;
}

/** Begins an attempt that ends by itself after its time, or some time after it is cancelled. */
export function beginSimAttempt(world: World, behaviour: Behaviour, { name, attempt, path, isTask }: SimAttempt): RunningAttempt {
  const life = world.life;
  const { seconds } = behaviour.of(name);
  let settle: (outcome: AttemptOutcome) => void = () => undefined;
  const finished = new Promise<AttemptOutcome>((resolve) => (settle = resolve));
  let over = false;
  const end = (outcome: AttemptOutcome): void => {
    if (over) return;
    over = true;
    // A process of an earlier life was ended by the next start; nobody hears of it.
    if (life === world.life) settle(outcome);
  };
  if (isTask) {
    world.clock.after(seconds * 500, () => {
      if (!over && life === world.life) work(world, behaviour, name, attempt, path);
    });
  }
  world.clock.after(seconds * 1000, () => end(outcomeOf(world, behaviour, name, attempt)));
  return {
    finished,
    // Some are slow to end, and some have ended well by then.
    cancel: (reason) => world.clock.after(world.chance.pick([100, 100, 5_000, 400_000]), () => end({ result: 'cancelled', reason })),
  };
}

function work({ ground }: World, behaviour: Behaviour, title: string, attempt: number, path: string): void {
  ground.write(path, behaviour.writes(title, attempt));
  if (behaviour.of(title).committing && !behaviour.of(title).changesNothing) ground.commitAll(path, `by the executor of ${title}`);
}

function outcomeOf(world: World, behaviour: Behaviour, name: string, attempt: number): AttemptOutcome {
  const { chance, faults, clock } = world;
  if (faults.hard && behaviour.of(name).failing) return { result: 'failed', reason: chance.pick<AttemptReason>(['exit', 'timeout', 'stuck', 'signal']), exitCode: 1 };
  if (faults.hard && attempt === 1 && chance.hits(faults.limits)) {
    // With the time at which the limit ends, or without: then it is a failure like any other.
    const until = { limitedPool: 'claude', limitedUntil: clock.now() + 1000 * chance.below(4_000) };
    return { result: 'failed', reason: 'limit', ...(chance.hits(0.5) && until) };
  }
  return { result: 'passed', exitCode: 0, ...(chance.hits(0.2) && { usage: { cost: 0.5, turns: 3 } }) };
}
