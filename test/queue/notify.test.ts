/** Notices: bodies, time-outs, and that nothing of it fails a run. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.js';
import { systemClock } from '../../src/base/clock.js';
import { notify, webhookBody } from '../../src/queue/notify.js';
import type { NotifyTools } from '../../src/queue/notify.js';

const notice = { kind: 'person-needed', title: 'release.yml waits for a person', text: '<!channel> A & B conflict in src/a.ts\u001b[2J' } as const;
const environment = { PATH: process.env['PATH'] ?? '' };
const tools: NotifyTools = { clock: systemClock, fetch, platform: 'linux', folder: tmpdir(), environment };

test('the body is Slack’s, and nobody can mention everybody in it', () => {
  const body = JSON.stringify(webhookBody(notice));
  expect(body).toContain('*release.yml waits for a person*');
  expect(body).toContain('&lt;!channel&gt; A &amp; B');
});

test('a webhook gets it', async () => {
  let seen = '';
  const server = createServer((request, response) => {
    request.on('data', (bytes: Buffer) => (seen += bytes.toString()));
    request.on('end', () => response.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  expect(await notify({ webhook: address }, notice, tools)).toEqual([]);
  expect(JSON.parse(seen)).toMatchObject({ text: expect.stringContaining('waits for a person') });
  expect(seen).not.toContain('\\u001b');
  server.close();
});

test.each([
  ['answers badly', async () => ({ ok: false, status: 404 }), 'the webhook answered with status 404'],
  ['is not there', () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED http://secret/hook') })), 'the webhook could not be reached: connect ECONNREFUSED its address'],
])('a webhook that %s is a sentence, and its address is not in it', async (_name, fake, problem) => {
  expect(await notify({ webhook: 'http://secret/hook' }, notice, { ...tools, fetch: fake })).toEqual([problem]);
});

test('a webhook that does not answer is given up', async () => {
  const impatient: Clock = { ...systemClock, after: (_ms, callback) => systemClock.after(1, callback) };
  const hanging: NotifyTools['fetch'] = (_address, request) => new Promise((_resolve, reject) => request.signal.addEventListener('abort', () => reject(new Error('aborted'))));
  expect(await notify({ webhook: 'http://secret/hook' }, notice, { ...tools, clock: impatient, fetch: hanging })).toEqual(['the webhook did not answer within 10 s']);
});

test('a command has it in its environment, as data', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plan-notify-'));
  const command = ['sh', '-c', 'printf "%s|%s" "$PLAN_NOTICE_KIND" "$PLAN_NOTICE_TITLE" > "$1"', 'sh', join(folder, 'seen')];
  expect(await notify({ command }, { ...notice, title: '$(touch /tmp/pwned) `id`' }, tools)).toEqual([]);
  expect(readFileSync(join(folder, 'seen'), 'utf8')).toBe('person-needed|$(touch /tmp/pwned) `id`');
  rmSync(folder, { recursive: true });
});

test('commands that fail or are not there are sentences', async () => {
  expect(await notify({ command: ['sh', '-c', 'exit 3'] }, notice, tools)).toEqual(['the notification command ended with exit code 3']);
  expect(await notify({ command: ['/nowhere'], desktop: true }, notice, { ...tools, environment: { PATH: '/nowhere' } })).toEqual([
    'the notification command could not start: /nowhere was not found',
    'the desktop notification could not start: notify-send was not found',
  ]);
});
