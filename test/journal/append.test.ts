import { mkdirSync, readFileSync, statSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc } from '../rig/property.js';
import { systemClock } from '../../src/base/clock.js';
import { JournalError, openJournal } from '../../src/journal/append.js';
import type { OpenedJournal } from '../../src/journal/append.js';
import { realDisk } from '../../src/journal/disk.js';
import type { Disk } from '../../src/journal/disk.js';
import { readEntries, readJournal } from '../../src/journal/read.js';
import type { Entry, Event } from '../../src/model/event.js';
import { MemoryDisk } from './memory-disk.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let files = 0;
const newFile = (): string => join(folder, `journal-${files++}.ndjson`);

const event = (note: string): Event => ({ kind: 'skip.requested', nodes: ['A.1.1'], note });

async function opened(file: string, disk: Disk = realDisk): Promise<OpenedJournal> {
  const result = await openJournal(file, systemClock, disk);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

async function entriesOf(bytes: Buffer): Promise<readonly Entry[]> {
  const content = await readEntries(async (offset, length) => bytes.subarray(offset, offset + length), 'journal');
  if (!content.ok) throw new Error(content.error.message);
  return content.value.entries;
}

const notes = (entries: readonly Entry[]): unknown[] => entries.map(({ event: e }) => ('note' in e ? e.note : undefined));

describe('on the real disk', () => {
  test('what was appended is read back, across openings, with numbers without a gap', async () => {
    const file = newFile();
    const first = await opened(file);
    const entries = first.journal.append([event('a'), event('b')], 'request-1');
    expect(entries.map(({ seq }) => seq)).toEqual([0, 1]);
    await first.journal.close();

    const second = await opened(file);
    expect(second.entries).toEqual(entries);
    expect(second.entries[0]?.request).toBe('request-1');
    second.journal.append([event('c')]);
    await second.journal.close();

    const content = await readJournal(file);
    expect(content.ok && notes(content.value.entries)).toEqual(['a', 'b', 'c']);
    expect(content.ok && content.value.entries[2]?.seq).toBe(2);
  });

  test('what the caller has read of it is not read again', async () => {
    const file = newFile();
    const first = await opened(file);
    first.journal.append([event('a'), event('b')]);
    await first.journal.close();
    const known = await readJournal(file);
    if (!known.ok) throw new Error(known.error.message);
    appendFileSync(file, `${JSON.stringify({ seq: 2, at: 0, event: event('c') })}\n{"seq":3`);

    const second = await openJournal(file, systemClock, realDisk, known.value);
    if (!second.ok) throw new Error(second.error.message);
    expect(notes(second.value.entries)).toEqual(['a', 'b', 'c']);
    expect(second.value.entries[0]).toBe(known.value.entries[0]);
    expect(second.value.tornBytes).toBe(8);
    second.value.journal.append([event('d')]);
    await second.value.journal.close();
    const content = await readJournal(file);
    expect(content.ok && notes(content.value.entries)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('the file is for its owner only', async () => {
    const file = newFile();
    await (await opened(file)).journal.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a torn tail is cut off before anything is appended', async () => {
    const file = newFile();
    const first = await opened(file);
    first.journal.append([event('a')]);
    await first.journal.close();
    const whole = readFileSync(file);
    appendFileSync(file, '{"seq":1,"at":1,"ev');

    const second = await opened(file);
    expect(second.tornBytes).toBe(19);
    expect(readFileSync(file)).toEqual(whole);
    second.journal.append([event('b')]);
    await second.journal.close();
    expect(notes((await opened(file)).entries)).toEqual(['a', 'b']);
  });

  test('damage before the end is refused with its line, and nothing is changed', async () => {
    const file = newFile();
    const { journal } = await opened(file);
    journal.append([event('a'), event('b'), event('c')]);
    await journal.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    lines[1] = '{"seq":1,"at"';
    writeFileSync(file, lines.join('\n'));
    const before = readFileSync(file);

    const result = await openJournal(file, systemClock);
    expect(result).toMatchObject({ ok: false, error: { code: 'journal-damaged', place: { line: 2 } } });
    expect(readFileSync(file)).toEqual(before);
  });

  test('a missing line is damage too', async () => {
    const file = newFile();
    const { journal } = await opened(file);
    journal.append([event('a'), event('b'), event('c')]);
    await journal.close();
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.toSpliced(1, 1).join('\n'));
    expect(await openJournal(file, systemClock)).toMatchObject({ ok: false, error: { code: 'journal-damaged', place: { line: 2 } } });
  });

  test('a folder that is not there is the system’s error', async () => {
    await expect(openJournal(join(folder, 'nowhere', 'journal.ndjson'), systemClock)).rejects.toThrow('ENOENT');
  });

  test('a folder in its place is the system’s error', async () => {
    const file = newFile();
    mkdirSync(file);
    await expect(openJournal(file, systemClock)).rejects.toThrow('EISDIR');
  });
});

describe('groups', () => {
  test('everything appended while a sync is in flight shares the next one', async () => {
    const disk = new MemoryDisk();
    const { journal } = await opened('journal', disk);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let syncing: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (syncing = resolve));
    disk.beforeSync = () => {
      syncing();
      return held;
    };
    journal.append([event('first')]);
    const first = journal.durable();
    await begun;
    for (let i = 0; i < 64; i++) journal.append([event(`${i}`)]);
    const rest = journal.durable();
    expect(disk.durable.length).toBe(0);
    release();
    await first;
    await rest;
    expect(disk.syncs).toBe(2);
    expect(await entriesOf(disk.durable)).toHaveLength(65);
  });

  test('durable() covers what was appended before it, nothing more is promised', async () => {
    const disk = new MemoryDisk();
    const { journal } = await opened('journal', disk);
    await journal.durable();
    expect(disk.syncs).toBe(0);
    journal.append([event('a')]);
    await journal.durable();
    expect(notes(await entriesOf(disk.durable))).toEqual(['a']);
  });
});

describe('a disk that refuses', () => {
  test('a full disk leaves a clean prefix, and the error stays', async () => {
    const disk = new MemoryDisk();
    const { journal } = await opened('journal', disk);
    journal.append([event('a')]);
    await journal.durable();
    disk.room = disk.visible.length + 50;
    journal.append([event('b'), event('c')]);
    await expect(journal.durable()).rejects.toThrow(JournalError);
    expect(notes(await entriesOf(disk.visible))).toEqual(['a']);

    disk.room = Infinity;
    expect(() => journal.append([event('d')])).toThrow(JournalError);
    await expect(journal.durable()).rejects.toThrow('ENOSPC');
    await expect(journal.close()).rejects.toThrow(JournalError);
    expect(notes((await opened('journal', disk)).entries)).toEqual(['a']);
  });

  test('a failed sync is not tried again and is told to everybody who waits', async () => {
    const disk = new MemoryDisk();
    const { journal } = await opened('journal', disk);
    disk.failSyncs = 1;
    journal.append([event('a')]);
    const first = journal.durable();
    await expect(first).rejects.toThrow('EIO');
    await expect(journal.durable()).rejects.toThrow('EIO');
    expect((await opened('journal', disk)).entries).toEqual([]);
  });

  test('with a truncate that fails as well, the next opening finds whole entries or a torn tail', async () => {
    const disk = new MemoryDisk();
    const { journal } = await opened('journal', disk);
    journal.append([event('a')]);
    await journal.durable();
    disk.room = disk.visible.length + 30;
    disk.failTruncates = 1;
    journal.append([event('b')]);
    await expect(journal.durable()).rejects.toThrow('ENOSPC');
    disk.room = Infinity;
    const again = await opened('journal', disk);
    expect(notes(again.entries)).toEqual(['a']);
    expect(again.tornBytes).toBe(30);
  });

  test('whatever was promised durable survives, and what survives is a prefix of what was appended', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), notes: fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }) }),
      fc.record({ kind: fc.constant('wait' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.nat(2000), fc.nat(6), fc.nat(1), async (steps, room, failAt, failTruncates) => {
        const disk = new MemoryDisk();
        disk.room = room;
        disk.failTruncates = failTruncates;
        disk.beforeSync = async () => void (disk.syncs === failAt && (disk.failSyncs = 1));
        const { journal } = await opened('journal', disk);
        const appended: Entry[] = [];
        let promised = 0;
        try {
          for (const one of steps) {
            if (one.kind === 'append') appended.push(...journal.append(one.notes.map(event)));
            else {
              const upTo = appended.length;
              await journal.durable();
              promised = upTo;
            }
          }
          await journal.close();
          promised = appended.length;
        } catch (error) {
          if (!(error instanceof JournalError)) throw error;
        }
        for (const left of [disk.durable, disk.visible]) {
          const entries = await entriesOf(left);
          expect(entries.length).toBeGreaterThanOrEqual(promised);
          expect(entries).toEqual(appended.slice(0, entries.length));
        }
      }),
      { numRuns: 200 },
    );
  });
});
