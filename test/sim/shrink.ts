/** Makes a story that breaks a promise smaller: leaves out topics, plans and tasks as long as something still breaks. */
import { drawScenario, type Draw } from './scenario.js';
import { simulateSeed } from './simulate-seed.js';
import type { Sabotage } from './sabotage.js';

/** What can be left out besides plans and tasks. */
const topics = [
  'kill', 'killAgain', 'disk', 'journal', 'slow', 'full', 'limits', 'race', 'foreign', 'branches', 'jump', 'people', 'replan', 'settings', 'undo', 'remote', 'load', 'deadline', 'radar', 'hard',
  'verifies', 'landing-verify', 'verdicts', 'failing', 'sharing', 'manual', 'early', 'fail-fast', 'mode', 'strategy', 'policy', 'pull-requests', 'approve', 'features',
];
/** Leaving something out changes the course of events: so many others are tried before it counts as needed. */
const salts = 4;

export interface SmallStory {
  readonly draw: Draw;
  readonly message: string;
}

/** The smallest story found from one that breaks. */
export async function shrink(draw: Draw, sabotage?: Sabotage): Promise<SmallStory> {
  let small: SmallStory = { draw, message: (await broken(draw, sabotage)) ?? 'it does not break' };
  const plans = drawScenario(draw).orchestration.plans;
  const tasks = plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks.map((task) => task.id)));
  for (const name of [...plans.map((plan) => plan.id), ...topics, ...tasks]) {
    // Tasks of a plan that is left out are left out with it.
    if ([...small.draw.without].some((out) => name.startsWith(`${out}.`))) continue;
    const less = new Set([...small.draw.without, name]);
    for (let step = 0; step < salts; step += 1) {
      const tried: Draw = { seed: draw.seed, without: less, salt: step === 0 ? small.draw.salt : draw.salt + step };
      const message = await broken(tried, sabotage);
      if (message === undefined || kindOf(message) !== kindOf(small.message)) continue;
      small = { draw: tried, message };
      break;
    }
  }
  return small;
}

async function broken(draw: Draw, sabotage: Sabotage | undefined): Promise<string | undefined> {
  try {
    await simulateSeed(draw, { sabotage });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What broke, whatever the names: smaller must not mean another fault. */
function kindOf(message: string): string {
  return message.replace(/\S*\d\S*|\b[A-E]\b/g, '*');
}

/** The command that plays this story again. */
export function commandOf({ seed, without, salt }: Draw): string {
  return `npm run simulate -- ${seed} 1${without.size > 0 ? ` --without ${[...without].join(',')}` : ''}${salt === 0 ? '' : ` --salt ${salt}`}`;
}
