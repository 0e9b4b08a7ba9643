/** How long tasks took before: kept beside the runs, so that the next graph knows what hangs on what for how long. */
import { basename, dirname, join } from 'node:path';
import { removeHalfWritten, replaceFile } from '../base/atomic-file.js';
import { readRegularText } from '../base/regular-file.js';
import { manifestName } from '../journal/layout.js';
import type { NodeId } from '../model/ids.js';
import type { RunState } from '../state/run-state.js';

/** Weight of the newest time against what was known: half, so that one slow night is forgotten after a few. */
const newest = 0.5;
const mostKept = 200_000;

/** Seconds that nodes of this manifest took in earlier runs; empty when nothing is known. */
export async function readLearned(commonDir: string, manifest: string): Promise<ReadonlyMap<NodeId, number>> {
  try {
    const known = JSON.parse(await readRegularText(fileOf(commonDir, manifest))) as unknown;
    if (typeof known !== 'object' || known === null) return new Map();
    return new Map(Object.entries(known).filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] >= 0 && Number.isFinite(entry[1])));
  } catch {
    // A guess is all that is lost.
    return new Map();
  }
}

/** Takes up what this run has shown; the caller holds the manifest's lock. A disk that refuses costs a guess, not the run. */
export async function learn(commonDir: string, state: RunState): Promise<void> {
  const { manifest } = state.orchestration;
  const known = new Map(await readLearned(commonDir, manifest));
  for (const { node, attempts } of state.nodes) {
    const passed = attempts.findLast((attempt) => attempt.outcome?.result === 'passed');
    if (passed?.endedAt === undefined) continue;
    const seconds = Math.max(0, passed.endedAt - passed.startedAt) / 1000;
    const before = known.get(node.id);
    known.set(node.id, Math.round((before === undefined ? seconds : newest * seconds + (1 - newest) * before) * 1000) / 1000);
  }
  if (known.size === 0) return;
  const file = fileOf(commonDir, manifest);
  await removeHalfWritten(dirname(file), basename(file));
  await replaceFile(file, JSON.stringify(Object.fromEntries([...known].slice(-mostKept)))).catch(() => undefined);
}

function fileOf(commonDir: string, manifest: string): string {
  return join(commonDir, 'plan', 'runs', `${manifestName(manifest)}.learned.json`);
}
