/** OpenCode: `opencode run --format json`. It tells cost step by step and has no last word of its own. */
import type { AgentAdapter, Launch, LaunchRequest, ReadContext } from './adapter.js';
import { programOf } from './adapter.js';
import { numberAt, parseObject, textAt } from './json-fields.js';
import { firstLine, oneLine } from './one-line.js';
import { resetTime } from './reset-time.js';
import type { Signal, Trouble } from './signal.js';
import { usageOf } from './signal.js';

/** OpenCode. Without `--auto` it rejects every permission and carries on, which is what an agent that only returns content needs. */
export const opencode: AgentAdapter = {
  name: 'opencode',
  environment: ['OPENCODE_*', 'ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY', 'OPENROUTER_API_KEY', 'GROQ_API_KEY', 'XAI_API_KEY'],
  endsWithResult: false,
  choosesSession: false,
  launch,
  read(line, context) {
    const event = parseObject(line);
    if (event === undefined) return [];
    const session = textAt(event, 'sessionID');
    const meaning = readPart(event, context);
    return session === undefined ? meaning : [{ kind: 'session', session }, ...meaning];
  },
  explainExit: () => undefined,
};

function launch(request: LaunchRequest): Launch {
  const { options } = request;
  return {
    command: [
      ...programOf(options, 'opencode'),
      ...['run', '--format', 'json'],
      ...(request.readOnly ? [] : ['--auto']),
      ...(request.model === undefined ? [] : ['-m', request.model]),
      ...['--dir', request.worktree],
      ...(request.resume === undefined ? [] : ['-s', request.resume]),
      ...(options.arguments ?? []),
    ],
    stdin: request.prompt,
  };
}

function readPart(event: Record<string, unknown>, context: ReadContext): readonly Signal[] {
  const part = event['part'];
  switch (event['type']) {
    case 'step_start':
      return [{ kind: 'goes-on' }];
    case 'text': {
      const text = textAt(part, 'text');
      return text === undefined ? [] : [{ kind: 'doing', text: firstLine(text) }, { kind: 'answer', text, adds: false }];
    }
    case 'tool_use': {
      const about = ['state.title', 'state.input.filePath', 'state.input.command', 'state.input.path', 'state.input.pattern'].map((path) => textAt(part, path)).find(Boolean);
      const tool = textAt(part, 'tool') ?? 'a tool';
      return [{ kind: 'doing', text: oneLine(about === undefined ? tool : `${tool} ${about}`) }];
    }
    case 'step_finish':
      return readStep(part);
    case 'error':
      return [{ kind: 'trouble', trouble: troubleOf(event['error'], context) }, { kind: 'ended', well: false }];
    default:
      return [];
  }
}

function readStep(part: unknown): readonly Signal[] {
  const usage = usageOf({
    turns: 1,
    inputTokens: numberAt(part, 'tokens.input'),
    outputTokens: numberAt(part, 'tokens.output'),
    cachedTokens: numberAt(part, 'tokens.cache.read'),
    cost: numberAt(part, 'cost'),
  });
  // A step that ends with `stop` is the last one, unless another begins.
  return [{ kind: 'spent', usage, total: false }, ...(textAt(part, 'reason') === 'stop' ? [{ kind: 'ended', well: true } as const] : [])];
}

function troubleOf(error: unknown, context: ReadContext): Trouble {
  const name = textAt(error, 'name') ?? 'error';
  const message = oneLine(textAt(error, 'data.message') ?? textAt(error, 'message') ?? name, 600);
  const status = numberAt(error, 'data.statusCode') ?? numberAt(error, 'data.status');
  if (status === 429) {
    const seconds = Number(textAt(error, 'data.responseHeaders.retry-after'));
    const until = Number.isFinite(seconds) && seconds > 0 ? context.now + seconds * 1000 : resetTime(message, context);
    return { cause: 'limit', message, ...(until === undefined ? {} : { until }) };
  }
  if (name === 'ProviderAuthError' || status === 401) return { cause: 'login', message };
  if (name === 'NotFoundError' && /session/i.test(message)) return { cause: 'session', message };
  return { cause: 'error', message };
}
