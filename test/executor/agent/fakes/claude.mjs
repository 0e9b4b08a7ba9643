#!/usr/bin/env node
/** Claude Code 2.x in print mode, as recorded. */
import { callsBefore, isUnknownSession, parse, play, record, refuse, scenarioName, stdin } from './fake.mjs';

const { values, rest } = parse(
  process.argv.slice(2),
  {
    ...{ '-p': 'flag', '--verbose': 'flag', '--dangerously-skip-permissions': 'flag' },
    ...{ '--output-format': 'value', '--session-id': 'value', '--resume': 'value', '--permission-mode': 'value', '--model': 'value', '--fallback-model': 'value' },
    ...{ '--max-turns': 'value', '--max-budget-usd': 'value', '--append-system-prompt': 'value', '--allowedTools': 'value' },
  },
  1,
);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
if (process.env.CLAUDECODE) refuse('Error: Claude Code cannot be launched inside another Claude Code session.', 1);
if (!values['-p']) refuse('Error: this fake knows print mode only', 1);
if (rest.length > 0) refuse('Error: the prompt belongs on standard input', 1);
if (values['--output-format'] !== 'stream-json') refuse("error: option '--output-format' is invalid", 1);
if (!values['--verbose']) refuse('Error: When using --print, --output-format=stream-json requires --verbose', 1);
if (values['--session-id'] && values['--resume']) refuse('Error: --session-id can only be used with --continue or --resume if --fork-session is also specified.', 1);
if (values['--session-id'] && !uuid.test(values['--session-id'])) refuse('Error: Invalid session ID. Must be a valid UUID.', 1);
if (values['--resume'] && !uuid.test(values['--resume'])) refuse('Error: --resume requires a valid session ID when used with --print', 1);
if (values['--permission-mode'] && !['acceptEdits', 'bypassPermissions', 'default', 'plan', 'dontAsk', 'auto'].includes(values['--permission-mode'])) {
  refuse("error: option '--permission-mode <mode>' argument is invalid", 1);
}
if (values['--max-turns'] && !/^\d+$/.test(values['--max-turns'])) refuse("error: option '--max-turns <turns>' argument is invalid", 1);
if (values['--max-budget-usd'] && !(Number(values['--max-budget-usd']) > 0)) refuse("error: option '--max-budget-usd <amount>' argument is invalid", 1);
const prompt = stdin();
if (prompt.trim() === '') refuse('Error: Input must be provided either through stdin or as a prompt argument when using --print', 1);

if (isUnknownSession(values['--resume'])) refuse(`No conversation found with session ID: ${values['--resume']}`, 1);
const call = callsBefore();
record({ prompt });
const session_id = values['--session-id'] ?? values['--resume'];
const init = { type: 'system', subtype: 'init', cwd: process.cwd(), session_id, tools: ['Bash', 'Edit', 'Read', 'Write'], mcp_servers: [], model: values['--model'] ?? 'claude-opus-4-6', permissionMode: values['--permission-mode'] ?? 'bypassPermissions', apiKeySource: 'none', claude_code_version: '2.1.207' };
const usage = (input, output) => ({ input_tokens: input, cache_creation_input_tokens: 0, cache_read_input_tokens: 14707, output_tokens: output, service_tier: 'standard' });
const says = (id, content, tokens = usage(3, 2)) => ({ type: 'assistant', message: { model: 'claude-opus-4-6', id, type: 'message', role: 'assistant', content: [content], stop_reason: null, usage: tokens }, parent_tool_use_id: null, session_id });
const text = (value) => ({ type: 'text', text: value });
const tool = (name, input) => ({ type: 'tool_use', id: 'toolu_01', name, input });
const toolResult = (content) => ({ type: 'user', message: { role: 'user', content: [{ tool_use_id: 'toolu_01', type: 'tool_result', content }] }, session_id });
const work = [init, says('msg_01', text('I will look at the file first.')), says('msg_01', tool('Edit', { file_path: 'src/auth.ts', old_string: 'a', new_string: 'b' })), toolResult('ok')];
const result = (more) => ({ type: 'result', subtype: 'success', is_error: false, duration_ms: 4086, duration_api_ms: 3000, num_turns: 3, result: 'Implemented the login form.\n\nTests pass.', stop_reason: 'end_turn', session_id, total_cost_usd: 0.1234, usage: { input_tokens: 1200, cache_creation_input_tokens: 300, cache_read_input_tokens: 14707, output_tokens: 345 }, permission_denials: [], terminal_reason: 'completed', uuid: '9b2f', ...more });
const rejected = (more) => ({ type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1778565600, rateLimitType: 'five_hour', overageStatus: 'rejected', overageDisabledReason: 'org_level_disabled', isUsingOverage: false, ...more }, session_id });
const limited = (sentence) => result({ is_error: true, api_error_status: 429, result: sentence, num_turns: 1, total_cost_usd: 0, terminal_reason: 'api_error' });

const scenarios = {
  normal: { stdout: [...work, result()] },
  'api-retry': { stdout: [...work, { type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 10, retry_delay_ms: 3500, error_status: 529, session_id }, result()] },
  'limit-with-reset': { stdout: [...work, rejected(), says('msg_02', text("You've hit your limit · resets 2pm (Asia/Shanghai)")), limited("You've hit your limit · resets 2pm (Asia/Shanghai)")], exit: 1 },
  'limit-soon': { stdout: [...work, rejected({ resetsAt: Math.ceil(Date.now() / 1000) + 2 }), limited("You've hit your limit")], exit: 1 },
  'limit-as-text': { stdout: [init, limited("You've hit your limit · resets 8:20pm (Europe/Berlin)")], exit: 1 },
  'limit-without-reset': { stdout: [init, limited('API Error: Request rejected (429)')], exit: 1 },
  overage: { stdout: [init, rejected({ overageStatus: 'allowed', isUsingOverage: true }), ...work.slice(1), result()] },
  'warned-of-limit': { stdout: [init, rejected({ status: 'allowed_warning', utilization: 0.91 }), ...work.slice(1), result()] },
  'talks-of-limits': { stdout: [...work, says('msg_02', text("You've hit your limit · resets 8:20pm. rate limit 429")), result({ is_error: true, subtype: 'error_during_execution', result: undefined, errors: ['TypeError: x is undefined'] })], exit: 1 },
  budget: { stdout: [...work, result({ subtype: 'error_max_budget_usd', is_error: true, result: undefined, terminal_reason: 'max_budget', total_cost_usd: 5.01, errors: ['Reached maximum budget ($5)'] })], exit: 1 },
  turns: { stdout: [...work, result({ subtype: 'error_max_turns', is_error: true, result: undefined, terminal_reason: 'max_turns', errors: ['Reached maximum number of turns (3)'] })], exit: 1 },
  'success-with-error': { stdout: [...work, result({ is_error: true, api_error_status: 500, result: 'API Error: 500 Internal server error', terminal_reason: 'api_error' })], exit: 1 },
  hang: { stdout: [...work, result()], hang: true },
  'hang-deaf': { stdout: [...work, result()], hang: true, deaf: true, grandchild: true },
  'no-newline': { stdout: [...work, JSON.stringify(result())] },
  torn: { stdout: [...work, JSON.stringify(result()).slice(0, 200)] },
  megabytes: { stdout: [init, ...Array.from({ length: 40 }, (_, index) => toolResult(`${index} ${'x'.repeat(100_000)}`)), toolResult('y'.repeat(6_000_000)), result()] },
  'one-endless-line': { stdout: [init, 'z'.repeat(20_000_000), '\n', result()] },
  killed: { stdout: work, kill: 'SIGKILL' },
  terminated: { stdout: work, exit: 143 },
  'not-utf8': { stdout: [init, Buffer.concat([Buffer.from(`{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"caf`), Buffer.from([0xe9, 0xff, 0xfe]), Buffer.from('"}]}}\n')]), Buffer.from([0xc3, 0x28, 0x0a]), result()] },
  noise: { stdout: ['(node:1) Warning: something\n', '{"type":"unheard-of"}\n', '[]\n', 'null\n', '{"type":"result"\n', '{"type":"assistant","message":null}\n', '{"type":"system","session_id":7}\n', ...work, result()] },
  'login-needed': { stdout: [init, result({ is_error: true, result: 'Invalid API key · Please run /login', total_cost_usd: 0 })], exit: 1 },
  'crash-with-words': { stderr: "Error: Cannot find module '@img/sharp'\n", exit: 1 },
  forever: { stdout: work, hang: true },
  secrets: { stdout: [init, says('msg_01', text(JSON.stringify(process.env))), result({ result: JSON.stringify(process.env) })] },
};
const name = scenarioName(call);
const unknown = { stderr: `No conversation found with session ID: ${session_id}\n`, exit: 1 };
play(name === 'session-gone' ? (values['--resume'] ? unknown : scenarios.normal) : scenarios[name]);
