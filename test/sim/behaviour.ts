/** What executors do, by the title of their task: a task that is renumbered by a replan goes on as it was. */
import { Chance } from './chance.js';
import type { Draw } from './scenario.js';

export interface TaskBehaviour {
  readonly seconds: number;
  /** Every attempt fails until faults stop. */
  readonly failing: boolean;
  /** The executor commits by itself. */
  readonly committing: boolean;
  readonly changesNothing: boolean;
  /** What it writes besides a file of its own: its own again, or one that others write too. */
  readonly path: string;
}

export class Behaviour {
  /** Share of tasks that write a file which other plans write too. */
  readonly sharing: number;
  private readonly failing: number;
  private readonly known = new Map<string, TaskBehaviour>();
  private readonly draw: Draw;

  constructor(draw: Draw) {
    this.draw = draw;
    const chance = Chance.named(draw.seed, 'hardship');
    const failing = chance.pick([0, 0.05, 0.2]);
    const sharing = chance.pick([0, 0, 0.1, 0.4]);
    this.failing = draw.without.has('failing') ? 0 : failing;
    this.sharing = draw.without.has('sharing') ? 0 : sharing;
  }

  /** Of the task with this title, or the verify of this name. */
  of(name: string): TaskBehaviour {
    const known = this.known.get(name);
    if (known) return known;
    const chance = Chance.named(this.draw.seed, `behaviour ${name}`);
    const seconds = 1 + chance.below(600);
    const failing = chance.hits(this.failing);
    const committing = chance.hits(0.2);
    const changesNothing = chance.hits(0.1);
    const shared = chance.hits(this.sharing);
    const own = name.replace('Task ', '');
    const made = { seconds, failing, committing, changesNothing, path: shared ? `shared-${chance.below(3)}` : `${own.split('.')[0]}/${own}` };
    this.known.set(name, made);
    return made;
  }

  /** The files of an attempt, path to content: another attempt writes other words. */
  writes(title: string, attempt: number): ReadonlyMap<string, string> {
    const { path, changesNothing } = this.of(title);
    if (changesNothing) return new Map();
    const words = `${title}, ${attempt}`;
    return new Map([[path, words], [`log/${title}`, words]]);
  }

  /** True when an attempt of the task may change this file. */
  mayWrite(title: string, path: string): boolean {
    const own = this.of(title);
    return path.startsWith('by-hand/') || (!own.changesNothing && (path === own.path || path === `log/${title}`));
  }
}
