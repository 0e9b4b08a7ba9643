import type { Entry } from '../model/event.js';
import type { NodeId } from '../model/ids.js';
import type { Progress } from '../executor/executor.js';
import type { RunState } from '../state/run-state.js';

/**
 * Somebody who watches a run from inside its process: the live list, the plain lines, the event stream. The engine calls it and never waits
 * for it, and nothing that it does may change the run: an observer swallows its own output errors (a reader that went away is no fault of the run).
 */
export interface Observer {
  /** A fact was recorded; `state` already contains it. */
  entry(entry: Entry, state: RunState): void;
  /** What a running attempt does now; not journalled. May come many times a second. */
  progress(node: NodeId, progress: Progress): void;
  /** The run ended or was stopped: shows the last picture and gives the terminal back. Resolves when everything is written. */
  close(): Promise<void>;
}
