/** Carries a task out with a shell: its own `sh` block, else the configured command. */
import { join } from 'node:path';
import { runAttemptProcess } from './attempt-process.js';
import type { AttemptProcess, ExecutorTools } from './attempt-process.js';
import type { AttemptRequest, Executor } from './executor.js';

const shell = '/bin/sh';
const scriptName = 'script.sh';
/** A longer script goes through a file: the system takes no argument over 128 KiB. */
const longestArgument = 100_000;

/** The block runs under `sh -e`. Ids and titles are in the environment: they never become code. */
export function createShellExecutor(tools: ExecutorTools): Executor {
  return {
    begin(request, report) {
      const how = shellProcess(request);
      if (how !== undefined) return runAttemptProcess(request, how, tools, report);
      const note = 'the task has no sh block, and no shell command is configured';
      return { finished: Promise.resolve({ result: 'failed', reason: 'start', note }), cancel: () => undefined };
    },
  };
}

function shellProcess(request: AttemptRequest): AttemptProcess | undefined {
  const settings = request.execution.executor;
  const configured = settings.kind === 'shell' ? settings.shell : undefined;
  const text = request.script ?? configured;
  if (text === undefined || text.trim() === '') return undefined;
  const flags = request.script === undefined ? [] : ['-e'];
  if (Buffer.byteLength(text) <= longestArgument) return { argv: [shell, ...flags, '-c', text], promptOnStdin: false };
  return { argv: [shell, ...flags, join(request.scratch, scriptName)], files: { [scriptName]: text }, promptOnStdin: false };
}
