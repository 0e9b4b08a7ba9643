/** Random orchestrations from a seed: small, but with everything in them that orders, limits or fails. */
import type { SampleOptions, SamplePhase, SamplePlan, SampleTask } from './sample.js';

/** A repeatable source of chance (mulberry32). */
export function chance(seed: number): { below(limit: number): number; happens(probability: number): boolean; real(): number } {
  let state = seed >>> 0;
  const real = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { real, below: (limit) => Math.floor(real() * limit), happens: (probability) => real() < probability };
}

/** Up to `size` plans of up to `size` phases of up to `size` tasks each; cross-plan dependencies go to earlier plans only. */
export function randomPlans(seed: number, size: number): { readonly plans: readonly SamplePlan[]; readonly options: SampleOptions } {
  const dice = chance(seed);
  const plans: SamplePlan[] = [];
  const each = dice.happens(0.5);
  for (let index = 0; index <= dice.below(size); index++) plans.push(randomPlan(dice, index, size, plans, each));
  const mode = each ? 'each' : dice.happens(0.3) ? 'manual' : 'all-or-nothing';
  return {
    plans,
    options: {
      limits: { tasks: 1 + dice.below(6), ...(dice.happens(0.3) && { plans: 1 + dice.below(3) }), pools: { db: 1 + dice.below(3), gpu: 1 } },
      perPlan: 1 + dice.below(4),
      landing: { mode, onFailure: dice.happens(0.5) ? 'hold' : 'land-rest' },
      features: { pipelinePhaseOverlap: dice.happens(0.8), autoFileConflictDetection: dice.happens(0.8) },
      execution: { '': { retries: dice.below(3) } },
      ...(dice.happens(0.3) && { verify: 'npm test' }),
    },
  };
}

type Dice = ReturnType<typeof chance>;

function randomPlan(dice: Dice, index: number, size: number, before: readonly SamplePlan[], each: boolean): SamplePlan {
  const phases: SamplePhase[] = [];
  for (let phase = 0; phase <= dice.below(size); phase++) phases.push(randomPhase(dice, phases, phase + 1, size, before, each));
  return { id: `P${index}`, priority: 25 * (1 + dice.below(4)), depends: foreign(dice, before, each, 0.3), phases };
}

function randomPhase(dice: Dice, earlier: readonly SamplePhase[], number: number, size: number, plans: readonly SamplePlan[], each: boolean): SamplePhase {
  const tasks: SampleTask[] = [];
  const count = dice.below(size + 1);
  for (let task = 1; task <= count; task++) tasks.push(randomTask(dice, `${number}.${task}`, [...earlier.flatMap((phase) => phase.tasks), ...tasks], plans, each));
  const verifies: ('blocking' | 'background')[] = [];
  if (count > 0 && dice.happens(0.3)) verifies.push(dice.happens(0.6) ? 'blocking' : 'background');
  return {
    tasks,
    order: dice.happens(0.3) ? 'file' : 'free',
    parallel: dice.happens(0.2),
    depends: foreign(dice, plans, each, 0.1),
    ...(number > 1 && dice.happens(0.3) && { percent: dice.below(101) }),
    verifies,
  };
}

function randomTask(dice: Dice, id: string, earlier: readonly SampleTask[], plans: readonly SamplePlan[], each: boolean): SampleTask {
  const uses: Record<string, number> = {};
  if (dice.happens(0.2)) uses['db'] = 1 + dice.below(3);
  if (dice.happens(0.1)) uses['gpu'] = 1;
  const after = dice.happens(0.4) && earlier.length > 0 ? [...new Set([0, 1].slice(dice.below(2)).map(() => earlier[dice.below(earlier.length)]?.id as string))] : undefined;
  return {
    id,
    seconds: dice.below(9),
    ...(after && { after }),
    depends: foreign(dice, plans, each, 0.08),
    uses,
    files: dice.happens(0.3) ? [`src/f${dice.below(3)}.ts`] : [],
    done: dice.happens(0.05),
  };
}

function foreign(dice: Dice, plans: readonly SamplePlan[], each: boolean, probability: number): string[] {
  if (plans.length === 0 || !dice.happens(probability)) return [];
  const plan = plans[dice.below(plans.length)] as SamplePlan;
  const tasks = plan.phases.flatMap((phase) => phase.tasks);
  const choices = [plan.id, `${plan.id}.phase${1 + dice.below(plan.phases.length)}`];
  if (tasks.length > 0) choices.push(`${plan.id}.${tasks[dice.below(tasks.length)]?.id}`);
  if (each) choices.push(`${plan.id}.landed`);
  return [choices[dice.below(choices.length)] as string];
}
