import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RepositoryRig } from '../rig/repository.js';
import { call } from './call.js';

const plan = `# Sign-in

## Overview
- **Goal:** People sign in.

## Phase 1: Ground
- [x] 1.1 Dig
- [ ] 1.2 Pour (depends: 1.1) (files: src/a.ts)
- [ ] 1.3 Fence (depends: 1.1-1.2) in src/a.ts

## Phase 2: Walls (depends: phase1)
- [ ] 2.1 Lay (estimate: 9s) (uses: db:2)
`;

describe('a plan file, anywhere', () => {
  let folder: string;
  const here = (): { top: string; environment: Record<string, string> } => ({ top: folder, environment: { PATH: process.env['PATH'] ?? '', HOME: folder, GIT_CEILING_DIRECTORIES: tmpdir() } });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plan-check-'));
    await writeFile(join(folder, 'auth.md'), plan);
    await writeFile(join(folder, 'odd.md'), `${plan}- [ ] 2.2 Paint (depends: 2.9)\n`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('--json is one object with what the file states', async () => {
    const { code, json, stderr } = await call(here(), ['check', 'auth.md', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { plan: read, diagnostics } = json<{ plan: { phases: { id: string; title: string; tasks: object[] }[] }; diagnostics: object[] }>();
    expect(diagnostics).toEqual([]);
    expect(read).toMatchObject({ id: 'auth', title: 'Sign-in', format: 'native' });
    expect(read.phases.map(({ id, title }) => [id, title])).toEqual([
      ['1', 'Ground'],
      ['2', 'Walls'],
    ]);
    expect(read.phases[0]?.tasks).toMatchObject([
      { id: '1.1', title: 'Dig', line: 7, done: true, depends: [], files: [] },
      { id: '1.2', title: 'Pour', line: 8, done: false, depends: ['1.1'], files: ['src/a.ts'] },
      { id: '1.3', line: 9, done: false, depends: ['1.1', '1.2'], files: ['src/a.ts'] },
    ]);
    expect(read.phases[1]?.tasks).toMatchObject([{ id: '2.1', estimateSeconds: 9, uses: { db: 2 } }]);
  });

  test('outside of a repository, too, its path tells a file’s format', async () => {
    await mkdir(join(folder, '.kiro/specs/login'), { recursive: true });
    await writeFile(join(folder, '.kiro/specs/login/tasks.md'), '# Tasks\n\n- [ ] First\n');
    const { json } = await call(here(), ['check', '.kiro/specs/login/tasks.md', '--json']);
    const { plan: read, diagnostics } = json<{ plan: { id: string; format: string }; diagnostics: { code: string; severity: string }[] }>();
    expect(read).toMatchObject({ id: 'login', format: 'kiro' });
    expect(diagnostics).toMatchObject([{ code: 'task-without-id', severity: 'info' }]);
  });

  test('--json has what a parent states where its leaf states nothing', async () => {
    await writeFile(join(folder, 'parents.md'), '# P\n\n## Phase 1: A\n- [ ] 1.1 a\n  - [ ] 1.1.1 b\n  - [ ] 1.1.2 c\n- [ ] 1.2 d (depends: 1.1)\n  - [ ] 1.2.1 e\n  - [ ] 1.2.2 f (depends: 1.3)\n- [ ] 1.3 g (depends: 1.1.1-1.1.2)\n');
    const { json } = await call(here(), ['check', 'parents.md', '--json']);
    const { tasks } = json<{ plan: { phases: { tasks: { id: string; depends: string[]; waitsFor: string[] }[] }[] } }>().plan.phases[0] ?? { tasks: [] };
    expect(tasks.slice(2).map(({ id, depends, waitsFor }) => [id, depends, waitsFor])).toEqual([
      ['1.2.1', ['1.1'], ['1.1.1', '1.1.2']],
      ['1.2.2', ['1.3'], ['1.3', '1.1.1', '1.1.2']],
      ['1.3', ['1.1.1', '1.1.2'], ['1.1.1', '1.1.2']],
    ]);
  });

  test('one screen says phases, order and overlaps', async () => {
    const { stdout } = await call(here(), ['check', 'auth.md']);
    expect(stdout).toContain('plan auth “Sign-in” · native · 2 phases · 4 tasks (1 done)');
    expect(stdout).toMatch(/Phase 1 Ground {2}3 tasks, side by side\n {2}☑ 1\.1 {2}Dig\n {2}☐ 1\.2 {2}Pour {2}— after 1\.1; writes src\/a\.ts/);
    expect(stdout).toMatch(/Phase 2 Walls {2}1 task, side by side, after phase1/);
    expect(stdout).toContain('src/a.ts: 1.2 and 1.3 — one at a time');
  });

  test('what was not understood is said with its place; --strict makes it an error', async () => {
    const lax = await call(here(), ['check', 'odd.md']);
    expect(lax.code).toBe(0);
    expect(lax.stderr).toMatch(/^warning: .*2\.9[\s\S]*odd\.md:13:/);
    const strict = await call(here(), ['check', 'odd.md', '--strict', '--json']);
    expect(strict.code).toBe(2);
    expect(strict.json()).toMatchObject({ diagnostics: [{ severity: 'error', line: 13 }], failures: [{ kind: 'input', place: { file: 'odd.md', line: 13 } }] });
    expect((await call(here(), ['check', 'odd.md', '--json'])).json()).not.toHaveProperty('failures');
  });

  test.each([
    [['check', 'gone.md'], 'there is no file "gone.md"'],
    [['check', '.'], '"." is not a file'],
    [['check', 'auth.md', '--tag', 'x'], 'has no tag "x"'],
  ])('%j is refused', async (words, message) => {
    const { code, stderr } = await call(here(), words);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('a manifest', () => {
  let rig: RepositoryRig;
  beforeAll(async () => {
    rig = await RepositoryRig.create({
      files: {
        'plans/a.md': plan,
        'plans/b.md': '# B\n\n## Phase 1: One\n- [ ] 1.1 Write src/a.ts\n',
        'm.yml': 'version: 1\nlimits: { pools: { db: 2 } }\nplans:\n  A: { plan: plans/a.md, priority: high }\n  B: { plan: plans/b.md, depends: [A.phase1] }\n',
        'bad.yml': 'version: 1\nplans:\n  A: { plan: plans/a.md, dependz: [B] }\n  C: { plan: plans/b.md, depends: [A.phase9, X] }\n',
      },
    });
  });
  afterAll(() => rig.cleanup());

  test('shows plans and every setting in force, defaults too', async () => {
    const { code, stdout } = await call(rig, ['check', 'm.yml']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/m\.yml: 2 plans, 5 tasks \(1 done\), into main/);
    expect(stdout).toMatch(/B {2}on plan\/B · plans\/b\.md · priority 50 · 1 phase, 1 task · shell · waits for A\.phase1/);
    for (const name of ['limits.tasks', 'limits.plans unlimited', 'landing all-or-nothing', 'strategy merge', 'onConflict stop', 'onFailure hold', 'push false', 'retries 0', 'features all on']) expect(stdout).toContain(name);
  });

  test.each([60, 80])('fits %i columns', async (columns) => {
    const { stdout } = await call(rig, ['check', 'm.yml'], { columns, environment: { PLAN_DEFAULTS_VERIFY: 'npm run a-long-command && npm run another-one && npm run the-last-of-three' } });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(stdout.replace(/\s+/g, ' ')).toContain('verify npm run a-long-command && npm run another-one && npm run the-last-of-three');
  });

  test('every mistake at once, exit 2, nothing touched', async () => {
    const before = await rig.refs();
    const { code, stderr } = await call(rig, ['check', 'bad.yml']);
    expect(code).toBe(2);
    expect(stderr).toContain('dependz');
    expect(stderr).toMatch(/bad\.yml:3:\d+/);
    expect(await rig.refs()).toBe(before);
  });

  test('flags, environment and manifest each beat what is weaker', async () => {
    const limit = async (words: readonly string[], environment = {}): Promise<string> => /tasks (\d+) · limits.plans/.exec((await call(rig, ['check', 'm.yml', ...words], { environment })).stdout)?.[1] ?? '';
    expect(await limit([], { PLAN_LIMITS_TASKS: '7' })).toBe('7');
  });

  test.each([
    ['graph', ['graph', 'm.yml'], /flowchart LR[\s\S]*subgraph/],
    ['graph as DOT', ['graph', 'm.yml', '--as', 'dot', '--tasks'], /digraph plan \{[\s\S]*"A\.2\.1"/],
    ['graph as SVG', ['graph', 'm.yml', '--as', 'svg'], /^<svg[\s\S]*<\/svg>\n$/],
    ['conflicts', ['conflicts', 'm.yml'], /src\/a\.ts/],
    ['simulate', ['simulate', 'm.yml'], /nothing can take less than/],
  ])('%s', async (_, words, pattern) => {
    const { code, stdout } = await call(rig, words);
    expect(code).toBe(0);
    expect(stdout).toMatch(pattern);
  });

  test('simulate --json has what programs were promised', async () => {
    const { json } = await call(rig, ['simulate', 'm.yml', '--tasks', '3', '--json']);
    expect(json()).toMatchObject({ makespanSeconds: expect.any(Number), lowerBoundSeconds: expect.any(Number), phaseByPhaseSeconds: expect.any(Number), slots: 3, tasks: expect.arrayContaining([{ plan: 'A', task: '2.1', startSeconds: expect.any(Number), endSeconds: expect.any(Number) }]) });
  });
});
