import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc } from '../rig/property.js';
import { systemClock } from '../../src/base/clock.js';
import { dropRequest, isWaiting, readInbox, removeRequests, watchInbox } from '../../src/journal/inbox.js';
import { parseRequest } from '../../src/journal/request.js';
import type { RequestedEvent } from '../../src/journal/request.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let inboxes = 0;
function newInbox(): string {
  const inbox = join(folder, `inbox-${inboxes++}`);
  mkdirSync(inbox);
  return inbox;
}

const unknown = (): boolean => false;
const pause = (plan: string): RequestedEvent => ({ kind: 'pause.requested', plans: [plan] });

test.each<[string, boolean]>([
  [`{"plans":["A"],"heads":["${'a'.repeat(40)}"]}`, true],
  ['{"plans":["A"]}', true],
  ['{"plans":["A"],"heads":["--all"]}', false],
  ['{"plans":["A"],"heads":"main"}', false],
])('a word that lets plans land keeps the commits that it was said about: %s', (fields, right) => {
  const event = { kind: 'landing.approved', ...(JSON.parse(fields) as object) };
  const parsed = parseRequest(JSON.stringify({ version: 1, id: 'x', event }));
  expect(parsed.ok).toBe(right);
  if (parsed.ok) expect(parsed.value.event).toEqual(event);
});

test('requests are read in the order they were dropped, until they are removed', async () => {
  const inbox = newInbox();
  const still = { now: () => 1_700_000_000_000, after: () => () => undefined };
  const ids: string[] = [];
  for (let index = 0; index < 12; index++) ids.push(await dropRequest(inbox, pause(`P${index}`), still));
  const content = await readInbox(inbox, unknown);
  expect(content.requests.map(({ event }) => event)).toEqual(Array.from({ length: 12 }, (_, index) => pause(`P${index}`)));
  expect(content.requests.map(({ id }) => id)).toEqual(ids);
  expect(content.rejected).toEqual([]);
  expect(await isWaiting(inbox, ids[3] ?? '')).toBe(true);
  await removeRequests(inbox, ids.slice(0, 11));
  await removeRequests(inbox, ids.slice(0, 2));
  expect((await readInbox(inbox, unknown)).requests.map(({ id }) => id)).toEqual(ids.slice(11));
  expect(await isWaiting(inbox, ids[3] ?? '')).toBe(false);
});

test('a request that is journalled already is removed, not taken up again', async () => {
  const inbox = newInbox();
  const id = await dropRequest(inbox, pause('A'), systemClock);
  expect(await readInbox(inbox, (known) => known === id)).toEqual({ requests: [], rejected: [] });
  expect(readdirSync(inbox)).toEqual([]);
});

test('drafts are not seen', async () => {
  const inbox = newInbox();
  writeFileSync(join(inbox, '.half.draft'), '{"ver');
  expect(await readInbox(inbox, unknown)).toEqual({ requests: [], rejected: [] });
  expect(readdirSync(inbox)).toEqual(['.half.draft']);
});

const good = '{"version":1,"id":"ID","event":{"kind":"cancel.requested","nodes":["A.1"]}}';

describe('what is no request is moved aside, and the others are taken up', () => {
  test.each([
    ['not JSON', '{'],
    ['another version', good.replace('1,', '2,')],
    ['an unknown kind', good.replace('cancel.requested', 'target.advanced')],
    ['a kind from the prototype', good.replace('cancel.requested', 'constructor')],
    ['nodes that are no names', good.replace('["A.1"]', '[1]')],
    ['no nodes', good.replace('"nodes"', '"other"')],
    ['an id that is not the name', good.replace('ID', 'other')],
    ['empty', ''],
  ])('%s', async (_, text) => {
    const inbox = newInbox();
    const name = '000000000000001-0000000001-aaaaaaaaaaaa';
    writeFileSync(join(inbox, `${name}.json`), text.replace('"ID"', `"${name}"`));
    const id = await dropRequest(inbox, pause('A'), systemClock);
    const content = await readInbox(inbox, unknown);
    expect(content.requests.map((request) => request.id)).toEqual([id]);
    expect(content.rejected).toMatchObject([{ code: 'request-malformed', hint: expect.stringContaining(name) }]);
    expect(readFileSync(join(inbox, 'rejected', `${name}.json`), 'utf8')).toBe(text.replace('"ID"', `"${name}"`));
    expect((await readInbox(inbox, unknown)).rejected).toEqual([]);
  });

  test('pipes, links, folders and strangers', async () => {
    const inbox = newInbox();
    const names = [1, 2, 3].map((number) => `00000000000000${number}-0000000001-aaaaaaaaaaaa.json`);
    execFileSync('mkfifo', [join(inbox, names[0] ?? '')]);
    symlinkSync('/etc/passwd', join(inbox, names[1] ?? ''));
    mkdirSync(join(inbox, names[2] ?? ''));
    writeFileSync(join(inbox, 'README'), '');
    const content = await readInbox(inbox, unknown);
    expect(content.requests).toEqual([]);
    expect(content.rejected).toHaveLength(4);
    expect(readdirSync(inbox)).toEqual(['rejected']);
  });
});

test('nothing but what a kind holds is taken along', () => {
  const parsed = parseRequest('{"version":1,"id":"x","event":{"kind":"pause.requested","__proto__":{"plans":["A"]},"more":1}}');
  expect(parsed).toEqual({ ok: true, value: { id: 'x', event: { kind: 'pause.requested' } } });
});

test('no text makes the reader throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseRequest(text)), { numRuns: 500 });
});

test('a watcher tells of what is dropped, and is silent once closed', async () => {
  const inbox = newInbox();
  let told: () => void = () => undefined;
  const heard = new Promise<void>((resolve) => (told = resolve));
  let count = 0;
  const close = watchInbox(inbox, systemClock, () => {
    count++;
    told();
  });
  await dropRequest(inbox, pause('A'), systemClock);
  await heard;
  close();
  const before = count;
  await dropRequest(inbox, pause('B'), systemClock);
  expect(existsSync(inbox)).toBe(true);
  expect(count).toBe(before);
});

test('where the folder cannot be watched it is looked into all the same', () => {
  const waits: number[] = [];
  const callbacks: (() => void)[] = [];
  const clock = { now: () => 0, after: (ms: number, callback: () => void) => (waits.push(ms), callbacks.push(callback), () => undefined) };
  let count = 0;
  const close = watchInbox(join(folder, 'nowhere'), clock, () => count++);
  callbacks[0]?.();
  expect(count).toBe(1);
  expect(waits).toEqual([250, 250]);
  close();
});

test('an inbox that is not there is empty', async () => {
  expect(await readInbox(join(folder, 'nowhere'), unknown)).toEqual({ requests: [], rejected: [] });
});
