/** Runs a command of the manifest (`setup`, `verify`) in a worktree, as a shell would. */
import { readFile } from 'node:fs/promises';
import { startProcess, type ProcessTools } from '../base/process.js';
import { neutralise, shorten } from '../base/text.js';

/** A command and where it runs. */
export interface CommandRequest {
  readonly command: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Receives its output. */
  readonly output: string;
  readonly timeoutSeconds?: number;
  /** Ends it early. */
  readonly stop?: AbortSignal;
}

/** How it ended; `code` is undefined when a signal, a timeout or `stop` ended it, or when it could not start. */
export interface CommandEnd {
  readonly code: number | undefined;
  readonly timedOut: boolean;
  readonly stopped: boolean;
  /** Its last lines, for people. */
  readonly tail: string;
}

const outputLimit = 64 * 1024 * 1024;

/** Runs `sh -c <command>` in a group of its own and waits until nothing of it is left. */
export async function runCommand(request: CommandRequest, tools: ProcessTools): Promise<CommandEnd> {
  const running = startProcess(
    { argv: ['sh', '-c', request.command], cwd: request.cwd, environment: request.environment, output: { file: request.output, limit: outputLimit } },
    tools,
  );
  let timedOut = false;
  let stopped = request.stop?.aborted === true;
  const stop = (): void => {
    stopped = true;
    running.end();
  };
  if (stopped) running.end();
  request.stop?.addEventListener('abort', stop, { once: true });
  const revoke =
    request.timeoutSeconds === undefined
      ? undefined
      : tools.clock.after(request.timeoutSeconds * 1000, () => {
          timedOut = true;
          running.end();
        });
  const end = await running.ended;
  revoke?.();
  request.stop?.removeEventListener('abort', stop);
  if (end.kind === 'not-started') return { code: undefined, timedOut, stopped, tail: end.message };
  return { code: timedOut || stopped ? undefined : end.exitCode, timedOut, stopped, tail: lastWords(end.tail.toString('utf8')) };
}

/** Runs a program without a shell and gives what it printed; `code` undefined when it could not start. */
export async function runProgram(argv: readonly string[], cwd: string, environment: Readonly<Record<string, string>>, file: string, tools: ProcessTools): Promise<{ readonly code: number | undefined; readonly stdout: string; readonly stderr: string }> {
  const pieces: Buffer[] = [];
  const end = await startProcess({ argv, cwd, environment, output: { file, limit: outputLimit }, onStdout: (bytes) => void pieces.push(bytes) }, tools).ended;
  const stdout = Buffer.concat(pieces).toString('utf8');
  if (end.kind === 'not-started') return { code: undefined, stdout, stderr: end.message };
  return { code: end.exitCode, stdout, stderr: end.tail.toString('utf8') };
}

/** The last lines of some output, fit to be shown: at most `count` lines of at most 300 characters. */
export function lastWords(text: string, count = 5): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => shorten(neutralise(line), 300))
    .join('\n');
}

/** The last lines of a file of output; '' when there is none. */
export async function lastWordsOf(file: string, count = 20): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return lastWords(text.slice(-16_384), count);
}
