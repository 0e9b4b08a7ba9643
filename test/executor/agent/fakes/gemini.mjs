#!/usr/bin/env node
/** Gemini CLI without a terminal, as recorded. */
import { callsBefore, parse, play, record, refuse, scenarioName, stdin } from './fake.mjs';

const { values, rest } = parse(process.argv.slice(2), { '--output-format': 'value', '--approval-mode': 'value', '-m': 'value', '-r': 'value', '--skip-trust': 'flag' }, 42);
if (values['--output-format'] !== 'stream-json') refuse('Invalid values:\n  Argument: output-format', 42);
if (!['default', 'auto_edit', 'yolo', 'plan'].includes(values['--approval-mode'])) refuse('Invalid values:\n  Argument: approval-mode', 42);
if (rest.length > 0) refuse('the prompt belongs on standard input', 42);
const prompt = stdin();
if (prompt.trim() === '') refuse('No input provided via stdin. Input can be provided by piping data into gemini or using the --prompt option.', 42);
const call = callsBefore();
record({ prompt });

const timestamp = '2026-06-01T10:00:00.000Z';
const session_id = values['-r'] ?? 'b3c1f0a2-5d5e-4f5e-9f6e-0d8f2f6b1c11';
const init = { type: 'init', timestamp, session_id, model: values['-m'] ?? 'gemini-3-pro' };
const message = (content) => ({ type: 'message', timestamp, role: 'assistant', content, delta: true });
const work = [
  init,
  { type: 'message', timestamp, role: 'user', content: 'prompt' },
  message('I will '),
  message('edit the file.'),
  { type: 'tool_use', timestamp, tool_name: 'write_file', tool_id: 'w1', parameters: { file_path: 'src/auth.ts', content: '…' } },
  { type: 'tool_result', timestamp, tool_id: 'w1', status: 'success', output: 'ok' },
];
const stats = { total_tokens: 5120, input_tokens: 5000, output_tokens: 120, cached: 4000, duration_ms: 9000, tool_calls: 1 };
const done = { type: 'result', timestamp, status: 'success', stats };
const failed = (type, text) => ({ type: 'result', timestamp, status: 'error', error: { type, message: text }, stats });
const scenarios = {
  normal: { stdout: [...work, done] },
  'api-retry': { stdout: [...work, { type: 'error', timestamp, severity: 'warning', message: 'Attempt 1 failed with status 503. Retrying with backoff...' }, done] },
  'limit-with-reset': { stdout: [...work, failed('TerminalQuotaError', 'You have exhausted your capacity on this model. Your quota will reset after 2h52m39s.')], exit: 1 },
  'limit-without-reset': { stdout: [...work, failed('TerminalQuotaError', 'You have exhausted your daily quota on this model.')], exit: 1 },
  'short-limit': { stdout: [...work, failed('RetryableQuotaError', 'Resource exhausted. Please retry in 34.074824224s.')], exit: 1 },
  'limit-on-stderr': { stdout: [init], stderr: 'TerminalQuotaError: You have exhausted your capacity on this model. Your quota will reset after 10m.\n    at classifyGoogleError (file:///x.js:136:28)\n', exit: 1 },
  'talks-of-limits': { stdout: [...work, message('TerminalQuotaError: quota will reset after 3h'), failed('Error', 'fetch failed')], exit: 1 },
  budget: { stdout: work, stderr: 'Reached max session turns for this session.\n', exit: 53 },
  'success-with-error': { stdout: [...work, failed('Error', 'stream ended')], exit: 0 },
  'login-needed': { stderr: 'Please set an Auth method\n', exit: 41 },
  untrusted: { stderr: 'folder is not trusted\n', exit: 55 },
  hang: { stdout: [...work, done], hang: true },
  'no-newline': { stdout: [...work, JSON.stringify(done)] },
  torn: { stdout: [...work, JSON.stringify(done).slice(0, 40)] },
  megabytes: { stdout: [...work, ...Array.from({ length: 50 }, () => ({ type: 'tool_result', timestamp, tool_id: 'r', status: 'success', output: 'x'.repeat(100_000) })), done] },
  killed: { stdout: work, kill: 'SIGKILL' },
  'not-utf8': { stdout: [init, Buffer.concat([Buffer.from('{"type":"message","role":"assistant","content":"'), Buffer.from([0xff]), Buffer.from('"}\n')]), done] },
};
play(scenarios[scenarioName(call)]);
