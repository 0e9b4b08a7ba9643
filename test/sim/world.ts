/** The world around a simulated engine: time, faults, and the moment at which everything is killed. */
import type { Clock } from '../../src/base/clock.js';
import type { Chance } from './chance.js';
import { SimClock } from './sim-clock.js';
import { SimRepository } from './sim-git.js';

/** Probabilities per step; all 0 is a quiet world. */
export interface Faults {
  /** The orchestrator is killed (kill -9) at a step. */
  readonly kill: number;
  /** A deed is refused by the disk (full, read-only), which stops the plan with a sentence. */
  readonly disk: number;
  /** A write or sync of the journal fails: the engine stops. */
  readonly journal: number;
  /** At a kill, the last line of the journal is cut in its middle. */
  readonly torn: number;
}

export const noFaults: Faults = { kill: 0, disk: 0, journal: 0, torn: 0 };

/** A deed that the simulated disk refused. */
export class DiskRefusal extends Error {
  override readonly name = 'DiskRefusal';
}

/** What outlives a kill: the repository, the journal's bytes, and time. */
export class World {
  readonly clock = new SimClock();
  readonly repository = new SimRepository();
  /** Durable bytes of the journal. */
  journal = '';
  faults: Faults;
  /** Counts kills; work of an earlier life does not go on. */
  life = 0;
  kills = 0;
  readonly chance: Chance;

  constructor(chance: Chance, faults: Faults) {
    this.chance = chance;
    this.faults = faults;
  }

  /** The end of the process: promises of this life never settle again. */
  onKill: (() => void) | undefined;

  /**
   * A point at which a deed may take time, be refused, or be the last thing this process does.
   * Called before and after every effect: so each effect is once undone and once done when a kill comes.
   */
  async step(life: number, refusable: boolean): Promise<void> {
    if (life !== this.life) return never();
    if (this.chance.hits(this.faults.kill)) {
      this.kill();
      return never();
    }
    if (refusable && this.chance.hits(this.faults.disk)) throw new DiskRefusal('no space left on device');
    if (this.chance.hits(0.3)) {
      await this.clock.sleep(this.chance.below(50));
      if (life !== this.life) return never();
    }
  }

  /** The clock as this life sees it: timers of a dead process never fire. */
  lifeClock(): Clock {
    const life = this.life;
    return {
      now: () => this.clock.now(),
      after: (ms, callback) => this.clock.after(ms, () => life === this.life && callback()),
    };
  }

  kill(): void {
    this.life += 1;
    this.kills += 1;
    this.onKill?.();
  }
}

/** A promise of a process that is no more. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
