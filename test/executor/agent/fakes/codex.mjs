#!/usr/bin/env node
/** Codex exec, as recorded. */
import { writeFileSync } from 'node:fs';
import { callsBefore, isUnknownSession, parse, play, record, refuse, scenarioName, stdin } from './fake.mjs';

const args = process.argv.slice(2);
if (args[0] !== 'exec') refuse("error: unrecognized subcommand", 2);
const at = args.indexOf('resume');
const before = { '--json': 'flag', '--sandbox': 'value', '-m': 'value', '-o': 'value', '-c': 'value', '--skip-git-repo-check': 'flag' };
const { values, rest } = parse(args.slice(1, at < 0 ? undefined : at), before, 2);
const resumed = at < 0 ? undefined : parse(args.slice(at + 1), { '--json': 'flag', '-m': 'value', '--last': 'flag' }, 2);
if (!values['--json']) refuse('error: this fake knows --json only', 2);
if (!['read-only', 'workspace-write', 'danger-full-access'].includes(values['--sandbox'])) refuse("error: invalid value for '--sandbox <SANDBOX_MODE>'", 2);
const positional = resumed === undefined ? rest : resumed.rest.slice(1);
if (resumed !== undefined && (rest.length > 0 || resumed.rest.length !== 2)) refuse("error: unexpected argument found", 2);
if (positional.length !== 1 || positional[0] !== '-') refuse('error: the prompt belongs on standard input, asked for by -', 2);
const prompt = stdin();
if (prompt.trim() === '') refuse('No prompt provided via stdin.', 1);
if (isUnknownSession(resumed?.rest[0])) refuse(`Error: no rollout found for thread id ${resumed?.rest[0]}`, 1);
const call = callsBefore();
const thread_id = resumed?.rest[0] ?? '0199a213-81c0-7800-8aa1-bbab2a035a53';
record({ prompt, thread_id });

const started = [{ type: 'thread.started', thread_id }, { type: 'turn.started' }];
const item = (id, more) => ({ type: 'item.completed', item: { id, ...more } });
const work = [
  ...started,
  item('item_0', { type: 'reasoning', text: '**Looking around**' }),
  { type: 'item.started', item: { id: 'item_1', type: 'command_execution', command: "bash -lc 'npm test'", aggregated_output: '', exit_code: null, status: 'in_progress' } },
  item('item_1', { type: 'command_execution', command: "bash -lc 'npm test'", aggregated_output: 'ok\n', exit_code: 0, status: 'completed' }),
  item('item_2', { type: 'file_change', changes: [{ path: 'src/auth.ts', kind: 'update' }], status: 'completed' }),
  item('item_3', { type: 'agent_message', text: 'Implemented the login form.' }),
];
const done = { type: 'turn.completed', usage: { input_tokens: 24763, cached_input_tokens: 24448, output_tokens: 122 } };
const failed = (message) => [{ type: 'error', message }, { type: 'turn.failed', error: { message } }];
const scenarios = {
  normal: { stdout: [...work, done] },
  'api-retry': { stdout: [...started, { type: 'error', message: 'Reconnecting... 1/5 (stream disconnected before completion)' }, ...work.slice(2), done] },
  'limit-with-reset': { stdout: [...started, ...failed("You've hit your usage limit. To get more access now, send a request to your admin or try again at 5:42 PM.")], exit: 1 },
  'limit-with-date': { stdout: [...started, ...failed("You've hit your usage limit. Upgrade to Pro (https://openai.com/chatgpt/pricing) or try again at Apr 28th, 2026 10:03 PM.")], exit: 1 },
  'limit-without-reset': { stdout: [...started, ...failed('exceeded retry limit, last status: 429 Too Many Requests, request id: 94b8')], exit: 1 },
  quota: { stdout: [...started, ...failed('Quota exceeded. Check your plan and billing details.')], exit: 1 },
  'talks-of-limits': { stdout: [...started, item('item_0', { type: 'agent_message', text: "You've hit your usage limit, try again at 5:42 PM." }), ...failed('stream disconnected before completion')], exit: 1 },
  budget: { stdout: [...work, ...failed('shared rollout token budget exhausted')], exit: 1 },
  'success-with-error': { stdout: [...work, { type: 'turn.failed', error: { message: 'unexpected status 500 Internal Server Error' } }], exit: 0 },
  hang: { stdout: [...work, done], hang: true },
  'no-newline': { stdout: [...work, JSON.stringify(done)] },
  torn: { stdout: [...work, JSON.stringify(done).slice(0, 30)] },
  megabytes: { stdout: [...started, item('item_1', { type: 'command_execution', command: 'cat', aggregated_output: 'x'.repeat(5_000_000), exit_code: 0, status: 'completed' }), ...work.slice(2), done] },
  killed: { stdout: work, kill: 'SIGKILL' },
  'not-utf8': { stdout: [...started, Buffer.concat([Buffer.from('{"type":"item.completed","item":{"type":"agent_message","text":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}\n')]), done] },
  'login-needed': { stdout: started, stderr: 'ERROR: unexpected status 401 Unauthorized: Missing bearer\n', exit: 1 },
};
if (typeof values['-o'] === 'string') writeFileSync(values['-o'], 'Implemented the login form.');
const name = scenarioName(call);
const gone = { stderr: `Error: no rollout found for thread id ${thread_id}\n`, exit: 1 };
play(name === 'session-gone' ? (resumed ? gone : scenarios.normal) : scenarios[name]);
