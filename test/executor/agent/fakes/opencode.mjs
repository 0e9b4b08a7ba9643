#!/usr/bin/env node
/** OpenCode run, as recorded. */
import { statSync } from 'node:fs';
import { callsBefore, parse, play, record, refuse, scenarioName, stdin } from './fake.mjs';

const args = process.argv.slice(2);
if (args[0] !== 'run') refuse('opencode run [message..]', 1);
const { values, rest } = parse(args.slice(1), { '--format': 'value', '--auto': 'flag', '-m': 'value', '--dir': 'value', '-s': 'value' }, 1);
if (values['--format'] !== 'json') refuse('Invalid values:\n  Argument: format', 1);
if (values['-m'] && !values['-m'].includes('/')) refuse('Error: model must be of the form provider/model', 1);
if (values['--dir'] && !statSync(values['--dir'], { throwIfNoEntry: false })?.isDirectory()) refuse('Error: Failed to change directory', 1);
if (rest.length > 0) refuse('Error: this fake takes its message from standard input', 1);
const prompt = stdin();
if (prompt.trim() === '') refuse('Error: You must provide a message or a command', 1);
const call = callsBefore();
record({ prompt });

const sessionID = values['-s'] ?? 'ses_3b11bfdcdffeITCXse4fCuIRnU';
const event = (type, more) => ({ type, timestamp: 1770850185921, sessionID, ...more });
const step = (reason, cost, input, output) => event('step_finish', { part: { id: 'prt_1', sessionID, messageID: 'msg_1', type: 'step-finish', reason, snapshot: '46358aa', cost, tokens: { input, output, reasoning: 0, cache: { read: 1000, write: 0 } } } });
const begin = event('step_start', { part: { id: 'prt_0', sessionID, messageID: 'msg_1', type: 'step-start', snapshot: '46358aa' } });
const text = event('text', { part: { id: 'prt_2', sessionID, type: 'text', text: 'Implemented the login form.', time: { start: 1, end: 2 } } });
const edit = event('tool_use', { part: { id: 'prt_3', type: 'tool', tool: 'edit', callID: 'c1', state: { status: 'completed', input: { filePath: 'src/auth.ts' }, title: 'src/auth.ts' } } });
const work = [begin, edit, step('tool-calls', 0.011, 900, 40), begin, text];
const done = step('stop', 0.004, 100, 60);
const failed = (error) => event('error', { error });
const scenarios = {
  normal: { stdout: [...work, done] },
  'stop-in-between': { stdout: [begin, text, step('stop', 0.001, 10, 10), ...work, done] },
  'limit-with-reset': { stdout: [begin, failed({ name: 'APIError', data: { message: 'Too many requests', statusCode: 429, isRetryable: true, responseHeaders: { 'retry-after': '120' } } })], exit: 1 },
  'limit-without-reset': { stdout: [begin, failed({ name: 'APIError', data: { message: 'Too many requests', statusCode: 429, isRetryable: true } })], exit: 1 },
  'talks-of-limits': { stdout: [...work, event('text', { part: { type: 'text', text: '429 rate limit' } }), failed({ name: 'UnknownError', data: { message: 'socket closed' } })], exit: 1 },
  expensive: { stdout: [begin, edit, step('tool-calls', 3, 900, 40), begin, edit, step('tool-calls', 3, 900, 40)], hang: true },
  'endless-turns': { stdout: Array.from({ length: 12 }, () => [begin, edit, step('tool-calls', 0.01, 10, 4)]).flat(), hang: true },
  'success-with-error': { stdout: [...work, failed({ name: 'UnknownError', data: { message: 'stream ended' } })], exit: 0 },
  'login-needed': { stdout: [failed({ name: 'ProviderAuthError', data: { providerID: 'anthropic', message: 'no key' } })], exit: 1 },
  hang: { stdout: [...work, done], hang: true },
  'no-newline': { stdout: [...work, JSON.stringify(done)] },
  torn: { stdout: [...work, JSON.stringify(done).slice(0, 40)], exit: 1 },
  megabytes: { stdout: [begin, ...Array.from({ length: 30 }, () => event('tool_use', { part: { tool: 'read', state: { output: 'x'.repeat(200_000) } } })), ...work, done] },
  killed: { stdout: work, kill: 'SIGKILL' },
  'not-utf8': { stdout: [begin, Buffer.from([0xff, 0xfe, 0x0a]), ...work, done] },
};
play(scenarios[scenarioName(call)]);
