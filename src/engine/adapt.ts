/** How many attempts run side by side when memory gets short or the processors are busy: pure, with hysteresis, so that one spike changes little. */

/** What is known of the machine at one moment: memory in bytes, and where it counts the load, in processes that run or want to. */
export interface MachineSample {
  readonly available: number;
  readonly total: number;
  readonly load?: { readonly now: number; readonly most: number };
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
/** Below this share of the load that is allowed there may be more again. The average that systems tell is of a minute. */
const easyLoad = 0.75;
/** Samples in a row that it takes to believe that there is room. */
const calmSamples = 3;

/**
 * The limit after one more sample. It halves under pressure (running attempts are not stopped: the next ones wait),
 * and grows by one after a calm time, never above `most`, never below 1: additive increase, multiplicative decrease (Chiu and Jain 1989).
 */
export function adapt(now: Adaptation, sample: MachineSample, running: number, most: number): Adaptation {
  const share = sample.total > 0 ? sample.available / sample.total : 1;
  if (share < pressure) return { tasks: Math.max(1, Math.floor(Math.min(now.tasks, Math.max(running, 1)) / 2)), calm: 0 };
  // The load falls slowly after its cause: nothing is added to what runs, and nothing taken away for it.
  const load = sample.load === undefined ? 0 : sample.load.now / sample.load.most;
  if (load > 1) return { tasks: Math.max(1, Math.min(now.tasks, most, running)), calm: 0 };
  if (share <= ease || load > easyLoad || now.tasks >= most) return { tasks: Math.min(now.tasks, most), calm: 0 };
  const calm = now.calm + 1;
  return calm < calmSamples ? { tasks: now.tasks, calm } : { tasks: now.tasks + 1, calm: 0 };
}
