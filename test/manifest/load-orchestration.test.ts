import { spawnSync } from 'node:child_process';
import { symlink, truncate } from 'node:fs/promises';
import path from 'node:path';
import { loadOrchestration, type LoadOptions } from '../../src/manifest/load-orchestration.js';
import { executionOf } from '../../src/model/orchestration.js';
import { folderWith, load, loadAlone, loaded, planText, readSmallPlan, refused, removeFolders, said } from './repository.js';

afterAll(removeFolders);

const twoPlans = { 'a.md': planText(2, 2), 'b.md': planText(2, 1) };
const manifest = (...lines: readonly string[]): string => ['version: 1', ...lines, ''].join('\n');

describe('a sound manifest', () => {
  test('becomes an orchestration with every default', async () => {
    const { orchestration } = await loaded({ ...twoPlans, 'manifest.yml': manifest('plans:', '  A: { plan: a.md, branch: feature/auth, priority: high }', '  B: { plan: b.md, priority: 7, depends: [A.phase2] }') });
    expect(orchestration.target).toBe('main');
    expect(orchestration.plans.map(({ id, branch, priority, depends }) => ({ id, branch, priority, depends }))).toEqual([
      { id: 'A', branch: 'feature/auth', priority: 75, depends: [] },
      { id: 'B', branch: 'plan/B', priority: 7, depends: ['A.phase2'] },
    ]);
    const { limits, landing, execution, perPlan } = orchestration.settings;
    expect(limits).toEqual({ tasks: 4, pools: {} });
    expect(landing).toMatchObject({ mode: 'all-or-nothing', strategy: 'merge', onConflict: 'stop', onFailure: 'hold', approve: 'auto', push: false });
    expect(execution).toEqual({ '': { executor: { kind: 'shell' }, stuckSeconds: 1800, retries: 0, env: {} } });
    expect(perPlan).toBe(4);
  });

  test('may name phases and tasks of its own plans, as text whatever YAML would make of it', async () => {
    const text = '# T\n## Phase 1: X\n- [ ] 1.1 a\n- [ ] 1.10 b\n- [ ] 1.2 c\n## Phase 2: Y\n- [ ] 2.1 d\n';
    const { orchestration } = await loaded({
      'a.md': text,
      'b.md': planText(1),
      'manifest.yml': manifest('plans:', '  A:', '    plan: a.md', '    phases: { phase2: { depends: [B.phase1] } }', '    tasks: { 1.10: { depends: [1.2, B.1.1], uses: [db:2], files: [x.ts], size: L }, 1.1: { waive: [y] } }', '  B: { plan: b.md }', 'limits: { pools: { db: 2 } }'),
    });
    const [phase1, phase2] = orchestration.plans[0]?.phases ?? [];
    expect(phase2?.depends).toEqual(['B.phase1']);
    expect(phase1?.tasks[1]).toMatchObject({ id: 'A.1.10', depends: ['A.1.2', 'B.1.1'], uses: { db: 2 }, files: ['x.ts'], size: 'L' });
  });

  test('what a file states is exact; what names only other plans adds', async () => {
    const text = '# T\n## Phase 1: X\n- [ ] 1.1 a (depends: B.phase1)\n- [ ] 1.2 b (depends: 1.1, B.1.1)\n- [ ] 1.3 c (depends: none)\n';
    const { orchestration } = await loaded({ 'a.md': text, 'b.md': planText(1), 'manifest.yml': manifest('plans:', '  A: { plan: a.md }', '  B: { plan: b.md }') });
    expect(orchestration.plans[0]?.phases[0]?.tasks.map(({ after, depends }) => ({ after, depends }))).toEqual([
      { after: undefined, depends: ['B.phase1'] },
      { after: ['A.1.1'], depends: ['B.1.1'] },
      { after: [], depends: [] },
    ]);
  });

  test('an id above subtasks stands for all of them', async () => {
    const text = '# T\n## Phase 1: X\n- [ ] 1.1.1 a\n- [ ] 1.1.2 b\n- [ ] 1.2 c (depends: 1.1)\n';
    const { orchestration } = await loaded({ 'a.md': text, 'b.md': planText(1), 'manifest.yml': manifest('plans:', '  A: { plan: a.md }', '  B: { plan: b.md, depends: [A.1.1] }') });
    expect(orchestration.plans[0]?.phases[0]?.tasks[2]?.after).toEqual(['A.1.1.1', 'A.1.1.2']);
    expect(orchestration.plans[1]?.depends).toEqual(['A.1.1.1', 'A.1.1.2']);
  });

  test('include makes a plan of each match that no entry names', async () => {
    const { orchestration } = await loaded({
      'sub/manifest.yml': '',
      'openspec/changes/add-x/tasks.md': planText(1),
      'openspec/changes/add-y/tasks.md': planText(1),
      'openspec/changes/2-y/tasks.md': planText(1),
      'manifest.yml': manifest('plans:', '  X: { plan: openspec/changes/add-x/tasks.md }', 'include: ["openspec/changes/*/tasks.md"]'),
    });
    expect(orchestration.plans.map(({ id, branch }) => `${id} ${branch}`)).toEqual(['X plan/X', 'y plan/y', 'add-y plan/add-y']);
  });

  test('the digest is of the structure: ticks, priorities and limits leave it, tasks and dependencies do not', async () => {
    const digest = async (plan: string, ...lines: readonly string[]): Promise<string> => (await loaded({ 'a.md': plan, 'b.md': planText(1), 'manifest.yml': manifest(...lines) })).orchestration.digest;
    const plain = ['plans:', '  A: { plan: a.md }', '  B: { plan: b.md }'];
    const first = await digest(planText(2), ...plain);
    expect(await digest(planText(2).replace('[ ]', '[x]'), ...plain)).toBe(first);
    expect(await digest(planText(2), 'limits: { tasks: 9 }', 'plans:', '  A: { plan: a.md, priority: high, retries: 3 }', '  B: { plan: b.md }')).toBe(first);
    expect(await digest(planText(3), ...plain)).not.toBe(first);
    expect(await digest(planText(2), 'plans:', '  A: { plan: a.md }', '  B: { plan: b.md, depends: [A] }')).not.toBe(first);
  });
});

describe('precedence', () => {
  const files = {
    '.planrc.yml': 'defaults: { timeout: 1s, retries: 1, stuck: 1m, env: { A: rc, B: rc } }\nlimits: { tasks: 11, plans: 11, pools: { db: 1, gpu: 1 } }\nfeatures: { radar: false }\n',
    'a.md': `---\ntimeout: 3s\nretries: 3\npriority: low\nbranch: front\n---\n${planText(1)}`,
    'b.md': planText(1),
    'manifest.yml': manifest('defaults: { timeout: 2s, env: { B: manifest } }', 'limits: { tasks: 12, pools: { db: 2 } }', 'plans:', '  A: { plan: a.md, timeout: 4s, tasks: { 1.1: { env: { C: task } } } }', '  B: { plan: b.md }'),
  };

  test('plan’s entry, front matter, defaults, settings file', async () => {
    const { orchestration } = await loaded(files);
    const { settings, plans } = orchestration;
    expect(plans[0]).toMatchObject({ branch: 'front', priority: 25 });
    expect(executionOf(settings, 'A.1.1')).toMatchObject({ timeoutSeconds: 4, retries: 3, stuckSeconds: 60, env: { A: 'rc', B: 'manifest', C: 'task' } });
    expect(executionOf(settings, 'A.verify')).toMatchObject({ timeoutSeconds: 4, env: { A: 'rc', B: 'manifest' } });
    expect(executionOf(settings, 'B.1.1')).toMatchObject({ timeoutSeconds: 2, retries: 1 });
    expect(settings.limits).toMatchObject({ tasks: 12, plans: 11, pools: { db: 2, gpu: 1 } });
    expect(settings.features).toMatchObject({ radar: false, parallelTasks: true });
  });

  test('flags before the environment before everything', async () => {
    const environment = { PLAN_LIMITS_TASKS: '13', PLAN_LIMITS_PLANS: '13', PLAN_DEFAULTS_TIMEOUT: '5s', PLAN_FEATURES_RADAR: 'on', PLAN_LANDING_ON_CONFLICT: 'skip', PLAN_RUN: 'x', PLAN_TASK: '1.1' };
    const { orchestration } = await loaded(files, { environment, flags: { limits: { tasks: 14 }, defaults: { retries: 0 } } });
    const { settings } = orchestration;
    expect(settings.limits).toMatchObject({ tasks: 14, plans: 13 });
    expect(executionOf(settings, 'A.1.1')).toMatchObject({ timeoutSeconds: 5, retries: 0 });
    expect(settings.features.radar).toBe(true);
    expect(settings.landing.onConflict).toBe('skip');
  });

  test('mistakes there are said by their origin', async () => {
    const result = await load(files, { environment: { PLAN_LIMITS_TASKS: 'many' }, flags: { limits: { plans: 0 } } });
    expect(result.ok ? [] : result.error.map(said)).toEqual(['wrong-value: environment: `limits.tasks` is `many`; expected a number', 'wrong-value: command line: `limits.plans` is `0`; expected at least 1']);
  });

  test('a settings file that holds nonsense is refused with its place', async () => {
    expect(await refused({ ...files, '.planrc.yml': 'limits: { task: 3 }\n' })).toEqual(['.planrc.yml:1:11 unknown-key: unknown key `task` in `limits` (did you mean `tasks`?)']);
  });

  test.each([
    ['.config/planrc.yml', 'limits: { tasks: 21 }'],
    ['.planrc', 'limits: { tasks: 21 }'],
    ['.planrc.json', '{ "limits": { "tasks": 21 } }'],
    ['package.json', '{ "name": "x", "plan": { "limits": { "tasks": 21 } } }'],
  ])('settings are found in %s', async (file, text) => {
    const { orchestration } = await loaded({ 'a.md': planText(1), 'manifest.yml': manifest('plans:', '  A: { plan: a.md }'), [file]: text });
    expect(orchestration.settings.limits.tasks).toBe(21);
  });

  test("a verify's answer is remembered for the variables that decide it, and for those only", async () => {
    const key = async (environment: Record<string, string>, verify = 'defaults: { verify: npm test }\n'): Promise<string | undefined> =>
      (await loaded({ ...files, '.planrc.yml': verify }, { environment })).orchestration.settings.verifyEnvironment;
    const usual = await key({ PATH: '/bin', TERM: 'xterm' });
    expect(usual).toMatch(/^[0-9a-f]{12}$/);
    expect(await key({ PATH: '/bin', TERM: 'dumb', SSH_TTY: '/dev/pts/1' })).toBe(usual);
    expect(await key({ PATH: '/opt/node22/bin:/bin' })).not.toBe(usual);
    expect(await key({ PATH: '/bin', NODE_ENV: 'production' })).not.toBe(usual);
    expect(await key({ PATH: '/bin' }, '{}\n')).toBeUndefined();
  });

  test('features take the run down to one plan and one task at a time', async () => {
    const { orchestration } = await loaded({ ...files, '.planrc.yml': 'features: { multiPlanOrchestration: false, parallelTasks: false, speculation: false }\n' });
    expect(orchestration.settings).toMatchObject({ perPlan: 1, limits: { plans: 1 }, landing: { speculation: 1 } });
  });

  test('agents run within a pool of their name, as wide as everything unless it is limited', async () => {
    const { orchestration } = await loaded({ 'a.md': planText(1), 'b.md': planText(1), 'manifest.yml': manifest('limits: { tasks: 6, pools: { codex: 2 } }', 'plans:', '  A: { plan: a.md, executor: { agent: claude, fallback: codex } }', '  B: { plan: b.md }') });
    expect(orchestration.settings.limits.pools).toEqual({ claude: 6, codex: 2 });
    expect(executionOf(orchestration.settings, 'A.1.1')).toMatchObject({ retries: 2, executor: { kind: 'agent', agent: 'claude' } });
  });
});

describe('bad input', () => {
  const bad: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['an empty file', [], ['manifest.yml:1:1 no-plans: the manifest names no plan (add `plans:` or `include:`, or run `plan init`)']],
    [
      'names that do not exist, with the nearest that do',
      ['plans:', '  auth: { plan: a.md, tasks: { "2.9": {} }, phases: { phase3: {} } }', '  B: { plan: b.md, depends: [aut.phase2, auth.phase9, auth.2.22] }'],
      [
        'manifest.yml:3:32 unknown-task: plan auth has no task `2.9` (did you mean `2.1`?)',
        'manifest.yml:3:55 unknown-phase: plan auth has no phase `phase3` (did you mean `phase1`?)',
        'manifest.yml:4:30 unknown-plan: there is no plan `aut` (did you mean `auth.phase2`?)',
        'manifest.yml:4:42 unknown-phase: plan auth has no phase `9` (it has phase1, phase2)',
        'manifest.yml:4:55 unknown-task: plan auth has no task `2.22` (did you mean `auth.2.2`?)',
      ],
    ],
    ['a plan that waits for itself', ['plans:', '  A: { plan: a.md, depends: [A.phase1] }'], ['manifest.yml:3:30 own-plan: plan A cannot wait for itself: `A.phase1` (say it of a phase or a task)']],
    ['a landing where plans land together', ['plans:', '  A: { plan: a.md }', '  B: { plan: b.md, depends: [A.landed] }'], ['manifest.yml:4:30 landed-needs-each: `A.landed` can be waited for only where each plan lands by itself (say `landing: { mode: each }`, or wait for `A`)']],
    ['ids that are none', ['plans:', '  phase1: { plan: a.md }', '  1a: { plan: b.md }'], ['manifest.yml:3:3 plan-id: the plan id `phase1` would read as a phase', 'manifest.yml:4:3 plan-id: the plan id `1a` has to be a letter and then letters, digits, `_` or `-`']],
    ['ids that no branch could be named after either', ['plans:', '  a b: { plan: a.md }', '  b: { plan: b.md }', '  B: { plan: b.md }'], ['manifest.yml:3:3 plan-id: the plan id `a b` has to be a letter and then letters, digits, `_` or `-`', 'manifest.yml:5:3 plan-id-clash: the plans `b` and `B` differ by case only (give one of them another id)']],
    ['a file without a task, and a path that is none', ['plans:', '  A: { plan: manifest.yml }', '  B: { plan: "x\\0y" }'], ['manifest.yml:3:14 no-tasks: the file of plan A holds no task (`plan check manifest.yml` shows what was understood of it)', 'manifest.yml:4:14 bad-path: `x␀y` is no path: it holds a NUL character']],
    ['variables that no process can have', ['defaults: { env: { "A=B": x, "": y, ok: z } }', 'plans:', '  A: { plan: a.md, env: { "S P": x, N: "a\\0b" } }'], ['manifest.yml:2:20 wrong-key: `A=B` in `defaults.env` cannot be used; expected the name of a variable, without `=` and white space', 'manifest.yml:2:30 wrong-key: the empty key in `defaults.env` cannot be used; expected the name of a variable, without `=` and white space', 'manifest.yml:4:27 wrong-key: `S P` in `plans.A.env` cannot be used; expected the name of a variable, without `=` and white space', 'manifest.yml:4:40 wrong-value: `plans.A.env.N` is `a␀b`; expected text without NUL']],
    ['ids that differ by case only', ['plans:', '  a: { plan: a.md }', '  A: { plan: b.md, branch: x }'], ['manifest.yml:4:3 plan-id-clash: the plans `a` and `A` differ by case only (give one of them another id)']],
    ['two plans on one branch', ['plans:', '  A: { plan: a.md, branch: x }', '  B: { plan: b.md, branch: x }'], ['manifest.yml:4:28 branch-clash: the plans A and B are both on the branch `x` (give each plan a branch of its own)']],
    ['branches that differ by case only', ['plans:', '  A: { plan: a.md, branch: x }', '  B: { plan: b.md, branch: X }'], ['manifest.yml:4:28 branch-case: the branches `x` and `X` differ by case only (on many file systems they are one)']],
    ['a branch below another', ['plans:', '  A: { plan: a.md, branch: f }', '  B: { plan: b.md, branch: f/g }'], ['manifest.yml:4:28 branch-nesting: the branches `f` (the branch of plan A) and `f/g` (the branch of plan B) cannot both exist (rename one of them)']],
    ['the target as a branch', ['target: dev', 'plans:', '  A: { plan: a.md, branch: dev }'], ['manifest.yml:4:28 branch-is-target: the branch of plan A is the target, `dev` (plans work on branches of their own and land in the target)']],
    ['a name that looks like an option', ['target: --upload-pack=x', 'plans:', '  A: { plan: a.md, branch: -x }'], ['manifest.yml:2:9 target-name: the target `--upload-pack=x` looks like an option: it begins with `-`', 'manifest.yml:4:28 branch-name: the branch `-x` of plan A looks like an option: it begins with `-` (git would refuse this name)']],
    ['files outside and files that are missing', ['plans:', '  A: { plan: ../../etc/passwd }', '  B: { plan: c.md, depends: [A] }'], ['manifest.yml:3:14 outside-repository: `../../etc/passwd` lies outside the repository (only what lies inside it is read, links followed: copy it there)', 'manifest.yml:4:14 no-such-file: there is no file `c.md` (paths are relative to the folder of manifest.yml)']],
    ['a file that was mistyped', ['plans:', '  A: { plan: aa.md }', '  B: { plan: manifst.yml }'], ['manifest.yml:3:14 no-such-file: there is no file `aa.md` (paths are relative to the folder of manifest.yml)', 'manifest.yml:4:14 no-such-file: there is no file `manifst.yml` (did you mean `manifest.yml`?)']],
    ['an include that matches nothing', ['include: ["specs/*.md"]'], ['manifest.yml:2:11 include-without-match: no file matches `specs/*.md`']],
    ['values that break several limits, and empty ones', ['limits: { tasks: 1e99 }', 'plans:', '  A: { plan: a.md, executor: { command: [] } }'], ['manifest.yml:2:18 wrong-value: `limits.tasks` is `1e99`; expected at most 10000', 'manifest.yml:4:41 wrong-value: `plans.A.executor.command` is an empty list; expected a list of names']],
    ['a number as text', ['limits: { tasks: "3" }', 'plans:', '  A: { plan: a.md }'], ['manifest.yml:2:18 wrong-value: `limits.tasks` is the text `3`; expected a number']],
    ['more of a pool than there is', ['limits: { pools: { database: 2 } }', 'plans:', '  A: { plan: a.md, tasks: { "1.1": { uses: [database:3] } } }'], ['manifest.yml:2:30 pool-too-small: task A.1.1 uses 3 of the pool `database`, which has 2 (say `limits: { pools: { database: 3 } }`)']],
    ['a circle', ['plans:', '  A: { plan: a.md, depends: [B] }', '  B: { plan: b.md, depends: [A] }'], ['manifest.yml:3:30 cycle: a plan waits for itself: A → B → A (remove one of these dependencies, then run `plan check manifest.yml` again)']],
    ['conflicts for a command that is not there', ['landing: { onConflict: command }', 'plans:', '  A: { plan: a.md }'], ['manifest.yml:2:24 missing-key: `landing.onConflict: command` needs `landing.command`']],
  ];
  test.each(bad)('%s', async (_, lines, expected) => {
    expect(await refused({ ...twoPlans, 'manifest.yml': manifest(...lines) })).toEqual(expected);
  });

  test('a plan file in git\u2019s own folder', async () => {
    expect(await refused({ 'a.md': planText(1), '.git/notes.md': planText(1), 'manifest.yml': manifest('plans:', '  A: { plan: .git/notes.md }') })).toEqual(["manifest.yml:3:14 inside-git: `.git/notes.md` is git's own"]);
  });

  test('names in plan files: of other plans they are mistakes, of the own one remarks', async () => {
    const plan = '# T\n## Phase 1: X\n- [ ] 1.1 a (depends: 1.7)\n- [ ] 1.2 b (depends: Q.phase1)\n';
    const lines = manifest('plans:', '  A: { plan: a.md }');
    expect(await refused({ 'a.md': plan, 'manifest.yml': lines })).toEqual(['a.md:4:23 unknown-plan: there is no plan `Q`']);
    const { diagnostics } = await loaded({ 'a.md': plan.replace('Q.phase1', '1.1'), 'manifest.yml': lines });
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'unknown-task', file: 'a.md', line: 3, column: 23, source: '- [ ] 1.1 a (depends: 1.7)' }]);
    expect(await refused({ 'a.md': plan.replace('Q.phase1', '1.1'), 'manifest.yml': lines }, { strict: true })).toHaveLength(1);
  });

  test('a target that does not exist, and none at all', async () => {
    const files = { ...twoPlans, 'manifest.yml': manifest('target: mian', 'plans:', '  A: { plan: a.md }') };
    expect(await refused(files, { hasTarget: (target) => Promise.resolve(target === 'main') })).toEqual(['manifest.yml:2:9 unknown-target: there is no branch `mian` to land in']);
    const top = await folderWith({ ...twoPlans, 'manifest.yml': manifest('plans:', '  A: { plan: a.md }') });
    const detached = await loadOrchestration({ repositoryTop: top, cwd: top, cores: 2, readPlans: readSmallPlan, manifestPath: 'manifest.yml' });
    expect(detached.ok ? [] : detached.error.map(({ code }) => code)).toEqual(['no-target']);
  });

  test('branches that exist already', async () => {
    const files = { ...twoPlans, 'manifest.yml': manifest('plans:', '  A: { plan: a.md, branch: feature/auth }', '  B: { plan: b.md, branch: Topic }') };
    expect(await refused(files, { branches: ['feature'] })).toEqual(['manifest.yml:3:28 branch-nesting: the branches `feature` (a branch that exists) and `feature/auth` (the branch of plan A) cannot both exist (give plan A another branch)']);
    const { diagnostics } = await loaded(files, { branches: ['topic', 'feature/auth', 'main'] });
    expect(diagnostics.map(({ code }) => code)).toEqual(['branch-case']);
  });

  test('a plan file behind a symbolic link that leaves the repository', async () => {
    const outside = await folderWith({ 'secret.md': planText(1) });
    const top = await folderWith({ 'manifest.yml': manifest('plans:', '  A: { plan: link.md }', '  B: { plan: dir/secret.md }') });
    await symlink(path.join(outside, 'secret.md'), path.join(top, 'link.md'));
    await symlink(outside, path.join(top, 'dir'));
    const result = await loadOrchestration({ repositoryTop: top, cwd: top, currentBranch: 'main', readPlans: readSmallPlan, manifestPath: 'manifest.yml' });
    expect(result.ok ? [] : result.error.map(({ code }) => code)).toEqual(['outside-repository', 'outside-repository']);
  });

  test('front matter: mistakes have the place in the plan file, keys of other tools are remarked', async () => {
    const lines = manifest('plans:', '  A: { plan: a.md }');
    expect(await refused({ 'a.md': `---\npriority: urgent\n---\n${planText(1)}`, 'manifest.yml': lines })).toEqual(['a.md:2:11 wrong-value: `priority` is `urgent`; expected `low`, `medium`, `high`, `critical` or a number']);
    const { diagnostics } = await loaded({ 'a.md': `---\nauthor: me\npriority: high\n---\n${planText(1)}`, 'manifest.yml': lines });
    expect(diagnostics).toMatchObject([{ code: 'unknown-front-matter', file: 'a.md', line: 2, column: 1 }]);
  });

  test('what is no file, and what is too large, is not even opened', async () => {
    const top = await folderWith({ 'manifest.yml': manifest('plans:', '  A: { plan: dir }', '  B: { plan: big.md }', '  C: { plan: pipe }'), 'dir/x': '', 'big.md': '' });
    await truncate(path.join(top, 'big.md'), 100 * 1024 * 1024);
    spawnSync('mkfifo', [path.join(top, 'pipe')]);
    const result = await loadOrchestration({ repositoryTop: top, cwd: top, currentBranch: 'main', readPlans: readSmallPlan, manifestPath: 'manifest.yml' });
    expect(result.ok ? [] : result.error.map(({ code }) => code)).toEqual(['not-a-file', 'not-a-file', 'file-too-large']);
  });

  test('one file as two plans is remarked', async () => {
    const { diagnostics } = await loaded({ 'a.md': planText(1), 'manifest.yml': manifest('plans:', '  A: { plan: a.md }', '  B: { plan: a.md }') });
    expect(diagnostics.map(({ code, line }) => `${code} ${line}`)).toEqual(['shared-plan-file 4']);
  });
});

describe('mistakes of all stages at once', () => {
  const some = { 'a.md': '# T\n## Phase 1: X\n- [ ] 1.1 a (depends: Q.phase1)\n', 'b.md': planText(1), 'c.md': planText(1) };

  test('what is wrong as YAML, by the schema, in plan files, by name and in the graph', async () => {
    const lines = ['limits: { tasks: many, taks: 3 }', 'limits: {}', 'plans:', '  A: { plan: a.md, timeout: soon }', '  B: { plan: b.md, depends: [C, D.phase1] }', '  C: { plan: c.md, depends: [B] }', '  E: { plan: e.md }'];
    expect(await refused({ ...some, 'manifest.yml': manifest(...lines) })).toEqual([
      'manifest.yml:2:18 wrong-value: `limits.tasks` is `many`; expected a number',
      'manifest.yml:2:24 unknown-key: unknown key `taks` in `limits` (did you mean `tasks`?)',
      'manifest.yml:3:1 duplicate-key: `limits` stands twice (remove one of them)',
      'manifest.yml:5:29 wrong-value: `plans.A.timeout` is `soon`; expected a duration such as `30m`, `90s` or `1h`',
      'manifest.yml:6:30 cycle: a plan waits for itself: B → C → B (remove one of these dependencies, then run `plan check manifest.yml` again)',
      'manifest.yml:6:33 unknown-plan: there is no plan `D`',
      'manifest.yml:8:14 no-such-file: there is no file `e.md` (paths are relative to the folder of manifest.yml)',
      'a.md:3:23 unknown-plan: there is no plan `Q`',
    ]);
  });

  /** One mistake, and everything that it would lead to if what is wrong counted as not said. */
  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['a plan without a file', ['plans:', '  B: { branch: x }', '  C: { plan: c.md, depends: [B.phase7] }'], ['missing-key']],
    ['a format that is none', ['plans:', '  B: { plan: b.md, format: word, tasks: { "9.9": {} } }', '  C: { plan: c.md, depends: [B] }'], ['wrong-value']],
    ['an include that is no list', ['include: b.md', 'plans:', '  C: { plan: c.md, depends: [b] }'], ['wrong-value']],
    ['plans that are no map', ['plans: [b.md]'], ['wrong-value']],
    ['a mode that is none', ['landing: { mode: one }', 'plans:', '  B: { plan: b.md }', '  C: { plan: c.md, depends: [B.landed] }'], ['wrong-value']],
    ['a pool that is no number', ['limits: { pools: { db: lots } }', 'plans:', '  B: { plan: b.md, tasks: { "1.1": { uses: [db:3] } } }'], ['wrong-value']],
    ['a target that is no name', ['target: [x]', 'plans:', '  B: { plan: b.md, branch: main }'], ['wrong-value']],
    ['a command that is empty', ['landing: { onConflict: command, command: "" }', 'plans:', '  B: { plan: b.md }'], ['wrong-value']],
    ['an item of a list', ['plans:', '  B: { plan: b.md, depends: [C, [D]] }', '  C: { plan: c.md, depends: [1, {}] }'], ['wrong-value', 'wrong-value']],
    ['ids that cannot be told apart', ['plans:', '  B: { plan: b.md, depends: [b] }', '  b: { plan: c.md, depends: [B], branch: x }'], ['plan-id-clash']],
  ])('%s is said once, without what follows from it', async (_, lines, codes) => {
    expect((await refused({ ...some, 'manifest.yml': manifest(...lines) }, { hasTarget: (target) => Promise.resolve(target === 'main') })).map((text) => /([a-z-]+): /.exec(text)?.[1])).toEqual(codes);
  });

  test('what is in the way of a run has the place of the setting that holds, and is not asked for where that is wrong', async () => {
    const obstacles: LoadOptions['obstacles'] = () =>
      Promise.resolve([
        { setting: ['defaults', 'worktrees'], failure: { kind: 'input', code: 'bad-place', message: 'no' } },
        { setting: ['plans', 'B'], failure: { kind: 'input', code: 'occupied', message: 'no' } },
      ]);
    const files = (first: string): Record<string, string> => ({ ...some, '.planrc.yml': 'defaults:\n  worktrees: ../y\n', 'manifest.yml': manifest(first, 'plans:', '  B: { plan: b.md }') });
    expect(await refused(files('defaults: { worktrees: ../x }'), { obstacles })).toEqual(['manifest.yml:2:24 bad-place: no', 'manifest.yml:4:3 occupied: no']);
    expect(await refused(files('defaults: {}'), { obstacles })).toEqual(['.planrc.yml:2:14 bad-place: no', 'manifest.yml:4:3 occupied: no']);
    expect(await refused(files('defaults: {}'), { obstacles, environment: { PLAN_DEFAULTS_WORKTREES: '../z' } })).toEqual(['bad-place: no', 'manifest.yml:4:3 occupied: no']);
    expect((await refused(files('defaults: { worktrees: [] }'), { obstacles })).map((text) => text.split(' ')[1])).toEqual(['wrong-value:', 'occupied:']);
  });
});

describe('one plan alone', () => {
  test('is named after its front matter, else its file', async () => {
    const named = await loadAlone({ 'docs/2026-01-05-sign-in.md': `---\nid: auth\nbranch: x\n---\n${planText(2)}` }, 'docs/2026-01-05-sign-in.md');
    expect(named.ok && named.value.orchestration.plans.map(({ id, branch }) => ({ id, branch }))).toEqual([{ id: 'auth', branch: 'x' }]);
    const plain = await loadAlone({ 'specs/001-sign-in/tasks.md': planText(2) }, 'specs/001-sign-in/tasks.md');
    expect(plain.ok && plain.value.orchestration).toMatchObject({ manifest: 'specs/001-sign-in/tasks.md', plans: [{ id: 'sign-in', branch: 'plan/sign-in' }] });
  });

  test('what it says of other plans is remarked and not waited for', async () => {
    const result = await loadAlone({ 'a.md': '# T\n## Phase 1: X\n- [ ] 1.1 a (depends: Q.phase1)\n' }, 'a.md');
    expect(result.ok && result.value.diagnostics.map(({ code }) => code)).toEqual(['unknown-plan']);
  });

  test('one without a task is refused; among others that a pattern found it is remarked', async () => {
    const empty = '# T\n## Phase 1: X\n\nwords\n';
    const result = await loadAlone({ 'a.md': empty }, 'a.md');
    expect(result.ok ? [] : result.error.map(said)).toEqual(['a.md:1:1 no-tasks: the file of plan a holds no task (`plan check a.md` shows what was understood of it)']);
    const { diagnostics } = await loaded({ 'a.md': empty, 'b.md': planText(1), 'manifest.yml': 'version: 1\ninclude: ["?.md"]\n' });
    expect(diagnostics.map(({ code, severity, file }) => `${severity} ${code} ${file}`)).toEqual(expect.arrayContaining(['warning no-tasks a.md']));
    expect(await refused({ 'a.md': empty, 'manifest.yml': 'version: 1\ninclude: ["?.md"]\n' })).toEqual([expect.stringContaining('a.md:1:1 no-tasks')]);
  });

  test('tasks that nothing could carry out are said before a run, and not of a file that is only looked at', async () => {
    const files = { 'a.md': '# T\n## Phase 1: X\n- [x] 1.1 done\n- [ ] 1.2 words\n- [ ] 1.3 words\n', 'manifest.yml': 'version: 1\nplans: { A: { plan: a.md, tasks: { "1.3": { executor: manual } } } }\n' };
    const toRun = await loaded(files, { obstacles: () => Promise.resolve([]) });
    expect(toRun.diagnostics).toMatchObject([{ severity: 'warning', code: 'task-without-command', file: 'a.md', line: 4, message: 'task A.1.2 has no `sh` block, and no command is configured: it cannot start' }]);
    expect((await loaded(files)).diagnostics).toEqual([]);
  });

  test('a file that is not there', async () => {
    const result = await loadAlone({}, 'a.md');
    expect(result.ok ? [] : result.error.map(said)).toEqual(['no-such-file: there is no file `a.md` (paths are relative to the folder that the command is given in)']);
  });
});
