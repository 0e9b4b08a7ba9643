/** Carries a task out with a program of the user's: arguments without a shell, the prompt on stdin or in a file. */
import type { AttemptOutcome } from '../model/event.js';
import { assert } from '../base/assert.js';
import { runAttemptProcess } from './attempt-process.js';
import type { ExecutorTools } from './attempt-process.js';
import { parseContentFiles } from './content-files.js';
import type { AttemptRequest, Executor } from './executor.js';
import { noteOf } from './note.js';
import type { Mask } from './secrets.js';
import { writeContentFiles } from './write-files.js';

/** Stdout that is kept for the result line or the returned files; a longer one cannot be judged. */
const longestAnswer = 64 * 1024 * 1024;

const passedWords = ['passed', 'success', 'succeeded', 'ok', 'done', 'completed', 'complete'];
const failedWords = ['failed', 'failure', 'error'];

/** What the last stdout line says under `result: json`. */
export interface ReportedResult {
  readonly result: 'passed' | 'failed';
  readonly summary?: string;
  readonly cost?: number;
}

export function createCommandExecutor(tools: ExecutorTools): Executor {
  return {
    begin(request, report) {
      const settings = request.execution.executor;
      assert(settings.kind === 'command', `the command executor was asked to act as ${settings.kind}`);
      const how = { argv: settings.command, promptOnStdin: settings.prompt === 'stdin' };
      if (settings.result === undefined && settings.returns === undefined) return runAttemptProcess(request, how, tools, report);
      const answer = new Answer();
      const conclude = (_: unknown, outcome: AttemptOutcome): Promise<AttemptOutcome> => judge(request, outcome, answer, tools.maskFor(request));
      return runAttemptProcess(request, { ...how, onStdout: (bytes) => answer.take(bytes), conclude }, tools, report);
    },
  };
}

/** Reads the result line; undefined when it is none. `status` is one of the usual words for passed or failed. */
export function parseResultLine(line: string): ReportedResult | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { status, summary, cost } = value as Record<string, unknown>;
  if (typeof status !== 'string') return undefined;
  const word = status.toLowerCase();
  if (!passedWords.includes(word) && !failedWords.includes(word)) return undefined;
  return {
    result: passedWords.includes(word) ? 'passed' : 'failed',
    ...(typeof summary === 'string' ? { summary } : {}),
    ...(typeof cost === 'number' && Number.isFinite(cost) && cost >= 0 ? { cost } : {}),
  };
}

/** What the program printed, as long as it is not too much to be judged. */
class Answer {
  #chunks: Buffer[] = [];
  #bytes = 0;

  take(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= longestAnswer) this.#chunks.push(bytes);
    else this.#chunks = [];
  }

  /** Undefined: too long. */
  text(): string | undefined {
    return this.#bytes > longestAnswer ? undefined : Buffer.concat(this.#chunks).toString('utf8');
  }
}

/** The exit code comes first; then what the program says of itself; then what it wants written. */
async function judge(request: AttemptRequest, outcome: AttemptOutcome, answer: Answer, mask: Mask): Promise<AttemptOutcome> {
  const settings = request.execution.executor;
  assert(settings.kind === 'command', 'checked at the beginning');
  const badOutput = (note: string): AttemptOutcome => ({ ...outcome, result: 'failed', reason: 'bad-output', note: noteOf(note, mask) });
  const text = answer.text();
  if (text === undefined) return outcome.result === 'passed' ? badOutput('it printed more than can be judged') : outcome;
  let judged = outcome;
  let rest = text;
  if (settings.result === 'json') {
    const lines = text.trimEnd().split('\n');
    const said = parseResultLine(lines.pop() ?? '');
    if (said === undefined) return outcome.result === 'passed' ? badOutput('its last line is not the JSON object that `result: json` asks for') : outcome;
    rest = lines.join('\n');
    judged = {
      ...outcome,
      ...(outcome.result === 'passed' && said.result === 'failed' ? { result: 'failed', reason: 'executor' } : {}),
      ...(said.summary === undefined ? {} : { note: noteOf(said.summary, mask) }),
      ...(said.cost === undefined ? {} : { usage: { cost: said.cost } }),
    };
  }
  if (judged.result !== 'passed' || settings.returns !== 'files') return judged;
  const files = parseContentFiles(rest);
  if (!files.ok) return { ...badOutput(files.error), ...(judged.usage === undefined ? {} : { usage: judged.usage }) };
  const written = await writeContentFiles(request.worktree, files.value);
  return written.ok ? judged : { ...badOutput(written.error), ...(judged.usage === undefined ? {} : { usage: judged.usage }) };
}
