/** How many attempts run side by side when memory gets short: pure, with hysteresis, so that one spike changes little. */

/** What is known of the machine's memory at one moment, in bytes. */
export interface MemorySample {
  readonly available: number;
  readonly total: number;
}

export interface Adaptation {
  /** Attempts at once as of now. */
  readonly tasks: number;
  /** Samples in a row with room to spare. */
  readonly calm: number;
}

/** Below this share of memory available, attempts are fewer. */
const pressure = 0.1;
/** Above this share, they may be more again; between the two nothing changes. */
const ease = 0.25;
/** Samples in a row that it takes to believe that there is room. */
const calmSamples = 3;

/**
 * The limit after one more sample. It halves under pressure (running attempts are not stopped: the next ones wait),
 * and grows by one after a calm time, never above `most`, never below 1: additive increase, multiplicative decrease (Chiu and Jain 1989).
 */
export function adapt(now: Adaptation, sample: MemorySample, running: number, most: number): Adaptation {
  const share = sample.total > 0 ? sample.available / sample.total : 1;
  if (share < pressure) return { tasks: Math.max(1, Math.floor(Math.min(now.tasks, Math.max(running, 1)) / 2)), calm: 0 };
  if (share <= ease || now.tasks >= most) return { tasks: Math.min(now.tasks, most), calm: 0 };
  const calm = now.calm + 1;
  return calm < calmSamples ? { tasks: now.tasks, calm } : { tasks: now.tasks + 1, calm: 0 };
}
