#!/usr/bin/env node
/** Aider with a message file, as recorded. */
import { readFileSync } from 'node:fs';
import { callsBefore, parse, play, record, refuse, scenarioName } from './fake.mjs';

const { values, rest } = parse(process.argv.slice(2), { '--message-file': 'value', '--yes-always': 'flag', '--no-stream': 'flag', '--auto-commits': 'flag', '--no-auto-lint': 'flag', '--model': 'value' }, 2);
if (rest.length > 0) refuse('aider: error: this fake takes no files', 2);
let prompt = '';
try {
  prompt = readFileSync(values['--message-file'], 'utf8');
} catch {
  refuse(`Message file not found: ${values['--message-file']}`, 1);
}
const call = callsBefore();
record({ prompt });

const head = 'Aider v0.86.1\nMain model: gpt-5 with diff edit format\nGit repo: .git with 12 files\n\n';
const tokens = 'Tokens: 4.2k sent, 150 received. Cost: $0.01 message, $0.01 session.\n';
const more = 'Tokens: 5,300 sent, 1.1k cache write, 2k cache hit, 250 received. Cost: $0.02 message, $0.03 session.\n';
const scenarios = {
  normal: { stdout: [head, 'I will edit it.\n\n', 'Applied edit to src/auth.ts\n', 'Commit 3f2a1b0 feat: add login form\n', tokens, more] },
  'talks-of-limits': { stdout: [head, "litellm.RateLimitError: You've hit your usage limit\n", tokens] },
  failed: { stdout: [head], stderr: 'litellm.AuthenticationError: missing key\n', exit: 1 },
  'no-newline': { stdout: [head, tokens.trimEnd()] },
  'not-utf8': { stdout: [head, Buffer.from([0xff, 0xfe, 0x0a]), tokens] },
  megabytes: { stdout: [head, ...Array.from({ length: 30 }, () => `${'x'.repeat(200_000)}\n`), tokens] },
  terminated: { stdout: [head], exit: 143 },
  killed: { stdout: [head], kill: 'SIGKILL' },
};
play(scenarios[scenarioName(call)]);
