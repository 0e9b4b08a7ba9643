/**
 * A history as busy projects have it, landed again as plans: topics from old places, stacked, merged into one another, conflicts that
 * somebody settled. Every tree has to be the one that was merged. `scripts/replay-history.mjs` does the same with any repository.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHardHistory } from '../../scripts/make-hard-history.mjs';
import { makeHistory } from '../../scripts/make-history.mjs';
import { replayHistory, type ReplayOptions } from '../../scripts/replay-history.mjs';
import { replayMerges } from '../../scripts/replay-merges.mjs';

let folder = '';
let history = '';

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'plan-history-')));
  history = join(folder, 'history');
  makeHistory(history, { files: 40, topics: 6, seed: 12, earlier: 4 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Case extends ReplayOptions {
  readonly name: string;
}

const cases: readonly Case[] = [
  { name: 'branches whose tasks are all done, in one move', tasks: 'ticked', mode: 'all-or-nothing' },
  { name: 'branches whose tasks find nothing to do, in one move', tasks: 'empty', mode: 'all-or-nothing' },
];

describe('the merge history of a busy project, as plans', () => {
  test('has what makes merging hard', () => {
    const { landed } = replayHistory(history, { to: 'main', tasks: 'ticked', settle: 'skip' });
    expect(landed.some((row) => !row.clean)).toBe(true);
    expect(landed.every((row) => row.real === row.git)).toBe(true);
    // What does not merge, and nothing else, is left out.
    expect(landed.find((row) => !row.clean)?.program).toBeUndefined();
  });

  test.each(cases)('$name', (given) => {
    const { code, landed, output, checks } = replayHistory(history, { to: 'main', ...given });
    expect({ output: code === 0 ? '' : output, trees: landed.map((row) => [row.plan, row.program]) }).toEqual({ output: '', trees: landed.map((row) => [row.plan, row.real]) });
    expect(checks).toEqual({ status: '', fsck: 0 });
  });
});

test.each(['merge', 'rebase'])('merges of what seldom comes, each by itself, as git makes them: %s', async (strategy) => {
  const hard = join(folder, `hard-${strategy}`);
  makeHardHistory(hard, { commits: 60, files: 30, seed: 9, calm: true });
  const rows = await replayMerges(hard, { strategy });
  expect(rows.length).toBeGreaterThan(8);
  expect(rows.filter((row) => row.same !== true)).toEqual([]);
});
