import { run } from '../../src/cli/run.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { Sink } from '../status/sink.js';
import type { RepositoryRig } from '../rig/repository.js';

/** What a call of the program printed, and how it ended. */
export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON. */
  json<T = Record<string, never>>(): T;
}

/** How a call differs from a plain one. */
export interface CallOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets a function that sends the signal to the program. */
  readonly signals?: (send: (signal: 'SIGINT' | 'SIGTERM') => void) => void;
  readonly columns?: number;
}

/** Calls the program in this process, in a rig's repository and its hermetic environment; stdout is no terminal. */
export async function call(rig: Pick<RepositoryRig, 'top' | 'environment'>, words: readonly string[], options: CallOptions = {}): Promise<Called> {
  const stdout = new Sink();
  const stderr = new Sink();
  const listeners = new Set<(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void>();
  const terminal: Terminal = {
    stdout,
    stderr,
    environment: { ...rig.environment, ...options.environment },
    folder: options.folder ?? rig.top,
    live: false,
    colours: false,
    errorColours: false,
    columns: () => options.columns ?? 100,
    rows: () => 40,
    onSignal(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
  options.signals?.((signal) => {
    for (const listener of listeners) listener(signal);
  });
  const code = await run(words, terminal);
  return { code, stdout: stdout.text, stderr: stderr.text, json: <T>() => JSON.parse(stdout.text) as T };
}
