/** From what an agent said and how its process ended to the attempt's outcome: typed fields first, then exit code, then standard error. */
import type { AttemptOutcome, AttemptReason } from '../../model/event.js';
import type { AgentAdapter, AgentExit, AgentOptions, ReadContext } from './adapter.js';
import { firstLine, oneLine } from './one-line.js';
import type { AgentReading, Trouble } from './signal.js';

/** How one run of an agent's program came out. */
export interface Verdict {
  readonly outcome: AttemptOutcome;
  /** Why it failed, as far as the agent said; undefined when it passed or died without a word. */
  readonly trouble?: Trouble;
}

/** An agent's process that ended by itself, or was ended by us after its last word. */
export interface EndedAgent {
  readonly exit: AgentExit;
  /** It said its last word and was ended because it did not leave: its exit code tells nothing. */
  readonly hung: boolean;
  /** Lines of output that were too long to be read. */
  readonly skippedLines: number;
}

/** How long a pool rests after a limit that does not say when it ends. */
const defaultPauseMinutes = 30;
/** No service's limit lasts longer; a later date is a misreading. */
const longestLimitMs = 40 * 86_400_000;

/** Judges a run. That it "passed" says only that the agent ended well: whether the task is done is for git and verify to tell. */
export function judge(adapter: AgentAdapter, reading: AgentReading, ended: EndedAgent, context: ReadContext, options: AgentOptions): Verdict {
  const said = {
    ...(Object.keys(reading.usage).length === 0 ? {} : { usage: reading.usage }),
    ...(reading.session === undefined ? {} : { session: reading.session }),
  };
  const { exit } = ended;
  const exited = {
    ...(exit.code === undefined || ended.hung ? {} : { exitCode: exit.code }),
    ...(exit.signal === undefined || ended.hung ? {} : { signal: exit.signal }),
  };
  const exitedWell = ended.hung || exit.code === 0;
  if (reading.ended?.well === true && exitedWell) return { outcome: { result: 'passed', ...summaryOf(reading), ...exited, ...said } };
  if (reading.ended === undefined && exitedWell && reading.trouble === undefined) {
    if (!adapter.endsWithResult) return { outcome: { result: 'passed', ...summaryOf(reading), ...exited, ...said } };
    const long = ended.skippedLines > 0 ? `; ${ended.skippedLines} lines were too long to be read` : '';
    return { outcome: { result: 'failed', reason: 'bad-output', note: `${adapter.name} ended without its result${long}`, ...exited, ...said } };
  }
  const trouble = reading.ended?.well === true ? undefined : (reading.trouble ?? adapter.explainExit(exit, context));
  if (trouble === undefined) {
    const reason = exit.signal === undefined && exit.code !== undefined && exit.code < 128 ? 'exit' : 'signal';
    return { outcome: { result: 'failed', reason, note: lastWords(exit), ...exited, ...said } };
  }
  return { outcome: { result: 'failed', reason: reasonOf(trouble), note: oneLine(trouble.message, 300) || `${adapter.name} ended with an error`, ...exited, ...said, ...limitOf(adapter, trouble, context, options) }, trouble };
}

function summaryOf(reading: AgentReading): { readonly note?: string } {
  const note = firstLine(reading.answer, 300);
  return note === '' ? {} : { note };
}

function reasonOf(trouble: Trouble): AttemptReason {
  switch (trouble.cause) {
    case 'limit':
      return 'limit';
    case 'budget':
    case 'turns':
      return 'budget';
    case 'login':
    case 'session':
    case 'error':
      return 'executor';
  }
}

function limitOf(adapter: AgentAdapter, trouble: Trouble, context: ReadContext, options: AgentOptions): { readonly limitedUntil?: number; readonly limitedPool?: string } {
  if (trouble.cause !== 'limit') return {};
  const pause = (options.limitPauseMinutes ?? defaultPauseMinutes) * 60_000;
  const stated = trouble.until === undefined ? context.now + pause : Math.max(trouble.until, context.now + 1000);
  return { limitedUntil: Math.min(stated, context.now + longestLimitMs), limitedPool: adapter.name };
}

function lastWords(exit: AgentExit): string {
  const last = exit.stderr.trimEnd().split('\n').at(-1) ?? '';
  const how = exit.code === undefined ? `ended by ${exit.signal ?? 'a signal'}` : `exit code ${exit.code}`;
  return oneLine(last === '' ? how : `${how}: ${last}`, 300);
}
