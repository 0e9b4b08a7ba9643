/** Claude Code: `claude -p` with a stream of JSON lines. */
import type { AgentAdapter, AgentExit, Launch, LaunchRequest, ReadContext } from './adapter.js';
import { programOf } from './adapter.js';
import { listAt, numberAt, parseObject, textAt, valueAt } from './json-fields.js';
import { firstLine, oneLine } from './one-line.js';
import { resetTime } from './reset-time.js';
import type { Signal, Trouble } from './signal.js';
import { usageOf } from './signal.js';

/** Claude Code. The session's name is ours, so that it is known even after a crash in the first second. */
export const claude: AgentAdapter = {
  name: 'claude',
  environment: ['ANTHROPIC_*', 'CLAUDE_CONFIG_DIR', 'CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX'],
  endsWithResult: true,
  choosesSession: true,
  launch,
  read(line, context) {
    const event = parseObject(line);
    if (event === undefined) return [];
    switch (event['type']) {
      case 'system':
        return readSystem(event);
      case 'assistant':
        return readAssistant(event);
      case 'rate_limit_event':
        return readLimit(event);
      case 'result':
        return readResult(event, context);
      default:
        return [];
    }
  },
  explainExit,
};

function launch(request: LaunchRequest): Launch {
  const { options } = request;
  const session = request.resume === undefined ? `--session-id=${request.newSession}` : `--resume=${request.resume}`;
  const permissions = options.skipPermissions === true ? ['--dangerously-skip-permissions'] : ['--permission-mode', permissionMode(request)];
  return {
    command: [
      ...programOf(options, 'claude'),
      ...['-p', '--output-format', 'stream-json', '--verbose', session, ...permissions],
      ...option('--model', request.model),
      ...option('--fallback-model', options.fallbackModel),
      ...option('--max-turns', request.maxTurns),
      ...option('--max-budget-usd', request.budget),
      ...option('--append-system-prompt', options.appendSystemPrompt),
      ...(options.arguments ?? []),
    ],
    stdin: request.prompt,
  };
}

/** Where nobody can be asked, `default` refuses every edit: just right for an agent that only returns content. */
function permissionMode(request: LaunchRequest): string {
  return request.readOnly ? 'default' : (request.options.permissionMode ?? 'acceptEdits');
}

function option(name: string, value: string | number | undefined): readonly string[] {
  return value === undefined ? [] : [name, String(value)];
}

function readSystem(event: Record<string, unknown>): readonly Signal[] {
  const signals: Signal[] = [];
  const session = textAt(event, 'session_id');
  if (session !== undefined) signals.push({ kind: 'session', session });
  if (event['subtype'] === 'init') {
    const model = textAt(event, 'model');
    if (model !== undefined) signals.push({ kind: 'spent', usage: { model }, total: true });
  }
  if (event['subtype'] === 'api_retry') {
    const seconds = Math.ceil((numberAt(event, 'retry_delay_ms') ?? 0) / 1000);
    const attempt = `${numberAt(event, 'attempt') ?? '?'} of ${numberAt(event, 'max_retries') ?? '?'}`;
    signals.push({ kind: 'doing', text: `service answered ${numberAt(event, 'error_status') ?? 'nothing'}, trying again in ${seconds} s (${attempt})` });
  }
  return signals;
}

function readAssistant(event: Record<string, unknown>): readonly Signal[] {
  const signals: Signal[] = [];
  const part = textAt(event, 'message.id');
  const usage = tokensOf(valueAt(event, 'message.usage'));
  if (part !== undefined && Object.keys(usage).length > 0) signals.push({ kind: 'spent', usage, total: false, part });
  for (const content of listAt(event, 'message.content')) {
    const text = textAt(content, 'text');
    const tool = textAt(content, 'name');
    if (valueAt(content, 'type') === 'text' && text !== undefined) {
      signals.push({ kind: 'doing', text: firstLine(text) }, { kind: 'answer', text, adds: false });
    } else if (valueAt(content, 'type') === 'tool_use' && tool !== undefined) {
      const about = ['file_path', 'command', 'pattern', 'path', 'description', 'url'].map((field) => textAt(content, `input.${field}`)).find(Boolean);
      signals.push({ kind: 'doing', text: oneLine(about === undefined ? tool : `${tool} ${about}`) });
    }
  }
  return signals;
}

function readLimit(event: Record<string, unknown>): readonly Signal[] {
  const info = valueAt(event, 'rate_limit_info');
  const status = textAt(info, 'status');
  if (status === 'allowed' || status === 'allowed_warning') return [{ kind: 'cleared', cause: 'limit' }];
  if (status !== 'rejected') return [];
  // Paid overage lets the request through although the plan's own allowance is used up.
  const overage = textAt(info, 'overageStatus');
  if (overage === 'allowed' || overage === 'allowed_warning' || valueAt(info, 'isUsingOverage') === true) return [{ kind: 'cleared', cause: 'limit' }];
  const resetsAt = numberAt(info, 'resetsAt');
  const message = `usage limit reached (${textAt(info, 'rateLimitType') ?? 'unnamed'})`;
  return [{ kind: 'trouble', trouble: { cause: 'limit', message, ...(resetsAt === undefined ? {} : { until: resetsAt * 1000 }) } }];
}

function readResult(event: Record<string, unknown>, context: ReadContext): readonly Signal[] {
  const signals: Signal[] = [];
  const session = textAt(event, 'session_id');
  if (session !== undefined) signals.push({ kind: 'session', session });
  const usage = { ...tokensOf(valueAt(event, 'usage')), ...usageOf({ turns: numberAt(event, 'num_turns'), cost: numberAt(event, 'total_cost_usd') }) };
  signals.push({ kind: 'spent', usage, total: true });
  const well = event['subtype'] === 'success' && event['is_error'] !== true;
  const result = textAt(event, 'result');
  if (well) {
    if (result !== undefined) signals.push({ kind: 'answer', text: result, adds: false });
  } else {
    signals.push({ kind: 'trouble', trouble: troubleOf(event, result, context) });
  }
  signals.push({ kind: 'ended', well });
  return signals;
}

/** An error's `result` is the service's message, not the agent's text: it may be read for the reset time. */
function troubleOf(event: Record<string, unknown>, result: string | undefined, context: ReadContext): Trouble {
  const subtype = textAt(event, 'subtype') ?? 'unnamed';
  const status = numberAt(event, 'api_error_status');
  const stated = result ?? listAt(event, 'errors').find((each) => typeof each === 'string');
  const message = oneLine(typeof stated === 'string' ? stated : `ended with ${textAt(event, 'terminal_reason') ?? subtype}`, 300);
  if (subtype === 'error_max_budget_usd') return { cause: 'budget', message };
  if (subtype === 'error_max_turns') return { cause: 'turns', message };
  if (status === 429 || isLimitMessage(message)) return limit(message, context);
  if (status === 401 || status === 403 || /^(?:Invalid API key|Credit balance is too low|Please run \/login)/.test(message)) return { cause: 'login', message };
  if (isUnknownSession(message)) return { cause: 'session', message };
  return { cause: 'error', message: status === undefined ? message : `${message} (status ${status})` };
}

function explainExit(exit: AgentExit, context: ReadContext): Trouble | undefined {
  const line = exit.stderr.split('\n').map((each) => oneLine(each, 300)).find((each) => isLimitMessage(each) || isUnknownSession(each));
  if (line === undefined) return undefined;
  return isLimitMessage(line) ? limit(line, context) : { cause: 'session', message: line };
}

function isLimitMessage(message: string): boolean {
  return /^(?:You['’]ve hit your (?:\w+ ){0,3}limit\b|Claude (?:AI )?usage limit reached)/i.test(message);
}

function isUnknownSession(message: string): boolean {
  return /\bNo conversation found with session ID\b/i.test(message);
}

function limit(message: string, context: ReadContext): Trouble {
  const until = resetTime(message, context);
  return { cause: 'limit', message, ...(until === undefined ? {} : { until }) };
}

/** What was written to the cache was paid as input; what was read from it is counted apart. */
function tokensOf(usage: unknown): ReturnType<typeof usageOf> {
  const input = numberAt(usage, 'input_tokens');
  const written = numberAt(usage, 'cache_creation_input_tokens');
  return usageOf({
    inputTokens: input === undefined && written === undefined ? undefined : (input ?? 0) + (written ?? 0),
    outputTokens: numberAt(usage, 'output_tokens'),
    cachedTokens: numberAt(usage, 'cache_read_input_tokens'),
  });
}
