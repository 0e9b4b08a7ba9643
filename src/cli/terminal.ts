import type { Writable } from 'node:stream';

/** The world outside as the command line sees it: what it reads its wishes from and where it writes to. Tests pass their own. */
export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute: where the command was given. */
  readonly folder: string;
  /** True where stdout is a terminal that a person looks at and that can be redrawn. */
  readonly live: boolean;
  /** True where colours may be used, on stdout and on stderr. */
  readonly colours: boolean;
  readonly errorColours: boolean;
  /** Columns of the terminal now; 80 where nobody knows. */
  columns(): number;
  rows(): number;
  /** Calls back at a wish to stop: Ctrl-C, or the terminal or the system ending us. The returned function stops listening. */
  onSignal(callback: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void): () => void;
}

/** The process's own terminal. A reader that goes away (`plan log | head`) silences that stream and stops nothing. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
  const environment = process.env;
  const dumb = environment['TERM'] === 'dumb';
  const forced = environment['FORCE_COLOR'] !== undefined && environment['FORCE_COLOR'] !== '' && environment['FORCE_COLOR'] !== '0';
  const refused = environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '';
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    environment,
    folder: process.cwd(),
    live: process.stdout.isTTY && !dumb,
    colours: !refused && (forced || (process.stdout.isTTY && !dumb)),
    errorColours: !refused && (forced || (process.stderr.isTTY && !dumb)),
    columns: () => process.stdout.columns || Number(environment['COLUMNS']) || 80,
    rows: () => process.stdout.rows || 24,
    onSignal(callback) {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) process.on(signal, callback);
      return () => {
        for (const signal of signals) process.off(signal, callback);
      };
    },
  };
}

/** Resolves when everything written so far has left us (or its reader has gone). */
export async function flush(stream: Writable): Promise<void> {
  if (stream.destroyed || !stream.writable) return;
  await new Promise<void>((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
