#!/usr/bin/env node
/** Copilot CLI in prompt mode, as observed. */
import { callsBefore, parse, play, record, refuse, scenarioName } from './fake.mjs';

const { values, rest } = parse(
  process.argv.slice(2),
  { '-p': 'value', '--output-format': 'value', '--allow-all-tools': 'flag', '--no-ask-user': 'flag', '--no-auto-update': 'flag', '--add-dir': 'value', '--resume': 'value', '--model': 'value' },
  1,
);
if (typeof values['-p'] !== 'string' || values['-p'] === '') refuse("error: option '-p, --prompt <text>' argument missing", 1);
if (values['--output-format'] !== 'json') refuse("error: option '--output-format <format>' argument is invalid", 1);
if (!values['--allow-all-tools']) refuse('error: --prompt requires tool permissions', 1);
if (rest.length > 0) refuse(`error: Invalid command format: ${rest[0]}`, 1);
const call = callsBefore();
record({ prompt: values['-p'] });

const sessionId = values['--resume'];
const event = (type, data) => ({ type, data, id: 'e1', timestamp: '2026-07-13T14:51:29.028Z', parentId: null });
const work = [
  event('user.message', { content: 'prompt' }),
  event('assistant.turn_start', { turnId: '0' }),
  event('tool.execution_start', { toolCallId: 't1', toolName: 'edit', arguments: { path: 'src/auth.ts' } }),
  event('assistant.message', { messageId: 'm1', content: 'Implemented the login form.', toolRequests: [], outputTokens: 120 }),
];
const done = (exitCode) => ({ type: 'result', timestamp: '2026-07-13T14:51:30.028Z', sessionId, exitCode, usage: { premiumRequests: 1, totalApiDurationMs: 3000, sessionDurationMs: 5000, codeChanges: { linesAdded: 1, linesRemoved: 0, filesModified: ['src/auth.ts'] } } });
const failed = (errorType, message, statusCode) => event('session.error', { errorType, message, ...(statusCode ? { statusCode } : {}) });
const scenarios = {
  normal: { stdout: [...work, done(0)] },
  'limit-with-reset': { stdout: [...work, failed('rate_limit', "Sorry, you've exceeded your 5 hour session limits. Please retry after 840 seconds. (user_global_rate_limited:pro)", 429), done(1)], exit: 1 },
  'limit-without-reset': { stdout: [failed('quota', '402 You have no quota'), done(1)], exit: 1 },
  'talks-of-limits': { stdout: [event('assistant.message', { content: 'rate_limit 429, please retry after 840 seconds' }), failed('query', 'model call failed'), done(1)], exit: 1 },
  'login-needed': { stdout: [failed('authentication', 'No authentication information found.', 401), done(1)], exit: 1 },
  'success-with-error': { stdout: [...work, failed('query', 'model call failed'), done(1)], exit: 0 },
  hang: { stdout: [...work, done(0)], hang: true },
  'no-newline': { stdout: [...work, JSON.stringify(done(0))] },
  torn: { stdout: [...work, JSON.stringify(done(0)).slice(0, 40)] },
  megabytes: { stdout: [...Array.from({ length: 30 }, () => event('tool.execution_complete', { toolCallId: 't1', result: { content: 'x'.repeat(200_000) } })), ...work, done(0)] },
  'not-utf8': { stdout: [Buffer.from([0xff, 0xfe, 0x0a]), ...work, done(0)] },
  killed: { stdout: work, kill: 'SIGKILL' },
};
play(scenarios[scenarioName(call)]);
