/** The only source of time: real in a run, virtual in a simulation. All times are milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms`; the returned function revokes it. */
  after(ms: number, callback: () => void): () => void;
}

/** Node's longest timer; a longer wait is cut into pieces. */
const longestTimer = 2 ** 31 - 1;

/** The wall clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer = left > longestTimer ? setTimeout(() => wait(left - longestTimer), longestTimer) : setTimeout(callback, Math.max(0, left));
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
