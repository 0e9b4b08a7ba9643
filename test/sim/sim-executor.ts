/** Executors of the simulation: they take time, write files in their worktree, commit now and then, and end well or badly. */
import type { RunningAttempt } from '../../src/executor/executor.js';
import type { AttemptOutcome, AttemptReason } from '../../src/model/event.js';
import type { NodeId, TaskId } from '../../src/model/ids.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

/** Begins an attempt that ends by itself after its time, or soon after it is cancelled. */
export function beginSimAttempt(world: World, scenario: Scenario, node: NodeId, attempt: number, path: string, hard: boolean): RunningAttempt {
  const life = world.life;
  const seconds = scenario.seconds.get(node as TaskId) ?? 30;
  let settle: (outcome: AttemptOutcome) => void = () => undefined;
  const finished = new Promise<AttemptOutcome>((resolve) => (settle = resolve));
  let over = false;
  const end = (outcome: AttemptOutcome): void => {
    if (over) return;
    over = true;
    // A process of an earlier life was ended by the next start; nobody hears of it.
    if (life === world.life) settle(outcome);
  };
  world.clock.after(seconds * 500, () => {
    if (!over && life === world.life) work(world, scenario, node as TaskId, path);
  });
  world.clock.after(seconds * 1000, () => end(outcomeOf(world, scenario, node as TaskId, attempt, hard)));
  return {
    finished,
    cancel: (reason) => world.clock.after(100, () => end({ result: 'cancelled', reason })),
  };
}

function work(world: World, scenario: Scenario, node: TaskId, path: string): void {
  const worktree = world.repository.worktrees.get(path);
  if (!worktree) return;
  for (const [file, content] of scenario.writes.get(node) ?? []) worktree.files.set(file, content);
  if (scenario.committing.has(node)) worktree.head = world.repository.commit([worktree.head], new Map(worktree.files), `by the executor of ${node}`);
}

function outcomeOf(world: World, scenario: Scenario, node: TaskId, attempt: number, hard: boolean): AttemptOutcome {
  if (hard && scenario.failing.has(node)) return { result: 'failed', reason: world.chance.pick<AttemptReason>(['exit', 'timeout', 'stuck']), exitCode: 1 };
  if (hard && attempt === 1 && world.chance.hits(0.05)) {
    return { result: 'failed', reason: 'limit', limitedPool: 'claude', limitedUntil: world.clock.now() + 60_000 };
  }
  return { result: 'passed', exitCode: 0 };
}
