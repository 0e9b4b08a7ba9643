import type { Clock } from '../../src/base/clock.js';

interface Timer {
  at: number;
  readonly order: number;
  readonly callback: () => void;
  revoked: boolean;
}

/** Virtual time: nothing happens until `advance` takes the next timer. Timers of one instant fire in the order in which they were set. */
export class SimClock implements Clock {
  private readonly timers: Timer[] = [];
  private order = 0;
  private time: number;

  constructor(start = Date.UTC(2030, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  /** Sets the wall clock back or forth, as an administrator would; timers keep their distance. */
  jump(ms: number): void {
    this.time += ms;
    for (const timer of this.timers) timer.at += ms;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: this.time + Math.max(0, ms), order: this.order++, callback, revoked: false };
    let low = 0;
    let high = this.timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.timers[middle] as Timer;
      if (other.at > timer.at) low = middle + 1;
      else high = middle;
    }
    // Latest first, so that the next one is popped from the end; equal times keep the order of setting.
    this.timers.splice(low, 0, timer);
    return () => (timer.revoked = true);
  }

  /** Fires the next timer and moves time to it; false when none is left. */
  advance(): boolean {
    for (;;) {
      const next = this.timers.pop();
      if (!next) return false;
      if (next.revoked) continue;
      this.time = Math.max(this.time, next.at);
      next.callback();
      return true;
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }
}
