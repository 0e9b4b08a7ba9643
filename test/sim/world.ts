/** The world around a simulated engine: time, faults, and the moment at which everything is killed. */
import type { Clock } from '../../src/base/clock.js';
import type { RequestedEvent } from '../../src/journal/request.js';
import { Chance } from './chance.js';
import { Cut, type CutPoint } from './cut.js';
import { SimGround, type Ground } from './ground.js';
import type { KeptWork } from './kept-work.js';
import type { Draw } from './scenario.js';
import { SimClock } from './sim-clock.js';
import { SimRepository } from './sim-git.js';

/** Probabilities per step, or per life where it says so; all 0 is a quiet world. */
export interface Faults {
  /** The orchestrator is killed (kill -9) at a step. */
  readonly kill: number;
  /** The same while it recovers from the last kill. */
  readonly killAgain: number;
  /** In a serial world: it is killed in the middle of a deed. See cut.ts. */
  readonly cut: number;
  /** A deed is refused by the disk (full, read-only), which stops the plan with a sentence. */
  readonly disk: number;
  /** A write or sync of the journal fails: the engine stops. */
  readonly journal: number;
  /** A sync takes seconds. */
  readonly slow: number;
  /** Per life: the disk is full for some minutes, for deeds and for the journal alike. */
  readonly full: number;
  /** First attempts that meet an agent's usage limit. */
  readonly limits: number;
  /** Somebody moves the target at the very moment before we do; or it may not be moved. */
  readonly race: number;
  /** Per life: others move the target, a plan's branch, remove a worktree; the clock jumps; a person wishes something. */
  readonly foreign: number;
  readonly branches: number;
  readonly jump: number;
  readonly people: number;
  /** Between lives: the plans, or the settings, are other ones. */
  readonly replan: number;
  readonly settings: number;
  /** Between lives: a person takes landings back. */
  readonly undo: number;
  /** Per life: others push to the target's branch on the remote. */
  readonly remote: number;
  /** Per life: the machine has room for fewer attempts, for some minutes. */
  readonly load: number;
  /** Per life: nothing starts after a time, and what runs then may be stopped. */
  readonly deadline: number;
  /** Executors and verifications that are drawn to fail do. */
  readonly hard: boolean;
}

export const noFaults: Faults = { kill: 0, killAgain: 0, cut: 0, disk: 0, journal: 0, slow: 0, full: 0, limits: 0, race: 0, foreign: 0, branches: 0, jump: 0, people: 0, replan: 0, settings: 0, undo: 0, remote: 0, load: 0, deadline: 0, hard: false };

/** The faults of a seed, less those that are left out by name. */
export function drawFaults({ seed, without }: Draw): Faults {
  const chance = Chance.named(seed, 'faults');
  const drawn = {
    kill: chance.pick([0, 0.002, 0.01, 0.05]),
    killAgain: chance.pick([0, 0.05, 0.2]),
    disk: chance.pick([0, 0, 0.01]),
    journal: chance.pick([0, 0, 0.003]),
    slow: chance.pick([0, 0, 0.2]),
    limits: chance.pick([0, 0.05]),
    race: chance.pick([0, 0, 0.3]),
    foreign: chance.pick([0, 0.4]),
    branches: chance.pick([0, 0, 0.4]),
    jump: chance.pick([0, 0, 0.5]),
    people: chance.pick([0, 0, 0.7]),
    replan: chance.pick([0, 0, 0.4]),
    settings: chance.pick([0, 0, 0.3]),
    full: chance.pick([0, 0, 0, 0.2]),
    undo: chance.pick([0, 0, 0.3]),
    remote: chance.pick([0, 0.3]),
    load: chance.pick([0, 0.4]),
    deadline: chance.pick([0, 0, 0.3]),
    cut: chance.pick([0, 0.01, 0.05]),
  };
  const left = Object.entries(drawn).map(([name, value]) => [name, without.has(name) ? 0 : value] as const);
  return { ...noFaults, ...Object.fromEntries(left), hard: !without.has('hard') };
}

/** A deed that the simulated disk refused. */
export class DiskRefusal extends Error {
  override readonly name = 'DiskRefusal';
}

/** How a world may differ. */
export interface WorldParts {
  readonly serial?: boolean | undefined;
  readonly ground?: Ground | undefined;
  readonly clock?: SimClock | undefined;
}

/** What outlives a kill: the repository, wishes that wait in the inbox's folder, and time. */
export class World {
  readonly clock: SimClock;
  readonly repository = new SimRepository(() => this.clock.now());
  /** Where executors and other people work: the repository in memory, unless a real one takes its place. */
  readonly ground: Ground;
  /** What was written in worktrees of the repository in memory. */
  readonly kept: KeptWork | undefined;
  /** Wishes by id, until they are taken up. */
  readonly wishes = new Map<string, RequestedEvent>();
  /** Branches that a person set back, as they were before. */
  readonly rewound = new Map<string, { readonly was: string; readonly now: string }>();
  faults: Faults;
  /** Attempts that the machine has room for. */
  room = Number.POSITIVE_INFINITY;
  /** Nothing starts from then on. Milliseconds since the epoch. */
  until: number | undefined;
  /** True while a new life compares the journal with git. */
  recovering = false;
  /** Counts kills; work of an earlier life does not go on. */
  life = 0;
  kills = 0;
  readonly chance: Chance;
  /** Each deed is done in one piece, at a moment of its own, whatever does it: faults come before and after it only. See serial.ts. */
  readonly serial: boolean;
  /** Where the deed that is being done is cut off; undefined: nowhere. */
  cut: CutPoint | undefined;
  /** Trees that a verification has really found good. */
  readonly proved = new Set<string>();
  private readonly fates = new Map<string, Chance>();
  /** Deeds that are being done and do not wait for virtual time; who waits for them to be done. */
  private busy = 0;
  private onIdle: (() => void) | undefined;

  constructor(chance: Chance, faults: Faults, { serial = false, ground, clock = new SimClock() }: WorldParts = {}) {
    this.clock = clock;
    this.chance = chance;
    this.faults = faults;
    this.serial = serial;
    const inMemory = new SimGround(this.repository);
    this.ground = ground ?? inMemory;
    this.kept = ground === undefined ? inMemory.kept : undefined;
  }

  /** While the disk is full; milliseconds since the epoch. */
  private full = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };

  /** Draws whether, and when, the disk is full in the life that begins. */
  drawFull(span: number): void {
    const from = this.clock.now() + this.chance.below(span);
    this.full = this.chance.hits(this.faults.full) ? { from, to: from + this.chance.below(600_000) } : { from: Number.POSITIVE_INFINITY, to: 0 };
  }

  get isFull(): boolean {
    const now = this.clock.now();
    return this.faults.full > 0 && now >= this.full.from && now < this.full.to;
  }

  /** The end of the process: promises of this life never settle again. */
  onKill: (() => void) | undefined;

  /**
   * A point at which a deed may take time, be refused, or be the last thing this process does.
   * Called before and after every effect: so each effect is once undone and once done when a kill comes.
   */
  async step(life: number, refusable: boolean): Promise<void> {
    if (life !== this.life) return never();
    if (this.serial) return;
    if (this.chance.hits(this.recovering ? this.faults.killAgain : this.faults.kill)) {
      this.kill();
      return never();
    }
    if (refusable && (this.chance.hits(this.faults.disk) || this.isFull)) throw new DiskRefusal('no space left on device');
    if (this.chance.hits(0.3)) {
      await this.clock.sleep(this.chance.below(50));
      if (life !== this.life) return never();
    }
  }

  /** A deed in memory has got so far. */
  reached(point: CutPoint): void {
    if (point === this.cut) throw new Cut();
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

  /** In a serial world: a moment of its own for a deed, or the end of the process before it. */
  async turn(life: number, refusable: boolean): Promise<void> {
    const { chance, faults } = this;
    if (life !== this.life) return never();
    if (chance.hits(this.recovering ? faults.killAgain : faults.kill)) {
      this.kill();
      return never();
    }
    if (refusable && (chance.hits(faults.disk) || this.isFull)) throw new DiskRefusal('no space left on device');
    await this.clock.sleep(chance.below(50));
    if (life !== this.life) return never();
  }

  /** A deed that takes real time, in which virtual time stands still. */
  async working<T>(deed: () => Promise<T>): Promise<T> {
    this.busy += 1;
    try {
      return await deed();
    } finally {
      this.rested();
    }
  }

  /** Part of a deed that takes virtual time. */
  async rest(life: number, ms: number): Promise<void> {
    this.rested();
    await this.clock.sleep(ms);
    if (life !== this.life) return never();
    this.busy += 1;
  }

  private rested(): void {
    this.busy -= 1;
    if (this.busy === 0) this.onIdle?.();
  }

  get isBusy(): boolean {
    return this.busy > 0;
  }

  /** Resolves when no deed needs real time. */
  async idle(): Promise<void> {
    while (this.busy > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  /** Draws what will be asked for by this name inside of a deed: deeds that take real time must not draw from what all draw from. */
  drawFate(name: string): void {
    this.fates.set(name, new Chance(this.chance.below(2 ** 31)));
  }

  /** The chance that was drawn for it, else the one of all. */
  fateOf(name: string): Chance {
    return this.fates.get(name) ?? this.chance;
  }
}

/** A promise of a process that is no more. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}