import type { Clock } from '../base/clock.js';
import type { Repository } from '../git/repository.js';
import type { Graph } from '../graph/graph.js';
import type { Failure } from '../model/failure.js';
import type { Orchestration } from '../model/orchestration.js';
import type { Observer } from '../status/observer.js';

/** What a run stands on. */
export interface OrchestrateRequest {
  readonly repository: Repository;
  readonly orchestration: Orchestration;
  /** The manifest as the user typed it, for commands in hints; absent: as it stands from the repository's top. */
  readonly typed?: string;
  readonly graph: Graph;
  readonly clock: Clock;
  /** The caller's environment, cleaned of git's local variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder for temporary files, such as `/tmp`. */
  readonly temporary: string;
  readonly timeZone: string;
  /** Folder of the shipped templates. */
  readonly templates: string;
  readonly observer: Observer;
  /** Milliseconds since the epoch: nothing starts from then on, whatever time of day the settings name. Absent: only they count. */
  readonly deadline?: number;
  /** Ends as at a deadline where nothing can begin for longer than this, for an agent's limit or a person's pause: others wait for their turn. Absent: it waits. */
  readonly patienceMs?: number;
  /** Start over, whatever an earlier run did. */
  readonly fresh: boolean;
  /** Told what a person should know and nothing stops for. */
  readonly warn?: (warning: Failure) => void;
  /** Subscribes to interrupts: `hard` is the second one. Returns how to end it. */
  readonly onInterrupt: (handler: (hard: boolean) => void) => () => void;
}
