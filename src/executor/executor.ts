import type { AttemptOutcome, Usage } from '../model/event.js';
import type { NodeId, PlanId, RunId } from '../model/ids.js';
import type { Execution } from '../model/orchestration.js';

/** Something that carries tasks out: a shell, a command, an agent, a person. Start and end are two things. */
export interface Executor {
  /** Begins an attempt. Never throws: what cannot start ends as `failed` with reason `start`. */
  begin(request: AttemptRequest, report: (progress: Progress) => void): RunningAttempt;
}

export interface RunningAttempt {
  /** Resolves once, when no process of the attempt is left. Never rejects. `head` and `dirty` are filled in by the engine. */
  readonly finished: Promise<AttemptOutcome>;
  /** Ends the attempt's whole process group: SIGTERM, then SIGKILL after a grace. Its outcome is `cancelled` with this reason. */
  cancel(reason: NonNullable<AttemptOutcome['reason']>): void;
}

/** All that an executor may know of its task. Titles and bodies are data: they reach a shell only through the environment. */
export interface AttemptRequest {
  readonly run: RunId;
  readonly node: NodeId;
  readonly attempt: number;
  readonly plan: PlanId;
  readonly phase: string;
  /** The task's own id, such as `2.3`. */
  readonly task: string;
  readonly title: string;
  /** Absolute path of the worktree it works in. */
  readonly worktree: string;
  /** Absolute path of the file that receives its output; created 0600, bounded by `outputLimit` bytes. */
  readonly outputFile: string;
  readonly outputLimit: number;
  /** Absolute path of a private folder that exists for this attempt only. */
  readonly scratch: string;
  /** The task's own `sh` block. */
  readonly script?: string;
  /** What an agent or command is told; also written to `PLAN_PROMPT_FILE`. */
  readonly prompt: string;
  readonly execution: Execution;
  /** The caller's environment, cleaned of git's local variables; the executor adds `PLAN_*` and its own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Session to go on with after a retry or a crash; or the name that the agent's new one was promised beforehand. */
  readonly session?: string;
}

/** What an attempt does now. Not journalled: shown live and forgotten. */
export interface Progress {
  /** Bytes of output so far; growth is what tells a working attempt from a stuck one. */
  readonly outputBytes?: number;
  /** One line: what it does now. */
  readonly doing?: string;
  readonly usage?: Usage;
  readonly session?: string;
}
