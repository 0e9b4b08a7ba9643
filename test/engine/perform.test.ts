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

describe('an attempt has ended and git cannot say what it left', () => {
  const start = { kind: 'start', node: 'A.1.1', attempt: 1, slot: 0, base: 'b' } as const;
  const failure = { kind: 'failed', code: 'git-killed', message: 'git was killed' } as const;

  /** Hands whose executor ends as said, and whose git is killed when it is asked about the worktree. */
  function performer(ended: { readonly result: 'passed' | 'failed'; readonly exitCode: number }): Performer {
    const partial = {
      plans: { prepareWorktree: () => Promise.resolve({ ok: true, value: { path: '/w', fresh: true } }), inspect: () => Promise.reject(new Error('killed')) },
      view: { isByHand: () => false, nodeKind: () => 'task' },
      slot: () => ({ plan: 'A', slot: 0, path: '/w' }),
      exists: () => true,
      beginAttempt: () => Promise.resolve({ finished: Promise.resolve(ended), cancel: () => undefined }),
      failureOf: () => failure,
    };
    return new Performer(partial as unknown as Hands);
  }

  test.each([
    [{ result: 'passed', exitCode: 0 }, { result: 'lost', reason: 'interrupted', exitCode: 0, note: 'git was killed' }],
    [{ result: 'failed', exitCode: 3 }, { result: 'failed', exitCode: 3 }],
  ] as const)('%j is noted as %j, never as an attempt that did not begin, and its plan stops', async (ended, outcome) => {
    expect(await performer(ended).perform(start)).toEqual([
      { kind: 'attempt.finished', node: 'A.1.1', attempt: 1, outcome },
      { kind: 'plan.refused', plan: 'A', failure },
    ]);
  });
});

describe('a person says that a task is done', () => {
  const start = { kind: 'start', node: 'A.1.1', attempt: 2, slot: 0, base: 'b' } as const;

  /** What is taken up of a worktree that stands as said, where `old` is behind the tip and nothing else is. */
  function takenUp(left: { readonly head: string; readonly dirty: boolean }): Promise<readonly unknown[]> {
    const partial = {
      plans: { inspect: () => Promise.resolve(left), isAncestor: (ancestor: string) => Promise.resolve(ancestor === 'old') },
      view: { isByHand: () => true },
      slot: () => ({ plan: 'A', slot: 0, path: '/w' }),
      exists: () => true,
    };
    return new Performer(partial as unknown as Hands).perform(start);
  }

  test.each([
    ['commits of theirs are taken up', { head: 'c', dirty: false }, 'c'],
    ['changes of theirs are taken up', { head: 'b', dirty: true }, 'b'],
    ['a clean worktree that others got ahead of holds nothing: that is no rewritten history', { head: 'old', dirty: false }, 'b'],
    ['changes on a rewritten history stay what they are', { head: 'old', dirty: true }, 'old'],
  ])('%s', async (_, left, head) => {
    expect(await takenUp(left)).toEqual([{ kind: 'attempt.finished', node: 'A.1.1', attempt: 2, outcome: { result: 'passed', head, dirty: left.dirty } }]);
  });
});
