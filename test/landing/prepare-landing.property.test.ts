/** Final trees against plain git in a checkout, on generated histories. */
import { fc } from '../rig/property.js';
import { openRepository, type Repository } from '../../src/git/repository.js';
import { prepareLanding } from '../../src/landing/prepare-landing.js';
import type { LandingSettings } from '../../src/model/orchestration.js';
import type { Candidate, LandingEvent } from '../../src/model/landing-event.js';
import { RepositoryRig } from '../rig/repository.js';
import { buildHistory, firstFiles, histories, type BuiltPlan, type History } from './histories.js';

/** Of the test that holds most; the two for what only one strategy does take half as many. */
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

type Chain = Awaited<ReturnType<typeof ours>>;

/** Every tree is git's, every commit a merge of the branch into what stood before. */
async function checkMerges(rig: RepositoryRig, plain: Outcome, { outcome, chain }: Chain, onto: string): Promise<void> {
  expect(outcome).toEqual(plain);
  let before = onto;
  for (const candidate of chain) {
    if (candidate.commit !== before) expect((await parentsOf(rig, candidate.commit)).split(' ')).toEqual([before, candidate.head]);
    before = candidate.commit;
  }
}

/** Every tree is that of merging, every plan one commit with one parent. */
async function checkSquashes(rig: RepositoryRig, plain: Outcome, { outcome, chain }: Chain, onto: string): Promise<void> {
  expect(outcome.trees).toEqual(plain.trees);
  let before = onto;
  for (const candidate of chain) {
    if (candidate.commit === before) continue;
    expect(await parentsOf(rig, candidate.commit)).toBe(before);
    before = candidate.commit;
  }
}

/** One line; the first branch that holds merges comes to the tree of merging it. */
async function checkRebases(rig: RepositoryRig, plain: Outcome, { outcome, chain }: Chain, onto: string, plans: readonly BuiltPlan[]): Promise<void> {
  const withMerges = plans.findIndex((plan) => plan.fork === undefined);
  if (withMerges >= 0 && withMerges < outcome.trees.length && plans.slice(0, withMerges).every((_, index) => outcome.trees[index] === plain.trees[index])) {
    expect(outcome.trees[withMerges]).toBe(plain.trees[withMerges]);
  }
  expect(await rig.git(['rev-list', '--min-parents=2', `${onto}..${chain.at(-1)?.commit ?? onto}`])).toBe('');
}

function parentsOf(rig: RepositoryRig, commit: string): Promise<string> {
  return rig.git(['log', '-1', '--format=%P', commit]);
}

async function unmerged(rig: RepositoryRig): Promise<string[]> {
  const listed = await rig.git(['diff', '--name-only', '--diff-filter=U', '-z']);
  return [...new Set(listed.split('\0').filter((path) => path !== ''))].sort();
}

describe('chains against plain git', () => {
  test('stacks, diamonds and merges: merge as git merge --no-ff, squash one commit each, rebase one line', async () => {
    await fc.assert(
      fc.asyncProperty(histories({ stacked: true, merges: true }), (history) =>
        withHistory(history, async (rig, repository, plans) => {
          const onto = await rig.git(['rev-parse', 'main']);
          const plain = await plainMerges(rig, plans);
          await checkMerges(rig, plain, await ours(rig, repository, plans, 'merge'), onto);
          await checkSquashes(rig, plain, await ours(rig, repository, plans, 'squash'), onto);
          await checkRebases(rig, plain, await ours(rig, repository, plans, 'rebase'), onto, plans);
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
      { numRuns: Math.ceil(runs / 2), ...seed },
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
      { numRuns: Math.ceil(runs / 2), ...seed },
    );
  });
});
