/** Gemini CLI: `gemini --output-format stream-json`. */
import { nextOccurrence } from '../../base/zoned-time.js';
import type { AgentAdapter, Launch, LaunchRequest, ReadContext } from './adapter.js';
import { programOf } from './adapter.js';
import { numberAt, parseObject, textAt, valueAt } from './json-fields.js';
import { firstLine, oneLine } from './one-line.js';
import { resetTime } from './reset-time.js';
import type { Signal, Trouble } from './signal.js';
import { usageOf } from './signal.js';

/** Gemini CLI. Its exit codes tell more than its output where it fails early. */
export const gemini: AgentAdapter = {
  name: 'gemini',
  environment: ['GEMINI_*', 'GOOGLE_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION', 'GOOGLE_GENAI_*'],
  endsWithResult: true,
  choosesSession: false,
  launch,
  read(line, context) {
    const event = parseObject(line);
    if (event === undefined) return [];
    switch (event['type']) {
      case 'init':
        return readInit(event);
      case 'message':
        return readMessage(event);
      case 'tool_use': {
        const about = ['file_path', 'command', 'path', 'pattern', 'query'].map((field) => textAt(event, `parameters.${field}`)).find(Boolean);
        const tool = textAt(event, 'tool_name') ?? 'a tool';
        return [{ kind: 'doing', text: oneLine(about === undefined ? tool : `${tool} ${about}`) }];
      }
      case 'error':
        return [{ kind: 'doing', text: oneLine(textAt(event, 'message') ?? 'an error') }];
      case 'result':
        return readResult(event, context);
      default:
        return [];
    }
  },
  explainExit(exit, context) {
    const quota = exit.stderr.split('\n').find((line) => quotaError.test(line));
    if (quota !== undefined) return troubleOf('', oneLine(quota, 600), context);
    const meaning = exit.code === undefined ? undefined : exitCodes[exit.code];
    return meaning && { cause: meaning[0], message: [meaning[1], firstLine(exit.stderr, 300)].filter(Boolean).join(': ') };
  },
};

const exitCodes: Readonly<Record<number, readonly [Trouble['cause'], string]>> = {
  41: ['login', 'not logged in'],
  42: ['error', 'input refused'],
  44: ['error', 'sandbox could not be set up'],
  52: ['error', 'configuration refused'],
  53: ['turns', 'turn limit reached'],
  54: ['error', 'a tool failed for good'],
  55: ['login', 'folder is not trusted'],
  130: ['error', 'cancelled'],
};

const quotaError = /\b(?:Terminal|Retryable)QuotaError\b/;

function launch(request: LaunchRequest): Launch {
  const { options } = request;
  return {
    command: [
      ...programOf(options, 'gemini'),
      ...['--output-format', 'stream-json', '--approval-mode', request.readOnly ? 'default' : 'yolo'],
      ...(request.model === undefined ? [] : ['-m', request.model]),
      ...(request.resume === undefined ? [] : ['-r', request.resume]),
      ...(options.arguments ?? []),
    ],
    stdin: request.prompt,
  };
}

function readInit(event: Record<string, unknown>): readonly Signal[] {
  const session = textAt(event, 'session_id');
  const model = textAt(event, 'model');
  return [
    ...(session === undefined ? [] : [{ kind: 'session', session } as const]),
    ...(model === undefined ? [] : [{ kind: 'spent', usage: { model }, total: true } as const]),
  ];
}

function readMessage(event: Record<string, unknown>): readonly Signal[] {
  const text = textAt(event, 'content');
  if (event['role'] !== 'assistant' || text === undefined) return [];
  return [{ kind: 'doing', text: firstLine(text) }, { kind: 'answer', text, adds: event['delta'] === true }];
}

function readResult(event: Record<string, unknown>, context: ReadContext): readonly Signal[] {
  const stats = valueAt(event, 'stats');
  const usage = usageOf({
    inputTokens: numberAt(stats, 'input_tokens') ?? withoutParts(stats),
    outputTokens: numberAt(stats, 'output_tokens'),
    cachedTokens: numberAt(stats, 'cached'),
  });
  const well = event['status'] === 'success';
  const signals: Signal[] = [{ kind: 'spent', usage, total: true }];
  if (!well) signals.push({ kind: 'trouble', trouble: troubleOf(textAt(event, 'error.type') ?? '', textAt(event, 'error.message') ?? 'ended with an error', context) });
  return [...signals, { kind: 'ended', well }];
}

/** Older versions state the sum alone. */
function withoutParts(stats: unknown): number | undefined {
  return numberAt(stats, 'output_tokens') === undefined ? numberAt(stats, 'total_tokens') : undefined;
}

function troubleOf(type: string, message: string, context: ReadContext): Trouble {
  const stated = oneLine(message, 600);
  const named = `${type} ${stated}`;
  if (quotaError.test(named)) {
    // The day's quota comes back at midnight in California; the other kind says its delay.
    const until = resetTime(stated, context) ?? (named.includes('TerminalQuotaError') ? nextOccurrence(0, 0, context.now, 'America/Los_Angeles') : undefined);
    return { cause: 'limit', message: stated, ...(until === undefined ? {} : { until }) };
  }
  if (/Authentication/.test(type)) return { cause: 'login', message: stated };
  if (/TurnLimit/.test(type)) return { cause: 'turns', message: stated };
  return { cause: 'error', message: stated };
}
