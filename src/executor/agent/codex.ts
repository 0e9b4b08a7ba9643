/** Codex: `codex exec --json`. It tells limits in prose only, and no prices. */
import { join } from 'node:path';
import type { AgentAdapter, AgentExit, Launch, LaunchRequest, ReadContext } from './adapter.js';
import { programOf } from './adapter.js';
import { listAt, numberAt, parseObject, textAt, valueAt } from './json-fields.js';
import { firstLine, oneLine } from './one-line.js';
import { resetTime } from './reset-time.js';
import type { Signal, Trouble } from './signal.js';
import { usageOf } from './signal.js';

/** Codex. `--sandbox` stands before `resume`, or it is refused. */
export const codex: AgentAdapter = {
  name: 'codex',
  environment: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_ORGANIZATION', 'OPENAI_PROJECT', 'CODEX_*'],
  endsWithResult: true,
  choosesSession: false,
  launch,
  read(line, context) {
    const event = parseObject(line);
    const type = textAt(event, 'type');
    if (event === undefined || type === undefined) return [];
    if (type === 'thread.started') {
      const session = textAt(event, 'thread_id');
      return session === undefined ? [] : [{ kind: 'session', session }];
    }
    if (type.startsWith('item.')) return readItem(event['item'], type === 'item.completed');
    if (type === 'turn.completed') return [{ kind: 'spent', usage: tokensOf(event['usage']), total: false }, { kind: 'ended', well: true }];
    // An error on its own may be a lost connection that is taken up again; only a failed turn is the end.
    if (type === 'error') return troubleSignals(textAt(event, 'message'), context);
    if (type === 'turn.failed') return [...troubleSignals(textAt(event, 'error.message') ?? 'the turn failed', context), { kind: 'ended', well: false }];
    return [];
  },
  explainExit(exit: AgentExit, context) {
    const lines = exit.stderr.split('\n').map((line) => oneLine(line, 300));
    const found = lines.map((line) => troubleOf(line, context)).find((trouble) => trouble.cause !== 'error');
    return found;
  },
};

function launch(request: LaunchRequest): Launch {
  const { options } = request;
  const model = request.model === undefined ? [] : ['-m', request.model];
  const common = ['exec', '--json', '--sandbox', request.readOnly ? 'read-only' : 'workspace-write', ...model];
  const rest =
    request.resume === undefined
      ? ['-o', join(request.scratch, 'last.txt'), ...(options.arguments ?? []), '-']
      : [...(options.arguments ?? []), 'resume', request.resume, '-'];
  return { command: [...programOf(options, 'codex'), ...common, ...rest], stdin: request.prompt };
}

function readItem(item: unknown, completed: boolean): readonly Signal[] {
  const type = textAt(item, 'type') ?? textAt(item, 'item_type');
  const text = textAt(item, 'text');
  switch (type) {
    case 'agent_message':
    case 'assistant_message':
      if (!completed || text === undefined) return [];
      return [{ kind: 'doing', text: firstLine(text) }, { kind: 'answer', text, adds: false }];
    case 'reasoning':
      return text === undefined ? [] : [{ kind: 'doing', text: firstLine(text.replaceAll('**', '')) }];
    case 'command_execution':
      return doing('runs', textAt(item, 'command'));
    case 'file_change':
      return doing('edits', listAt(item, 'changes').map((change) => textAt(change, 'path')).filter(Boolean).join(', '));
    case 'mcp_tool_call':
      return doing('calls', [textAt(item, 'server'), textAt(item, 'tool')].filter(Boolean).join('.'));
    case 'web_search':
      return doing('searches', textAt(item, 'query'));
    default:
      return [];
  }
}

function doing(verb: string, what: string | undefined): readonly Signal[] {
  return what === undefined || what === '' ? [] : [{ kind: 'doing', text: oneLine(`${verb} ${what}`) }];
}

function troubleSignals(message: string | undefined, context: ReadContext): readonly Signal[] {
  if (message === undefined) return [];
  return [{ kind: 'doing', text: oneLine(message) }, { kind: 'trouble', trouble: troubleOf(oneLine(message, 600), context) }];
}

function troubleOf(message: string, context: ReadContext): Trouble {
  if (/\b(?:hit|reached) your (?:\w+ ){0,3}limit\b|\busage_limit_reached\b|^Quota exceeded\b|\bexceeded retry limit, last status: 429\b/i.test(message)) {
    const until = resetTime(message, context);
    return { cause: 'limit', message, ...(until === undefined ? {} : { until }) };
  }
  if (/\b401 Unauthorized\b|\bnot logged in\b|\bcodex login\b/i.test(message)) return { cause: 'login', message };
  if (/\bno (?:rollout|session|thread|conversation) found\b|\b(?:session|thread) not found\b/i.test(message)) return { cause: 'session', message };
  if (/\btoken budget exhausted\b/i.test(message)) return { cause: 'budget', message };
  return { cause: 'error', message };
}

function tokensOf(usage: unknown): ReturnType<typeof usageOf> {
  return usageOf({
    turns: valueAt(usage, 'input_tokens') === undefined ? undefined : 1,
    inputTokens: numberAt(usage, 'input_tokens'),
    outputTokens: numberAt(usage, 'output_tokens'),
    cachedTokens: numberAt(usage, 'cached_input_tokens'),
  });
}
