/** What the lines of an agent's output mean, in one vocabulary for all agents, and what they add up to. */
import type { Usage } from '../../model/event.js';

/** One thing that a line of output says. An adapter turns lines into signals and keeps nothing itself. */
export type Signal =
  /** The name under which the agent can go on later. */
  | { readonly kind: 'session'; readonly session: string }
  /** What it does now, for people. */
  | { readonly kind: 'doing'; readonly text: string }
  /** Text of the agent itself; `adds` continues the text before it instead of replacing it. */
  | { readonly kind: 'answer'; readonly text: string; readonly adds: boolean }
  /**
   * `total` replaces what was counted before; otherwise it is added. Of several with the same `part` only the last counts:
   * some agents repeat a message's usage with each piece of it.
   */
  | { readonly kind: 'spent'; readonly usage: Usage; readonly total: boolean; readonly part?: string }
  /** Something went wrong; only the end says whether it was for good. */
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  /** A trouble said before is over: the agent was let through after all. */
  | { readonly kind: 'cleared'; readonly cause: Trouble['cause'] }
  /** The agent's own last word. */
  | { readonly kind: 'ended'; readonly well: boolean }
  /** What looked like the last word was not. */
  | { readonly kind: 'goes-on' };

/** Why an agent could not do its work. */
export interface Trouble {
  /** `session`: the one to go on with is unknown to the agent. `login`: a person has to log in. `turns`: its own step limit. */
  readonly cause: 'limit' | 'budget' | 'turns' | 'login' | 'session' | 'error';
  /** '' when it does not say. */
  readonly message: string;
  /** When a limit ends, in milliseconds since the epoch; undefined when it does not say. */
  readonly until?: number;
}

/** Everything an agent's output has said so far. */
export interface AgentReading {
  readonly session?: string;
  readonly doing?: string;
  readonly answer: string;
  readonly usage: Usage;
  /** The part that `usage` counts last, and what was counted before it. */
  readonly part?: { readonly name: string; readonly before: Usage };
  readonly trouble?: Trouble;
  readonly ended?: { readonly well: boolean };
}

/** Before the first line. */
export const emptyReading: AgentReading = { answer: '', usage: {} };

/** The answer is kept for notes and for agents that return content; more than this is cut. */
const answerLimit = 32 * 1024 * 1024;

/** Adds one signal to a reading. A typed cause (limit, budget, …) is not overwritten by a plain error that follows it, nor words by none. */
export function addSignal(reading: AgentReading, signal: Signal): AgentReading {
  switch (signal.kind) {
    case 'session':
      return { ...reading, session: signal.session };
    case 'doing':
      return { ...reading, doing: signal.text };
    case 'answer': {
      const answer = signal.adds ? reading.answer + signal.text : signal.text;
      return { ...reading, answer: answer.length > answerLimit ? answer.slice(0, answerLimit) : answer };
    }
    case 'spent':
      return addSpent(reading, signal);
    case 'trouble':
      if (reading.trouble !== undefined && signal.trouble.cause === 'error' && (reading.trouble.cause !== 'error' || signal.trouble.message === '')) return reading;
      return { ...reading, trouble: mergeTrouble(reading.trouble, signal.trouble) };
    case 'cleared': {
      if (reading.trouble?.cause !== signal.cause) return reading;
      const { trouble: _over, ...rest } = reading;
      return rest;
    }
    case 'ended':
      return { ...reading, ended: { well: signal.well } };
    case 'goes-on': {
      const { ended: _notYet, ...rest } = reading;
      return rest;
    }
  }
}

/** Sums two usages field by field; the later model name counts. */
export function addUsage(first: Usage, second: Usage): Usage {
  const sum: Record<string, number> = {};
  for (const key of ['turns', 'inputTokens', 'outputTokens', 'cachedTokens', 'cost'] as const) {
    if (first[key] !== undefined || second[key] !== undefined) sum[key] = (first[key] ?? 0) + (second[key] ?? 0);
  }
  const model = second.model ?? first.model;
  return { ...sum, ...(model === undefined ? {} : { model }) };
}

function addSpent(reading: AgentReading, signal: Extract<Signal, { kind: 'spent' }>): AgentReading {
  if (signal.total) return { ...reading, usage: { ...reading.usage, ...signal.usage } };
  if (signal.part === undefined) return { ...reading, usage: addUsage(reading.usage, signal.usage) };
  const before = reading.part?.name === signal.part ? reading.part.before : reading.usage;
  return { ...reading, usage: addUsage(before, signal.usage), part: { name: signal.part, before } };
}

/** The same limit is often said twice, once as a number and once as prose cut to minutes: the later end counts. */
function mergeTrouble(before: Trouble | undefined, now: Trouble): Trouble {
  if (before?.cause !== now.cause || before.until === undefined) return now;
  return { ...now, until: Math.max(before.until, now.until ?? 0) };
}

/** A usage with only the fields that are known. */
export function usageOf(fields: { readonly [Key in keyof Usage]?: Usage[Key] | undefined }): Usage {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
