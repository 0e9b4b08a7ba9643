/** What the performer does with work that does not become a commit. */
import { Performer } from '../../src/engine/perform.js';
import type { Hands } from '../../src/engine/hands.js';

/** Hands of which only salvage is ever needed; `calls` says what was asked of it. */
function hands(kept: { readonly ref: string; readonly commit: string } | undefined, isThere = true) {
  const calls: unknown[][] = [];
  const partial = {
    plans: {
      salvage: (...words: unknown[]) => {
        calls.push(words);
        return Promise.resolve(kept);
      },
      commitAttempt: () => Promise.reject(new Error('nothing is to be committed')),
    },
    view: { attempt: () => ({ base: 'b', slot: 1, outcome: { result: 'passed', head: 'b', dirty: true } }), plan: () => ({ branch: 'plan/A' }) },
    slot: () => ({ plan: 'A', slot: 1, path: '/w' }),
    exists: () => isThere,
    failureOf: () => undefined,
  };
  return { calls, performer: new Performer(partial as unknown as Hands) };
}

const unwanted = { kind: 'commit', node: 'A.1.1', attempt: 2, tip: 't', unwanted: true } as const;
const rejected = { kind: 'commit.rejected', node: 'A.1.1', attempt: 2, reason: 'unwanted', files: [] };

test('work that a person did not want any more is kept under a ref instead of being committed', async () => {
  const { calls, performer } = hands({ ref: 'refs/plan-runs/r/salvage/A.1.1/2', commit: 'c' });
  expect(await performer.perform(unwanted)).toEqual([rejected, { kind: 'work.salvaged', node: 'A.1.1', attempt: 2, ref: 'refs/plan-runs/r/salvage/A.1.1/2', commit: 'c' }]);
  expect(calls).toEqual([['/w', 'b', 'salvage/A.1.1/2', 'A.1.1 attempt 2 not committed: unwanted']]);
});

test('asked again after a kill, when it is kept already or its worktree is gone, it is only said', async () => {
  for (const isThere of [true, false]) expect(await hands(undefined, isThere).performer.perform(unwanted)).toEqual([rejected]);
});
