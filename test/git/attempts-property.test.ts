/** Attempts side by side: whatever they edit and in whatever order they end, each commit is its attempt's change and nothing else. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fc } from '../rig/property.js';
import type { FileContent } from '../rig/repository.js';
import { deedsTest, valueOf } from './deeds-test.js';

interface Edit {
  readonly kind: 'write' | 'delete' | 'rename' | 'mode' | 'link' | 'line';
  readonly file: number;
  readonly text: string;
}

interface Plan {
  readonly edits: readonly Edit[];
  /** How many of the edits the executor commits itself. */
  readonly own: number;
}

const edit = fc.record<Edit>({
  kind: fc.constantFrom('write', 'delete', 'rename', 'mode', 'link', 'line'),
  file: fc.nat({ max: 3 }),
  text: fc.stringMatching(/^[a-z \n"\\ü]{0,12}$/),
});
const plan = fc.record<Plan>({ edits: fc.array(edit, { maxLength: 5 }), own: fc.nat({ max: 3 }) });
const attempts = fc.record({ plans: fc.array(plan, { minLength: 2, maxLength: 4 }), seed: fc.nat() });

const sharedLines = 40;
const shared = Array.from({ length: sharedLines }, (_, index) => `line ${index}`);

/** Carries the edits of one attempt out on a model of the tree; paths are the attempt's own but for one shared file. */
function apply(model: Map<string, FileContent>, edits: readonly Edit[], who: number): void {
  for (const { kind, file, text } of edits) {
    const path = `p${who}/${file} ü`;
    const found = model.get(path);
    const body = typeof found === 'string' ? found : 'x';
    if (kind === 'write') model.set(path, text);
    else if (kind === 'delete') model.delete(path);
    else if (kind === 'mode') model.set(path, { executable: body });
    else if (kind === 'link') model.set(path, { link: `../${text.replace(/[^a-z]/g, '')}x` });
    else if (kind === 'rename') {
      if (found === undefined) continue;
      model.delete(path);
      model.set(`p${who}/new/${file}`, found);
    } else {
      const lines = (model.get('shared') as string).split('\n');
      lines[who * 10 + 2] = `changed by ${who}: ${text.replaceAll('\n', ' ')}`;
      model.set('shared', lines.join('\n'));
    }
  }
}

function difference(from: ReadonlyMap<string, FileContent>, to: ReadonlyMap<string, FileContent>): Record<string, FileContent> {
  const changed: Record<string, FileContent> = {};
  for (const path of new Set([...from.keys(), ...to.keys()])) {
    const after = to.get(path) ?? null;
    if (JSON.stringify(from.get(path) ?? null) !== JSON.stringify(after)) changed[path] = after;
  }
  return changed;
}

function initial(): Map<string, FileContent> {
  const model = new Map<string, FileContent>([['shared', `${shared.join('\n')}\n`]]);
  for (let who = 0; who < 4; who += 1)
    for (let file = 0; file < 4; file += 1) model.set(`p${who}/${file} ü`, `content of ${who} ${file}\n`);
  return model;
}

async function check({ plans, seed }: { plans: readonly Plan[]; seed: number }): Promise<void> {
  await deedsTest(async ({ rig, deeds, worktree, commit, main }) => {
    await rm(join(rig.top, 'README.md'));
    const base = await rig.commit('base', Object.fromEntries(initial()));
    await rig.branch('plan/A', base);
    const paths = await Promise.all(plans.map((_, index) => worktree(base, index)));
    const models = plans.map(({ edits, own }, who) => {
      const half = initial();
      apply(half, edits.slice(0, own), who);
      const whole = new Map(half);
      apply(whole, edits.slice(own), who);
      return { half, whole };
    });
    for (const [who, { half, whole }] of models.entries()) {
      const cwd = paths[who] ?? '';
      await rig.write(difference(initial(), half), { cwd });
      if (plans[who]?.own !== 0 && Object.keys(difference(initial(), half)).length > 0) await rig.commit(`own ${who}`, {}, { cwd });
      await rig.write(difference(half, whole), { cwd });
    }
    const order = plans.map((_, index) => index).sort((one, other) => ((one * 7 + seed) % 5) - ((other * 7 + seed) % 5));
    const sequential = initial();
    let tip = base;
    for (const who of order) {
      const made = valueOf(await commit(paths[who] ?? '', base, { tip, subject: `attempt ${who}` }));
      expect(await deeds.moveBranch('plan/A', tip, made.commit)).toEqual({ ok: true, value: undefined });
      const before = new Map(sequential);
      apply(sequential, plans[who]?.edits ?? [], who);
      const expected = Object.keys(difference(before, sequential)).sort();
      const shown = await rig.git(['diff-tree', '-r', '-z', '--name-only', '--no-renames', tip, made.commit]);
      expect(
        shown
          .split('\0')
          .filter((path) => path !== '')
          .sort(),
      ).toEqual(expected);
      expect(made.changed).toBe(made.commit !== tip);
      tip = made.commit;
    }
    await rig.git(['checkout', '-q', '--orphan', 'oracle']);
    await rig.git(['rm', '-rqf', '.']);
    await rig.commit('oracle', Object.fromEntries(sequential));
    expect(await rig.tree('plan/A')).toBe(await rig.tree('oracle'));
    expect(await rig.treeId('plan/A')).toBe(await rig.treeId('oracle'));
    expect(await rig.refs('refs/plan-runs/')).toBe('');
    expect(main).not.toBe(base);
  })();
}

test('commits side by side equal one after another', async () => {
  const numRuns = Number(process.env['PLAN_TEST_RUNS'] ?? 5);
  await fc.assert(fc.asyncProperty(attempts, check), {
    numRuns,
    seed: 20_261_122,
    endOnFailure: numRuns < 20,
    ...(process.env['PLAN_TEST_SEED'] === undefined ? {} : { seed: Number(process.env['PLAN_TEST_SEED']) }),
  });
}, 3_600_000);
