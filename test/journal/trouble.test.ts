/** What the files of a run meet that no run would write: other things of their names, sizes without bound, disks that refuse. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Liveness, ProcessIdentity } from '../../src/base/process-identity.js';
import { openJournal } from '../../src/journal/append.js';
import { decodeLines } from '../../src/journal/codec.js';
import { realDisk, type Disk, type DiskFile } from '../../src/journal/disk.js';
import { dropRequest, readInbox } from '../../src/journal/inbox.js';
import { createRun, findRuns, listRuns } from '../../src/journal/layout.js';
import { followJournal, readEntries, readJournal } from '../../src/journal/read.js';
import { parseRequest } from '../../src/journal/request.js';
import { findLockOwner, takeRunLock, type LockWorld } from '../../src/journal/run-lock.js';
import { openStatusFile, readStatusFile } from '../../src/journal/status-file.js';
import { ManualClock } from '../rig/manual-clock.js';
import { MemoryDisk } from './memory-disk.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();
let made = 0;
const fresh = (): string => join(folder, `at-${made++}`);
const freshFolder = (): string => {
  const path = fresh();
  mkdirSync(path);
  return path;
};
const clock = new ManualClock();
const refusal = (code: string): Error => Object.assign(new Error(`${code}: refused`), { code });

describe('a journal', () => {
  test('is closed again when it cannot be read, and the reason is told', async () => {
    let closed = 0;
    const file = { read: () => Promise.reject(refusal('EIO')), close: () => (closed++, Promise.reject(refusal('EIO'))) } as unknown as DiskFile;
    const disk: Disk = { open: () => Promise.resolve(file) };
    await expect(openJournal('journal', clock, disk)).rejects.toThrow(/EIO/);
    expect(closed).toBe(1);
  });

  test('takes nothing for an entry where nothing was said, and may be closed twice', async () => {
    const disk = new MemoryDisk();
    const opened = await openJournal('journal', clock, disk);
    if (!opened.ok) throw new Error(opened.error.message);
    const { journal } = opened.value;
    expect(journal.append([])).toEqual([]);
    await journal.close();
    await journal.close();
    expect(() => journal.append([{ kind: 'run.resumed' }])).toThrow(/closed/);
    expect(disk.visible.length).toBe(0);
  });

  test.each([
    ['no entry at all', '{"hello":1}\n', 0, { kind: 'damaged', line: 1 }],
    ['another version', '{"version":9,"seq":0,"at":1,"event":{"kind":"x"}}\n', 0, { kind: 'version', found: 9 }],
    ['no version', '{"seq":0,"at":1,"event":{"kind":"x"}}\n', 0, { kind: 'version', found: undefined }],
    ['half a line', '{"seq":3,"at":1', 3, { kind: 'damaged', line: 4 }],
    ['a whole line without its end', '{"seq":3,"at":1,"event":{"kind":"x"}}', 3, { kind: 'damaged', line: 4 }],
    ['a gap', '{"seq":4,"at":1,"event":{"kind":"x"}}\n', 3, { kind: 'damaged', line: 4 }],
  ])('with %s in it is damaged', (_, text, first, error) => {
    expect(decodeLines(text, first)).toEqual({ ok: false, error });
  });

  test('with a line without end is damaged, and memory stays bounded', async () => {
    const piece = Buffer.alloc(16 * 1024 * 1024, 'x');
    let reads = 0;
    const content = await readEntries(() => Promise.resolve(reads++ < 100 ? piece : Buffer.alloc(0)), 'journal');
    expect(content).toMatchObject({ ok: false, error: { code: 'journal-damaged' } });
    expect(reads).toBeLessThan(20);
  });

  test.each(['a pipe', 'a folder'])('that is %s is refused at once, by whoever reads, follows or opens it', async (what) => {
    const path = fresh();
    if (what === 'a pipe') execFileSync('mkfifo', [path]);
    else mkdirSync(path);
    const refused = { ok: false, error: { code: 'journal-damaged', message: expect.stringContaining('is not a file'), hint: expect.stringContaining('--new') } };
    expect(await readJournal(path)).toMatchObject(refused);
    expect(await followJournal(path).poll()).toMatchObject(refused);
    await expect(realDisk.open(path)).rejects.toMatchObject({ code: what === 'a pipe' ? 'EINVAL' : 'EISDIR' });
  });

  test('that is followed tells of damage', async () => {
    const file = fresh();
    const follower = followJournal(file);
    expect(await follower.poll()).toEqual({ ok: true, value: [] });
    writeFileSync(file, 'no\n');
    expect(await follower.poll()).toMatchObject({ ok: false, error: { code: 'journal-damaged' } });
    writeFileSync(join(folder, 'plain'), '');
    await expect(readJournal(join(folder, 'plain', 'journal'))).rejects.toThrow(/ENOTDIR/);
  });
});

describe('an inbox', () => {
  test('refuses what is too large, and says so where it cannot even be moved', async () => {
    const inbox = freshFolder();
    const id = await dropRequest(inbox, { kind: 'pause.requested' }, clock);
    truncateSync(join(inbox, `${id}.json`), 5 * 1024 * 1024);
    writeFileSync(join(inbox, 'rejected'), 'a file where a folder should be');
    const content = await readInbox(inbox, () => false);
    expect(content.rejected).toMatchObject([{ message: expect.stringContaining('larger than'), hint: expect.stringMatching(/^remove /) }]);
  });

  test('that is not there holds nothing; one that is no folder is an error', async () => {
    expect(await readInbox(fresh(), () => false)).toEqual({ requests: [], rejected: [] });
    const file = fresh();
    writeFileSync(file, '');
    await expect(readInbox(file, () => false)).rejects.toThrow(/ENOTDIR/);
  });

  test('a request needs a name', () => {
    expect(parseRequest(JSON.stringify({ version: 1, event: { kind: 'pause.requested' } }))).toEqual({ ok: false, error: 'it has no id' });
  });
});

describe('folders of runs', () => {
  test('that were made at the same moment are in the order of their names; one without a journal is the oldest', async () => {
    const common = freshFolder();
    const runs = [await createRun(common, 'a.yml'), await createRun(common, 'b.yml')].map(({ run }) => run);
    expect(await listRuns(common)).toEqual(runs.sort().reverse());
    const third = await createRun(common, 'c.yml');
    writeFileSync(third.journal, '');
    expect((await listRuns(common))[0]).toBe(third.run);
  });

  test('a number whose folder is taken is passed over', async () => {
    const common = freshFolder();
    const first = await createRun(common, 'm.yml');
    writeFileSync(first.folder.replace(/1$/, '2'), 'somebody else');
    expect((await createRun(common, 'm.yml')).run).toMatch(/-3$/);
  });

  test('a file in the place of a folder is an error', async () => {
    const common = freshFolder();
    mkdirSync(join(common, 'plan'));
    writeFileSync(join(common, 'plan', 'runs'), '');
    await expect(findRuns(common, 'm.yml')).rejects.toThrow(/ENOTDIR/);
  });
});

describe('a lock', () => {
  const self = (pid: number): ProcessIdentity => ({ pid, startTime: '1', bootId: 'boot', host: 'here/1' });
  const world = (pid: number, livenessOf: LockWorld['livenessOf'] = () => 'alive'): LockWorld => ({ self: () => self(pid), livenessOf });
  const held = (owner: object): string => `${JSON.stringify(owner)}\n`;

  test.each<[string, string, Liveness, string]>([
    ['somebody who cannot be read', 'no words of ours\n', 'alive', 'somebody who cannot be told'],
    ['somebody of another machine', held({ ...self(9), host: 'there/1' }), 'unknown', 'of another machine'],
  ])('of %s is not taken', async (_, text, liveness, words) => {
    const lock = freshFolder();
    writeFileSync(join(lock, '1.lock'), text);
    expect(await takeRunLock(lock, world(1, () => liveness))).toMatchObject({ ok: false, error: { code: 'run-busy-elsewhere', message: expect.stringContaining(words) } });
    expect(readdirSync(lock)).toEqual(['1.lock']);
  });

  test('that changes hands each time one looks is not waited for without end', async () => {
    const lock = freshFolder();
    writeFileSync(join(lock, '1.lock'), held(self(9)));
    let number = 1;
    // Whoever held it is dead, and somebody takes it over just before us, each time.
    const busy = world(1, () => {
      number += 1;
      writeFileSync(join(lock, `${number}.lock`), held(self(9)));
      return 'dead';
    });
    expect(await takeRunLock(lock, busy)).toMatchObject({ ok: false, error: { code: 'run-busy-elsewhere' } });
    expect(number).toBeGreaterThan(50);
  });

  test('is nobody’s where it was given back, or never was', async () => {
    const lock = freshFolder();
    expect(await findLockOwner(lock, world(1))).toBeUndefined();
    const taken = await takeRunLock(lock, world(1));
    if (!taken.ok) throw new Error(taken.error.message);
    await taken.value.release();
    expect(readFileSync(join(lock, '1.lock'), 'utf8')).toBe('released\n');
    writeFileSync(join(lock, '2.lock'), 'half a wor');
    expect(await findLockOwner(lock, world(1))).toBeUndefined();
  });

  test('whose folder vanished is let go of all the same', async () => {
    const lock = freshFolder();
    const taken = await takeRunLock(lock, world(1));
    if (!taken.ok) throw new Error(taken.error.message);
    // What stands in the way of a new file of that name does not keep us from giving it back.
    rmSync(lock, { recursive: true });
    await taken.value.release();
    expect(await findLockOwner(lock, world(1))).toBeUndefined();
  });

  test('in a folder that is none is an error', async () => {
    const file = fresh();
    writeFileSync(file, '');
    await expect(findLockOwner(file, world(1))).rejects.toThrow(/ENOTDIR/);
  });
});

describe('a status file', () => {
  test('with a version that is none begins anew', async () => {
    const path = fresh();
    writeFileSync(path, '{"version":"nine","step":1}');
    expect(await readStatusFile(path)).toBeUndefined();
    const status = await openStatusFile(path, clock);
    status.publish(() => ({ step: 1 }));
    await status.flush();
    expect(await readStatusFile(path)).toEqual({ version: 1, picture: { step: 1 } });
  });
});
