/** Wishes of people, from the run's inbox folder to the loop. */
import type { Clock } from '../base/clock.js';
import { readInbox, removeRequests, watchInbox } from '../journal/inbox.js';
import type { Failure } from '../model/failure.js';
import type { Inbox } from './inbox.js';

/** Takes requests up as they come, each once; `known` holds the ids that are in the journal already. Resolves, with how to end it, when what lay there was posted. */
export async function takeRequests(folder: string, clock: Clock, inbox: Inbox, known: Set<string>, warn: (failure: Failure) => void): Promise<() => void> {
  let reading = Promise.resolve();
  const posted = new Set<string>();
  const look = async (): Promise<void> => {
    const { requests, rejected } = await readInbox(folder, (id) => known.has(id));
    for (const failure of rejected) warn(failure);
    for (const { id, event } of requests) {
      if (posted.has(id)) continue;
      posted.add(id);
      inbox.post({ kind: 'asked', request: id, event, taken: () => removeRequests(folder, [id]) });
    }
  };
  // One look at a time, so that two never take up the same file.
  const changed = (): void => void (reading = reading.then(look).catch(() => undefined));
  changed();
  await reading;
  return watchInbox(folder, clock, changed);
}
