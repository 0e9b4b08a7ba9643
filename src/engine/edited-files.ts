/** Notices that a plan file was edited while its plan runs: that waits for `plan replan`, and a person should know. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { readRegularBytes } from '../base/regular-file.js';
import type { Failure } from '../model/failure.js';
import type { Orchestration } from '../model/orchestration.js';
import { commandWord } from '../status/run-command.js';

/** Milliseconds between two looks. */
const lookEvery = 3_000;

/** Calls `warn` once for each file that says something else than when the orchestration was read; `typed` is the manifest as the user types it. Returns how to end it. */
export function watchPlanFiles(top: string, orchestration: Orchestration, typed: string, clock: Clock, warn: (warning: Failure) => void): () => void {
  const digests = new Map(orchestration.plans.map((plan) => [plan.file, plan.fileDigest]));
  const seen = new Map<string, string>();
  let revoke: (() => void) | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    for (const [file, digest] of digests) {
      const found = await stat(join(top, file)).catch(() => undefined);
      const mark = found === undefined ? 'gone' : `${found.mtimeMs} ${found.size}`;
      if (seen.get(file) === mark) continue;
      seen.set(file, mark);
      const now = found === undefined ? undefined : await readRegularBytes(join(top, file)).then(digestOf, () => undefined);
      if (now === digest || closed) continue;
      digests.delete(file);
      const message = now === undefined ? `${file} is gone; the run goes on with what it said` : `${file} was edited; the run goes on with what it said before`;
      warn({ kind: 'failed', code: 'plan-edited', message, hint: `\`plan replan ${commandWord(typed)}\` shows what changed, and takes it up when nothing runs` });
    }
  };
  const again = (): void => {
    if (!closed) revoke = clock.after(lookEvery, () => void look().then(again, again));
  };
  again();
  return () => {
    closed = true;
    revoke?.();
  };
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes.toString('utf8')).digest('hex');
}
