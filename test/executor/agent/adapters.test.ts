/** Every adapter against a fake that replays the agent's recorded output and refuses what the agent would refuse. */
import type { AttemptOutcome } from '../../../src/model/event.js';
import type { Rig } from './agent-rig.js';
import { agentRig, now } from './agent-rig.js';

let rig: Rig;
let hurriedRig: Rig;
beforeAll(() => {
  rig = agentRig();
  hurriedRig = agentRig('UTC', 20);
});
afterAll(() => {
  rig.close();
  hurriedRig.close();
});

const minutes = 60_000;
const at = (...parts: Parameters<typeof Date.UTC>): number => Date.UTC(...parts);

type Row = readonly [agent: string, scenario: string, expected: Partial<AttemptOutcome>];

const claudeUsage = { model: 'claude-opus-4-6', turns: 3, inputTokens: 1500, outputTokens: 345, cachedTokens: 14707, cost: 0.1234 };
const codexUsage = { turns: 1, inputTokens: 24763, cachedTokens: 24448, outputTokens: 122 };
const geminiUsage = { model: 'gemini-3-pro', inputTokens: 5000, outputTokens: 120, cachedTokens: 4000 };

const table: readonly Row[] = [
  ['claude', 'normal', { result: 'passed', exitCode: 0, note: 'Implemented the login form.', usage: claudeUsage }],
  ['claude', 'api-retry', { result: 'passed', usage: claudeUsage }],
  ['claude', 'limit-with-reset', { result: 'failed', reason: 'limit', limitedUntil: 1778565600_000, limitedPool: 'claude', exitCode: 1 }],
  ['claude', 'limit-as-text', { result: 'failed', reason: 'limit', limitedUntil: at(2026, 4, 12, 18, 20), limitedPool: 'claude' }],
  ['claude', 'limit-without-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 30 * minutes, limitedPool: 'claude' }],
  ['claude', 'overage', { result: 'passed' }],
  ['claude', 'warned-of-limit', { result: 'passed' }],
  ['claude', 'talks-of-limits', { result: 'failed', reason: 'executor', note: 'TypeError: x is undefined' }],
  ['claude', 'budget', { result: 'failed', reason: 'budget', note: 'Reached maximum budget ($5)' }],
  ['claude', 'turns', { result: 'failed', reason: 'budget' }],
  ['claude', 'success-with-error', { result: 'failed', reason: 'executor', note: 'API Error: 500 Internal server error (status 500)' }],
  ['claude', 'hang', { result: 'passed', usage: claudeUsage }],
  ['claude', 'hang-deaf', { result: 'passed', usage: claudeUsage }],
  ['claude', 'no-newline', { result: 'passed', usage: claudeUsage }],
  ['claude', 'torn', { result: 'failed', reason: 'bad-output', note: 'claude ended without its result' }],
  ['claude', 'megabytes', { result: 'passed', usage: claudeUsage }],
  ['claude', 'one-endless-line', { result: 'passed', usage: claudeUsage }],
  ['claude', 'killed', { result: 'failed', reason: 'signal', signal: 'SIGKILL' }],
  ['claude', 'terminated', { result: 'failed', reason: 'signal', exitCode: 143 }],
  ['claude', 'not-utf8', { result: 'passed' }],
  ['claude', 'noise', { result: 'passed', usage: claudeUsage }],
  ['claude', 'login-needed', { result: 'failed', reason: 'executor', note: 'Invalid API key · Please run /login' }],
  ['claude', 'crash-with-words', { result: 'failed', reason: 'exit', exitCode: 1, note: "exit code 1: Error: Cannot find module '@img/sharp'" }],
  ['codex', 'normal', { result: 'passed', note: 'Implemented the login form.', usage: codexUsage, session: '0199a213-81c0-7800-8aa1-bbab2a035a53' }],
  ['codex', 'api-retry', { result: 'passed' }],
  ['codex', 'limit-with-reset', { result: 'failed', reason: 'limit', limitedUntil: at(2026, 4, 12, 17, 42), limitedPool: 'codex' }],
  ['codex', 'limit-with-date', { result: 'failed', reason: 'limit', limitedUntil: now + 1000 }],
  ['codex', 'limit-without-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 30 * minutes }],
  ['codex', 'quota', { result: 'failed', reason: 'limit', limitedUntil: now + 30 * minutes }],
  ['codex', 'talks-of-limits', { result: 'failed', reason: 'executor', note: 'stream disconnected before completion' }],
  ['codex', 'budget', { result: 'failed', reason: 'budget' }],
  ['codex', 'success-with-error', { result: 'failed', reason: 'executor' }],
  ['codex', 'hang', { result: 'passed', usage: codexUsage }],
  ['codex', 'no-newline', { result: 'passed', usage: codexUsage }],
  ['codex', 'torn', { result: 'failed', reason: 'bad-output' }],
  ['codex', 'megabytes', { result: 'passed' }],
  ['codex', 'killed', { result: 'failed', reason: 'signal' }],
  ['codex', 'not-utf8', { result: 'passed', note: '\ufffd\ufffd' }],
  ['codex', 'login-needed', { result: 'failed', reason: 'executor', note: 'ERROR: unexpected status 401 Unauthorized: Missing bearer' }],
  ['gemini', 'normal', { result: 'passed', note: 'I will edit the file.', usage: geminiUsage, session: 'b3c1f0a2-5d5e-4f5e-9f6e-0d8f2f6b1c11' }],
  ['gemini', 'api-retry', { result: 'passed' }],
  ['gemini', 'limit-with-reset', { result: 'failed', reason: 'limit', limitedUntil: now + (2 * 3600 + 52 * 60 + 39) * 1000, limitedPool: 'gemini' }],
  ['gemini', 'limit-without-reset', { result: 'failed', reason: 'limit', limitedUntil: at(2026, 4, 12, 7, 0) }],
  ['gemini', 'short-limit', { result: 'failed', reason: 'limit', limitedUntil: now + 34_075 }],
  ['gemini', 'limit-on-stderr', { result: 'failed', reason: 'limit', limitedUntil: now + 10 * minutes }],
  ['gemini', 'talks-of-limits', { result: 'failed', reason: 'executor', note: 'fetch failed' }],
  ['gemini', 'budget', { result: 'failed', reason: 'budget', exitCode: 53 }],
  ['gemini', 'success-with-error', { result: 'failed', reason: 'executor' }],
  ['gemini', 'login-needed', { result: 'failed', reason: 'executor', note: 'not logged in: Please set an Auth method' }],
  ['gemini', 'untrusted', { result: 'failed', reason: 'executor', exitCode: 55 }],
  ['gemini', 'hang', { result: 'passed', usage: geminiUsage }],
  ['gemini', 'no-newline', { result: 'passed', usage: geminiUsage }],
  ['gemini', 'torn', { result: 'failed', reason: 'bad-output' }],
  ['gemini', 'megabytes', { result: 'passed' }],
  ['gemini', 'killed', { result: 'failed', reason: 'signal' }],
  ['gemini', 'not-utf8', { result: 'passed' }],
  ['opencode', 'normal', { result: 'passed', note: 'Implemented the login form.', usage: { turns: 2, inputTokens: 1000, outputTokens: 100, cachedTokens: 2000, cost: 0.015 } }],
  ['opencode', 'stop-in-between', { result: 'passed' }],
  ['opencode', 'limit-with-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 2 * minutes, limitedPool: 'opencode' }],
  ['opencode', 'limit-without-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 30 * minutes }],
  ['opencode', 'talks-of-limits', { result: 'failed', reason: 'executor', note: 'socket closed' }],
  ['opencode', 'login-needed', { result: 'failed', reason: 'executor' }],
  ['opencode', 'hang', { result: 'passed' }],
  ['opencode', 'no-newline', { result: 'passed' }],
  ['opencode', 'torn', { result: 'failed', reason: 'exit', exitCode: 1 }],
  ['opencode', 'megabytes', { result: 'passed' }],
  ['opencode', 'killed', { result: 'failed', reason: 'signal' }],
  ['opencode', 'not-utf8', { result: 'passed' }],
  ['cursor', 'normal', { result: 'passed', note: 'Implemented the login form.', session: 'c6b62c6f-7ead-4fd6-9922-e952131177ff', usage: { model: 'Claude 4.5 Sonnet' } }],
  ['cursor', 'failed', { result: 'failed', reason: 'exit', note: 'exit code 1: Error: connection lost' }],
  ['cursor', 'limit-without-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 30 * minutes, limitedPool: 'cursor' }],
  ['cursor', 'talks-of-limits', { result: 'failed', reason: 'exit', note: 'exit code 1: Error: boom' }],
  ['cursor', 'hang', { result: 'passed' }],
  ['cursor', 'torn', { result: 'failed', reason: 'bad-output' }],
  ['cursor', 'killed', { result: 'failed', reason: 'signal' }],
  ['cursor', 'limit-with-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 120 * minutes, limitedPool: 'cursor' }],
  ['cursor', 'success-with-error', { result: 'failed', reason: 'executor' }],
  ['cursor', 'no-newline', { result: 'passed' }],
  ['cursor', 'megabytes', { result: 'passed' }],
  ['cursor', 'not-utf8', { result: 'passed' }],
  ['copilot', 'no-newline', { result: 'passed' }],
  ['copilot', 'torn', { result: 'failed', reason: 'bad-output' }],
  ['copilot', 'megabytes', { result: 'passed' }],
  ['copilot', 'not-utf8', { result: 'passed' }],
  ['aider', 'megabytes', { result: 'passed' }],
  ['aider', 'terminated', { result: 'failed', reason: 'signal', exitCode: 143 }],
  ['opencode', 'success-with-error', { result: 'failed', reason: 'executor', note: 'stream ended' }],
  ['copilot', 'normal', { result: 'passed', note: 'Implemented the login form.', usage: { outputTokens: 120 } }],
  ['copilot', 'limit-with-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 840_000, limitedPool: 'copilot' }],
  ['copilot', 'limit-without-reset', { result: 'failed', reason: 'limit', limitedUntil: now + 30 * minutes }],
  ['copilot', 'talks-of-limits', { result: 'failed', reason: 'executor', note: 'model call failed' }],
  ['copilot', 'login-needed', { result: 'failed', reason: 'executor' }],
  ['copilot', 'success-with-error', { result: 'failed', reason: 'executor' }],
  ['copilot', 'hang', { result: 'passed' }],
  ['copilot', 'killed', { result: 'failed', reason: 'signal' }],
  ['aider', 'normal', { result: 'passed', usage: { inputTokens: 9500, outputTokens: 400, cachedTokens: 2000, cost: 0.03 } }],
  ['aider', 'talks-of-limits', { result: 'passed' }],
  ['aider', 'failed', { result: 'failed', reason: 'exit', note: 'exit code 1: litellm.AuthenticationError: missing key' }],
  ['aider', 'no-newline', { result: 'passed', usage: { inputTokens: 4200, outputTokens: 150, cost: 0.01 } }],
  ['aider', 'not-utf8', { result: 'passed' }],
  ['aider', 'killed', { result: 'failed', reason: 'signal' }],
];

test.each(table)('%s: %s', async (agent, scenario, expected) => {
  const own = scenario.startsWith('hang') ? hurriedRig : rig;
  const { outcome, calls, outputBytes } = await own.run(own.request({ agent }, scenario));
  expect(outcome).toMatchObject(expected);
  if (expected.result === 'passed') expect(outcome.reason).toBeUndefined();
  if (expected.reason !== 'limit') expect(outcome.limitedUntil).toBeUndefined();
  expect(calls).toHaveLength(1);
  expect(calls[0]?.prompt).toBe('Add the login form.\n');
  expect(outputBytes).toBeLessThanOrEqual(1024 * 1024 + 4096);
});
