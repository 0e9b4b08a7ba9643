#!/usr/bin/env node
/** Cursor's agent in print mode, as documented: no JSON result where it fails. */
import { callsBefore, parse, play, record, refuse, scenarioName, stdin } from './fake.mjs';

const { values, rest } = parse(process.argv.slice(2), { '-p': 'flag', '--output-format': 'value', '--force': 'flag', '--trust': 'flag', '--model': 'value', '--resume': 'value' }, 1);
if (!values['-p'] || values['--output-format'] !== 'stream-json') refuse('error: --output-format is only valid with --print', 1);
if (!values['--trust']) refuse('Workspace is not trusted. Use --trust.', 1);
if (rest.length > 0) refuse('error: too many arguments', 1);
const prompt = stdin();
if (prompt.trim() === '') refuse('No prompt provided for print mode', 1);
const call = callsBefore();
record({ prompt });

const session_id = values['--resume'] ?? 'c6b62c6f-7ead-4fd6-9922-e952131177ff';
const work = [
  { type: 'system', subtype: 'init', apiKeySource: 'login', cwd: process.cwd(), session_id, model: 'Claude 4.5 Sonnet', permissionMode: 'default' },
  { type: 'user', message: { role: 'user', content: [{ type: 'text', text: 'prompt' }] }, session_id },
  { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'I will edit it.' }] }, session_id },
  { type: 'tool_call', subtype: 'started', call_id: 't1', tool_call: { writeToolCall: { args: { path: 'src/auth.ts' } } }, session_id },
];
const done = { type: 'result', subtype: 'success', duration_ms: 5234, duration_api_ms: 5234, is_error: false, result: 'Implemented the login form.', session_id, request_id: '10e11780' };
const scenarios = {
  normal: { stdout: [...work, done] },
  failed: { stdout: work, stderr: 'Error: connection lost\n', exit: 1 },
  'limit-without-reset': { stdout: work, stderr: "ActionRequiredError: You've hit your usage limit. Switch to Auto for more usage.\n", exit: 1 },
  'talks-of-limits': { stdout: [...work, { type: 'assistant', message: { content: [{ type: 'text', text: 'You hit your usage limit' }] } }], stderr: 'Error: boom\n', exit: 1 },
  hang: { stdout: [...work, done], hang: true },
  torn: { stdout: [...work, JSON.stringify(done).slice(0, 40)] },
  'limit-with-reset': { stdout: work, stderr: "ActionRequiredError: You've hit your usage limit. Your limit resets in 2 hours.\n", exit: 1 },
  'success-with-error': { stdout: [...work, { ...done, is_error: true, result: 'Internal error' }] },
  'no-newline': { stdout: [...work, JSON.stringify(done)] },
  megabytes: { stdout: [...work, ...Array.from({ length: 30 }, () => ({ type: 'tool_call', subtype: 'completed', call_id: 't1', tool_call: { readToolCall: { result: { content: 'x'.repeat(200_000) } } }, session_id })), done] },
  'not-utf8': { stdout: [...work, Buffer.from([0xff, 0xfe, 0x0a]), done] },
  killed: { stdout: work, kill: 'SIGKILL' },
};
play(scenarios[scenarioName(call)]);
