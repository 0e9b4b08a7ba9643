/** Final trees against plain git in a checkout, on generated histories. */
import fc from 'fast-check';
import { openRepository, type Repository } from '../../src/git/repository.js';
import { prepareLanding } from '../../src/landing/prepare-landing.js';
import type { LandingSettings } from '../../src/model/orchestration.js';
import type { Candidate, LandingEvent } from '../../src/model/landing-event.js';
import { RepositoryRig } from '../rig/repository.js';
import { buildHistory, firstFiles, histories, type BuiltPlan, type History } from './histories.js';

const runs = Number(process.env['LANDING_RUNS'] ?? 6);
const seed = process.env['LANDING_SEED'] === undefined ? {} : { seed: Number(process.env['LANDING_SEED']) };

interface Outcome {
  /** Tree after each plan that merged, in order. */
  readonly trees: readonly string[];
  /** The first plan that did not, with its files. */
  readonly conflict?: { readonly plan: string; readonly files: readonly string[] };
}

async function withHistory(history: History, body: (rig: RepositoryRig, repository: Repository, plans: readonly BuiltPlan[]) => Promise<void>): Promise<void> {
  const rig = await RepositoryRig.create({ files: firstFiles });
  try {
    const plans = await buildHistory(rig, history);
    const opened = await openRepository(rig.top, rig.environment);
    if (!opened.ok) throw new Error(opened.error.message);
    try {
      await body(rig, opened.value, plans);
    } finally {
      opened.value.close();
    }
  } finally {
    await rig.cleanup();
  }
}

async function ours(rig: RepositoryRig, repository: Repository, plans: readonly BuiltPlan[], strategy: LandingSettings['strategy']): Promise<{ events: readonly LandingEvent[]; chain: readonly Candidate[]; outcome: Outcome }> {
  const events = await prepareLanding(repository, {
    run: 'r1',
    target: 'main',
    onto: await rig.git(['rev-parse', 'main']),
    plans: plans.map((plan) => ({ plan: plan.name, head: plan.head, branch: plan.name, title: plan.name, goal: '', restsOn: plan.restsOn })),
    keep: [],
    strategy,
    skipConflicts: false,
    hooks: false,
    landed: [],
  });
  const last = events.at(-1);
  if (last?.kind !== 'landing.prepared') throw new Error(`not prepared: ${JSON.stringify(events)}`);
  const conflict = events.find((event) => event.kind === 'landing.conflicted');
  const outcome: Outcome = { trees: last.chain.map((candidate) => candidate.tree), ...(conflict && { conflict: { plan: conflict.plan, files: conflict.files } }) };
  return { events, chain: last.chain, outcome };
}

/** Plain merges, one after another, in the main worktree. */
async function plainMerges(rig: RepositoryRig, plans: readonly BuiltPlan[]): Promise<Outcome> {
  await rig.git(['checkout', '-q', '--detach', 'main']);
  const trees: string[] = [];
  for (const plan of plans) {
    const merged = await rig.tryGit(['merge', '-q', '--no-ff', '-m', 'land', plan.head]);
    if (merged.code !== 0) return { trees, conflict: { plan: plan.name, files: await unmerged(rig) } };
    trees.push(await rig.treeId('HEAD'));
  }
  return { trees };
}

async function unmerged(rig: RepositoryRig): Promise<string[]> {
  const listed = await rig.git(['diff', '--name-only', '--diff-filter=U', '-z']);
  return [...new Set(listed.split('\0').filter((path) => path !== ''))].sort();
}

describe('chains against plain git', () => {
  test('merge: every tree is that of git merge --no-ff', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ stacked: true, merges: true }), (history) =>
        withHistory(history, async (rig, repository, plans) => {
          const { outcome, chain } = await ours(rig, repository, plans, 'merge');
          expect(outcome).toEqual(await plainMerges(rig, plans));
          for (const [index, candidate] of chain.entries()) {
            const parents = (await rig.git(['log', '-1', '--format=%P', candidate.commit])).split(' ');
            const before = chain[index - 1]?.commit ?? (await rig.git(['rev-parse', 'main']));
            if (candidate.commit !== before) expect(parents).toEqual([before, candidate.head]);
          }
        }),
      ),
      { numRuns: runs, ...seed },
    );
  });

  test('squash: each plan is one commit with the tree that merging would give', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ stacked: true, merges: true }), (history) =>
        withHistory(history, async (rig, repository, plans) => {
          const { outcome, chain } = await ours(rig, repository, plans, 'squash');
          expect(outcome.trees).toEqual((await plainMerges(rig, plans)).trees);
          let before = await rig.git(['rev-parse', 'main']);
          for (const candidate of chain) {
            if (candidate.commit === before) continue;
            expect(await rig.git(['log', '-1', '--format=%P', candidate.commit])).toBe(before);
            before = candidate.commit;
          }
        }),
      ),
      { numRuns: runs, ...seed },
    );
  });

  test('squash of plans that stand alone: as git merge --squash', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ stacked: false, merges: false }), (history) =>
        withHistory(history, async (rig, repository, plans) => {
          const { outcome } = await ours(rig, repository, plans, 'squash');
          await rig.git(['checkout', '-q', '--detach', 'main']);
          const trees: string[] = [];
          let conflict: Outcome['conflict'];
          for (const plan of plans) {
            const merged = await rig.tryGit(['merge', '-q', '--squash', plan.head]);
            if (merged.code !== 0) {
              conflict = { plan: plan.name, files: await unmerged(rig) };
              break;
            }
            await rig.git(['commit', '-q', '--allow-empty', '-m', plan.name]);
            trees.push(await rig.treeId('HEAD'));
          }
          expect(outcome).toEqual({ trees, ...(conflict && { conflict }) });
        }),
      ),
      { numRuns: runs, ...seed },
    );
  });

  test('rebase of stacks: as git rebase --onto', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ stacked: true, merges: false }), (history) =>
        withHistory(history, async (rig, repository, plans) => {
          const { outcome, chain } = await ours(rig, repository, plans, 'rebase');
          let tip = await rig.git(['rev-parse', 'main']);
          const trees: string[] = [];
          let conflict: string | undefined;
          const onto = tip;
          for (const plan of plans) {
            await rig.git(['checkout', '-q', '--detach', plan.head]);
            const rebased = await rig.tryGit(['rebase', '-q', '--onto', tip, plan.fork ?? '']);
            if (rebased.code !== 0) {
              conflict = plan.name;
              await rig.git(['rebase', '--abort']);
              break;
            }
            tip = await rig.git(['rev-parse', 'HEAD']);
            trees.push(await rig.treeId('HEAD'));
          }
          expect({ trees: outcome.trees, conflict: outcome.conflict?.plan }).toEqual({ trees, conflict });
          // One line, and nobody's commit twice.
          const last = chain.at(-1)?.commit ?? onto;
          expect(await rig.git(['rev-list', '--min-parents=2', `${onto}..${last}`])).toBe('');
          const mine = await rig.git(['log', '--format=%s', `${onto}..${last}`]);
          if (conflict === undefined) expect(mine).toBe(await rig.git(['log', '--format=%s', `${onto}..${tip}`]));
        }),
      ),
      { numRuns: runs, ...seed },
    );
  });

  test('rebase of branches with merges: the tree is that of merging', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ stacked: true, merges: true }), (history) =>
        withHistory(history, async (rig, repository, plans) => {
          const { outcome, chain } = await ours(rig, repository, plans, 'rebase');
          const onto = await rig.git(['rev-parse', 'main']);
          const plain = await plainMerges(rig, plans);
          const withMerges = plans.findIndex((plan) => plan.fork === undefined);
          if (withMerges >= 0 && withMerges < outcome.trees.length && plans.slice(0, withMerges).every((_, index) => outcome.trees[index] === plain.trees[index])) {
            expect(outcome.trees[withMerges]).toBe(plain.trees[withMerges]);
          }
          expect(await rig.git(['rev-list', '--min-parents=2', `${onto}..${chain.at(-1)?.commit ?? onto}`])).toBe('');
        }),
      ),
      { numRuns: runs, ...seed },
    );
  });
});
