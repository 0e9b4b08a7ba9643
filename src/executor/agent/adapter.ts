/** What is particular to one coding agent: how it is started, and what its output means. */
import type { Signal, Trouble } from './signal.js';

/** One kind of agent. Holds no state: the same adapter serves any number of attempts at once. */
export interface AgentAdapter {
  /** Its name in a manifest, and the name of its pool. */
  readonly name: string;
  /** Names of environment variables that it may see besides the common ones; `NAME_*` stands for all that begin so. */
  readonly environment: readonly string[];
  /** True when a run that went well always ends with the agent's own last word; an exit without it is bad output then. */
  readonly endsWithResult: boolean;
  /** True when a session that is chosen by us can be given to a new run. */
  readonly choosesSession: boolean;
  /** The command line for one attempt. */
  launch(request: LaunchRequest): Launch;
  /** The meaning of one line of standard output. Never throws, whatever the line holds. */
  read(line: string, context: ReadContext): readonly Signal[];
  /** The meaning of an exit that the output did not explain; undefined when there is none in particular. */
  explainExit(exit: AgentExit, context: ReadContext): Trouble | undefined;
}

/** What an adapter may put on a command line. */
export interface LaunchRequest {
  /** Absolute path of the worktree. */
  readonly worktree: string;
  /** Absolute path of the attempt's private folder. */
  readonly scratch: string;
  /** The prompt, and the file that holds it. */
  readonly prompt: string;
  readonly promptFile: string;
  readonly model?: string;
  readonly maxTurns?: number;
  /** In the agent's currency. */
  readonly budget?: number;
  /** A new session's name, chosen by us. */
  readonly newSession: string;
  /** A session to go on with. */
  readonly resume?: string;
  /** The agent writes nothing: it prints the files it would write. */
  readonly readOnly: boolean;
  readonly options: AgentOptions;
}

/** Options that a manifest may give to an agent, after validation. */
export interface AgentOptions {
  /** Another program than the agent's usual one, with leading arguments: a path, a wrapper, a pinned version. */
  readonly command?: readonly string[];
  /** Further arguments, put after ours. */
  readonly arguments?: readonly string[];
  /** Further environment variables that the agent may see, by name or `NAME_*`. */
  readonly environment?: readonly string[];
  /** Claude Code: what it may do without asking. */
  readonly permissionMode?: string;
  readonly skipPermissions?: boolean;
  readonly fallbackModel?: string;
  readonly appendSystemPrompt?: string;
  /** How long its pool rests after a limit that does not say when it ends. */
  readonly limitPauseMinutes?: number;
  /** How long it may stay after its last word before it is ended; 30 unless stated. */
  readonly lingerSeconds?: number;
  /** What lets the fallback agent step in; `limit` and `start` unless stated. */
  readonly fallbackOn?: readonly ('limit' | 'start' | 'login' | 'budget' | 'error')[];
  /** Options of the fallback agent, `model` among them. */
  readonly fallbackOptions?: Readonly<Record<string, unknown>>;
  readonly model?: string;
}

/** A command line and how the prompt reaches it. */
export interface Launch {
  readonly command: readonly string[];
  /** Standard input: written whole, then closed. Undefined: closed at once. */
  readonly stdin?: string;
}

/** What relative times in an agent's messages are reckoned from. */
export interface ReadContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The zone of messages that name none: the machine's. */
  readonly timeZone: string;
}

/** How the agent's process ended. */
export interface AgentExit {
  /** Undefined when a signal ended it. */
  readonly code?: number;
  readonly signal?: string;
  /** The end of its standard error, bounded. */
  readonly stderr: string;
}

/** The command and leading arguments: the manifest's, else the agent's usual name. */
export function programOf(options: AgentOptions, usual: string): readonly string[] {
  return options.command ?? [usual];
}
