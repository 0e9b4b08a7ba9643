/** Wishes of other processes to a run: a file each, dropped whole, taken up in order and exactly once. */
import { randomBytes } from 'node:crypto';
import { constants, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../base/atomic-file.js';
import type { Clock } from '../base/clock.js';
import { err } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import { parseRequest } from './request.js';
import type { Request, RequestedEvent } from './request.js';
import { messageOf } from '../base/text.js';

/** What was found in the inbox. */
export interface InboxContent {
  /** In the order they were dropped. */
  readonly requests: readonly Request[];
  /** Files that are no requests; they were moved to `rejected/`. */
  readonly rejected: readonly Failure[];
}

const requestName = /^[0-9]{15}-[0-9]{10}-[0-9a-f]{12}\.json$/;
const largestRequest = 4 * 1024 * 1024;
/** More stay for the next time: one process that goes wild must not stop the loop. */
const mostAtOnce = 1000;
const slowPollMs = 2_000;
/** Where the system cannot tell of changes. */
const fastPollMs = 250;

/** Drops a request; when this resolves it survives a power cut. Returns its id. Rejects with the system's error. */
export async function dropRequest(inbox: string, event: RequestedEvent, clock: Clock): Promise<string> {
  // A process's own requests keep their order also within one millisecond, or when the clock is set back.
  const id = `${String(clock.now()).padStart(15, '0')}-${String(nextNumber()).padStart(10, '0')}-${randomBytes(6).toString('hex')}`;
  const draft = join(inbox, `.${id}.draft`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify({ version: 1, id, event }));
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, join(inbox, `${id}.json`));
  await syncFolder(inbox);
  return id;
}

/** True while a request waits to be taken up. */
export async function isWaiting(inbox: string, id: string): Promise<boolean> {
  return (await namesIn(inbox)).includes(`${id}.json`);
}

/**
 * Reads what is there. Requests whose id `isKnown` accepts are in the journal already, from a run that was killed before it removed
 * them: they are removed now. Call `removeRequests` for the others once their events are durable. Rejects with the system's error.
 */
export async function readInbox(inbox: string, isKnown: (id: string) => boolean): Promise<InboxContent> {
  const names = (await namesIn(inbox)).filter((name) => !name.startsWith('.') && name !== 'rejected').sort();
  const requests: Request[] = [];
  const rejected: Failure[] = [];
  for (const name of names.slice(0, mostAtOnce)) {
    const file = join(inbox, name);
    const request = requestName.test(name) ? await readRequest(file, name.slice(0, -'.json'.length)) : err('its name is not one of ours');
    if (request === undefined) continue;
    if (!request.ok) rejected.push(await reject(inbox, name, request.error));
    else if (isKnown(request.value.id)) await rm(file, { force: true });
    else requests.push(request.value);
  }
  return { requests, rejected };
}

/** Forgets requests whose events are on the disk. */
export async function removeRequests(inbox: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await rm(join(inbox, `${id}.json`), { force: true });
}

/** Calls `changed` when something may have been dropped; at least every two seconds. Ends when the returned function is called. */
export function watchInbox(inbox: string, clock: Clock, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  let revoke: () => void = () => undefined;
  let closed = false;
  const tell = (): void => {
    if (!closed) changed();
  };
  const poll = (): void => {
    revoke = clock.after(watcher === undefined ? fastPollMs : slowPollMs, () => {
      tell();
      poll();
    });
  };
  try {
    watcher = watch(inbox, { persistent: false }, (_, name) => {
      if (name?.startsWith('.') !== true) tell();
    });
    watcher.on('error', () => {
      watcher?.close();
      watcher = undefined;
    });
  } catch {
    // No watches left, or a filesystem without them: asking often has to do.
  }
  poll();
  return () => {
    closed = true;
    revoke();
    watcher?.close();
  };
}

let number = 0;

function nextNumber(): number {
  return (number = (number + 1) % 10_000_000_000);
}

/** Undefined when it is gone already. */
async function readRequest(file: string, id: string): Promise<Result<Request, string> | undefined> {
  try {
    // Neither through a symlink, nor waiting for the other end of a pipe.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) return err('it is no file');
      if (found.size > largestRequest) return err(`it is larger than ${largestRequest} bytes`);
      const request = parseRequest((await handle.readFile()).toString('utf8'));
      return request.ok && request.value.id !== id ? err('its id is not its name') : request;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return err(messageOf(error));
  }
}

async function reject(inbox: string, name: string, reason: string): Promise<Failure> {
  const folder = join(inbox, 'rejected');
  const moved = await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(() => rename(join(inbox, name), join(folder, name)))
    .then(() => true)
    .catch(() => false);
  const where = moved ? `it was moved to ${join(folder, name)}` : `remove ${join(inbox, name)}`;
  return { kind: 'failed', code: 'request-malformed', message: `a file in the inbox is no request: ${reason}`, hint: where };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

