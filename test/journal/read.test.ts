import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc } from '../rig/property.js';
import { decodeLines, encodeEntry } from '../../src/journal/codec.js';
import { followJournal, readEntries, readJournal } from '../../src/journal/read.js';
import type { JournalContent, ReadBytes } from '../../src/journal/read.js';
import type { Entry, Event } from '../../src/model/event.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('retry.requested' as const), nodes: fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('task.committed' as const), node: fc.constant('A.1.1' as const), attempt: fc.nat(9), tip: fc.string(), changed: fc.boolean() }),
  fc.record({ kind: fc.constant('plan.refused' as const), plan: fc.string(), failure: fc.record({ kind: fc.constant('person' as const), code: fc.string(), message: fc.string({ unit: 'binary' }) }) }),
);
const anyEntries: fc.Arbitrary<Entry[]> = fc.array(fc.tuple(fc.nat(), anyEvent), { maxLength: 12 }).map((all) => all.map(([at, event], seq) => ({ seq, at, event })));

const from = (bytes: Buffer, most = Infinity): ReadBytes => async (offset, length) => bytes.subarray(offset, offset + Math.min(length, most));

async function contentOf(bytes: Buffer): Promise<JournalContent> {
  const content = await readEntries(from(bytes), 'journal');
  if (!content.ok) throw new Error(content.error.message);
  return content.value;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

test('every prefix of a journal, cut at any byte, is a prefix of its entries', async () => {
  await fc.assert(
    fc.asyncProperty(anyEntries, async (entries) => {
      const bytes = Buffer.from(entries.map(encodeEntry).join(''));
      let before = 0;
      for (let cut = 0; cut <= bytes.length; cut++) {
        const content = await contentOf(bytes.subarray(0, cut));
        expect(content.validBytes + content.tornBytes).toBe(cut);
        expect(content.entries.length).toBeGreaterThanOrEqual(before);
        before = content.entries.length;
        if (content.tornBytes === 0) expect(plain(content.entries)).toEqual(plain(entries.slice(0, content.entries.length)));
      }
      expect(before).toBe(entries.length);
    }),
    { numRuns: 8 },
  );
});

test('it does not matter in which pieces the bytes come', async () => {
  await fc.assert(
    fc.asyncProperty(anyEntries, fc.integer({ min: 1, max: 50 }), fc.nat(400), async (entries, piece, cut) => {
      const bytes = Buffer.from(entries.map(encodeEntry).join('')).subarray(0, cut);
      expect(await readEntries(from(bytes, piece), 'journal')).toEqual(await readEntries(from(bytes), 'journal'));
    }),
    { numRuns: 100 },
  );
});

test('a changed byte before the last line is found, or is inside a value', async () => {
  const entries: Entry[] = ['a', 'b', 'c', 'd'].map((note, seq) => ({ seq, at: 5, event: { kind: 'skip.requested', nodes: [], note } }));
  const bytes = Buffer.from(entries.map(encodeEntry).join(''));
  const lineOf = (index: number): number => bytes.subarray(0, index).toString().split('\n').length;
  for (let index = 0; index < bytes.length - 1; index++) {
    const damaged = Buffer.from(bytes);
    damaged[index] = 0;
    const content = await readEntries(from(damaged), 'journal');
    if (content.ok) throw new Error(`not found at ${index}`);
    expect(content.error).toMatchObject({ kind: 'input', code: expect.stringMatching(/^journal-(damaged|version)$/) });
    if (content.error.code === 'journal-damaged') expect(content.error.place?.line).toBe(lineOf(index));
  }
});

test.each([
  ['another version', '{"version":2,"seq":0,"at":1,"event":{"kind":"run.resumed"}}\n', 'journal-version'],
  ['no version', '{"seq":0,"at":1,"event":{"kind":"run.resumed"}}\n', 'journal-version'],
  ['not an object', '[]\n', 'journal-damaged'],
  ['two entries in a line', '{"version":1,"seq":0,"at":1,"event":{"kind":"a"}},{"seq":1,"at":1,"event":{"kind":"a"}}\n', 'journal-damaged'],
  ['no kind', '{"version":1,"seq":0,"at":1,"event":{}}\n', 'journal-damaged'],
  ['no event', '{"version":1,"seq":0,"at":1}\n', 'journal-damaged'],
  ['an empty line', '\n', 'journal-damaged'],
  ['a wrong number', '{"version":1,"seq":1,"at":1,"event":{"kind":"a"}}\n', 'journal-damaged'],
])('%s is refused with a sentence and a hint', async (_, text, code) => {
  const content = await readEntries(from(Buffer.from(text)), 'the/journal');
  expect(content).toMatchObject({ ok: false, error: { code, message: expect.stringContaining('the/journal'), hint: expect.any(String) } });
});

test('a journal that is not there yet has no entries', async () => {
  expect(await readJournal(join(folder, 'none'))).toEqual({ ok: true, value: { entries: [], validBytes: 0, tornBytes: 0 } });
});

test('a follower sees each whole line once, also where a torn tail was written over', async () => {
  const file = join(folder, 'followed');
  const follower = followJournal(file);
  const lines = ['a', 'b', 'c'].map((note, seq) => encodeEntry({ seq, at: 1, event: { kind: 'skip.requested', nodes: [], note } }));
  const seen = async (): Promise<number[]> => {
    const result = await follower.poll();
    return result.ok ? result.value.map(({ seq }) => seq) : [-1];
  };
  expect(await seen()).toEqual([]);
  writeFileSync(file, `${lines[0]}{"seq":1,"torn`);
  expect(await seen()).toEqual([0]);
  writeFileSync(file, `${lines[0]}${lines[1]}`);
  expect(await seen()).toEqual([1]);
  expect(await seen()).toEqual([]);
  appendFileSync(file, lines[2] ?? '');
  expect(await seen()).toEqual([2]);
});

test('a big first entry is read whole', async () => {
  const nodes = Array.from({ length: 300_000 }, (_, i) => `A.phase${i}`);
  const bytes = Buffer.from(encodeEntry({ seq: 0, at: 1, event: { kind: 'retry.requested', nodes } }));
  expect(bytes.length).toBeGreaterThan(4 * 1024 * 1024);
  const [entry] = (await contentOf(bytes)).entries;
  expect(entry?.event).toEqual({ kind: 'retry.requested', nodes });
  expect((await contentOf(bytes.subarray(0, bytes.length - 1))).entries).toEqual([]);
});

test('__proto__ in a line pollutes nothing', () => {
  const decoded = decodeLines('{"version":1,"seq":0,"at":1,"event":{"kind":"a"},"__proto__":{"polluted":true}}\n', 0);
  expect(decoded.ok).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
