/** Kill it anywhere: the built program, killed at every line of its journal and at random times, and what the same command makes of it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import { planText, PlanRig, program } from '../rig/plan.js';
import { RepositoryRig } from '../rig/repository.js';

const manifest = `version: 1
target: main
limits: { tasks: 3 }
defaults: { verify: test -f a2.txt }
plans:
  A: { plan: a.md, priority: high }
  B: { plan: b.md, depends: [A.phase1] }
`;
const plans = {
  a: planText('A', [{ '1.1': 'echo a1 > a1.txt' }, { '2.1': 'echo a2 > a2.txt; git add a2.txt; git commit -qm own', '2.2': 'true' }]),
  b: planText('B', [{ '1.1': 'test -f a1.txt; echo b1 > b1.txt', '1.2': 'echo b2 > b2.txt' }]),
};

async function fresh(): Promise<PlanRig> {
  const repository = await RepositoryRig.create({ files: { 'README.md': 'start\n', '.gitignore': 'plans/\n' } });
  const rig = new PlanRig(repository);
  await rig.orchestration(manifest, plans);
  return rig;
}

/** What must be so however often it was killed. */
async function expectWhole({ repository }: PlanRig): Promise<void> {
  const tree = ['.gitignore', 'README.md', 'a1.txt', 'a2.txt', 'b1.txt', 'b2.txt'].map((path) => `100644 ${path}`).join('\n');
  expect(await repository.tree('main')).toBe(tree);
  const subjects = (await repository.git(['log', '--no-merges', '--format=%s', 'main'])).split('\n').sort();
  expect(subjects).toEqual(['Task 1.1 (A.1.1)', 'Task 1.1 (B.1.1)', 'Task 1.2 (B.1.2)', 'own', 'start']);
  expect((await repository.git(['log', '--merges', '--first-parent', '--format=%s', 'main'])).split('\n')).toHaveLength(2);
  expect(await repository.git(['status', '--porcelain'])).toBe('');
  expect(await repository.git(['fsck', '--no-dangling'])).toBe('');
  expect(await repository.processesLeft()).toEqual([]);
  expect(await locksIn(join(repository.top, '.git'))).toEqual([]);
}

async function locksIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.lock') && !name.startsWith('plan/locks'));
}

async function journalLines({ repository }: PlanRig): Promise<number> {
  const runs = join(repository.top, '.git', 'plan', 'runs');
  const [run = ''] = await readdir(runs);
  return (await readFile(join(runs, run, 'journal.ndjson'), 'utf8')).split('\n').length - 1;
}

describe('kill it anywhere', () => {
  test('at lines of the journal, lost, torn or whole: the same command ends as an undisturbed run does', async () => {
    const undisturbed = await fresh();
    expect((await undisturbed.run()).code).toBe(0);
    await expectWhole(undisturbed);
    const total = await journalLines(undisturbed);
    await undisturbed.repository.cleanup();
    expect(total).toBeGreaterThan(20);

    let killed = 0;
    // Every line when asked for (EVERY_LINE=1); else every sixth, which meets each kind of entry.
    const step = process.env['EVERY_LINE'] === '1' ? 1 : 6;
    for (let line = 1; line < total; line += step) {
      const rig = await fresh();
      try {
        const hook = `--import=${join(import.meta.dirname, '..', 'rig', 'kill-at.mjs')}`;
        const first = await rig.repository.run(process.execPath, [hook, program, 'orchestrate-multi', 'plans/manifest.yml'], { env: { KILL_AT: String(line), KILL_TORN: String(((line - 1) / step) % 3) } }).catch(() => ({ code: 128 }));
        if (first.code !== 0) killed += 1;
        expect(await rig.run()).toMatchObject({ code: 0 });
        await expectWhole(rig);
      } finally {
        await rig.repository.cleanup();
      }
    }
    expect(killed).toBeGreaterThan(total / step / 2);
  }, 600_000);

  test('again and again at random times: nothing is lost, nothing is done twice', async () => {
    // A sample; `node scripts/kill-loop.mjs` kills far more, in more ways, and checks more. KILLS=200 asks for more of these.
    const wanted = Number(process.env['KILLS'] ?? 12);
    let kills = 0;
    let wait = 37;
    while (kills < wanted) {
      const rig = await fresh();
      try {
        for (let round = 0; round < 40; round += 1) {
          const child = rig.start('orchestrate-multi', 'plans/manifest.yml');
          // Times that are spread evenly, and that let it come ever further, so that the loop ends on a busy machine, too.
          wait = (wait * 31) % 997;
          const timer = setTimeout(() => child.kill('SIGKILL'), 120 + wait + round * round * 4);
          const [code] = (await once(child, 'close')) as [number | null];
          clearTimeout(timer);
          if (code !== null) {
            expect(code).toBe(0);
            break;
          }
          kills += 1;
        }
        await expectWhole(rig);
      } finally {
        await rig.repository.cleanup();
      }
    }
  }, 600_000);
});
