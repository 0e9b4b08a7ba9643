import { parseManifest } from '../../src/manifest/parse-manifest.js';
import { said } from './repository.js';

function refused(text: string): readonly string[] {
  return parseManifest({ file: 'm.yml', text }).failures.map(said);
}

test('everything that is wrong is said at once, in the order of the file', () => {
  const text = `version: 2
targt: main
defaults: { executor: { shel: x }, timeout: abc, retries: -1, order: fil }
limits: { tasks: many, pools: {db: x}, until: 25:00, memory: lots, cost: 20 }
plans:
  A: { plan: 3.10, depends: A.phase2, priority: urgent }
  B: { branch: x, tasks: { 2.10: { depends: [2.10, C.1], uses: 3 }, 2.1: {executor: {agent: claude, modl: x}} } }
landing: { mode: al-or-nothing, push: yes }
`;
  expect(refused(text)).toEqual([
    'm.yml:1:10 wrong-value: `version` is `2`; expected `1`',
    'm.yml:2:1 unknown-key: unknown key `targt` (did you mean `target`?)',
    'm.yml:3:25 unknown-key: unknown key `shel` in `defaults.executor` (did you mean `shell`?)',
    'm.yml:3:45 wrong-value: `defaults.timeout` is `abc`; expected a duration such as `30m`, `90s` or `1h`',
    'm.yml:3:59 wrong-value: `defaults.retries` is `-1`; expected at least 0',
    'm.yml:3:70 wrong-value: `defaults.order` is `fil`; expected `free` or `file` (did you mean `file`?)',
    'm.yml:4:18 wrong-value: `limits.tasks` is `many`; expected a number',
    'm.yml:4:36 wrong-value: `limits.pools.db` is `x`; expected a number',
    'm.yml:4:47 wrong-value: `limits.until` is `25:00`; expected a time such as `"06:30"`',
    'm.yml:4:62 wrong-value: `limits.memory` is `lots`; expected a size such as `12GiB`',
    'm.yml:6:29 wrong-value: `plans.A.depends` is `A.phase2`; expected a list of names (write `[A.phase2]`)',
    'm.yml:6:49 wrong-value: `plans.A.priority` is `urgent`; expected `low`, `medium`, `high`, `critical` or a number',
    'm.yml:7:6 missing-key: `plans.B` has no `plan` (expected text)',
    'm.yml:7:64 wrong-value: `plans.B.tasks.2.10.uses` is `3`; expected a list such as `[db:2, gpu]` or a map such as `{ db: 2 }`',
    'm.yml:7:101 unknown-key: unknown key `modl` in `plans.B.tasks.2.1.executor` (did you mean `model`?)',
    'm.yml:8:18 wrong-value: `landing.mode` is `al-or-nothing`; expected `all-or-nothing`, `each` or `manual` (did you mean `all-or-nothing`?)',
    'm.yml:8:39 wrong-value: `landing.push` is `yes`; expected `true` or `false`',
  ]);
});

test.each<readonly [string, string, readonly string[]]>([
  ['no YAML map', '- a\n- b\n', ['m.yml:1:1 wrong-value: the file is a list; expected a map']],
  ['nothing', '\n# only words\n', ['m.yml:1:1 empty: the manifest is empty (run `plan init` to have one written)']],
  ['plans as a list', 'plans: [a.md]\n', ['m.yml:1:8 wrong-value: `plans` is a list; expected a map']],
  ['a plan as a path', 'plans:\n  A: a.md\n', ['m.yml:2:6 wrong-value: `plans.A` is `a.md`; expected a map']],
  ['an executor of two kinds', 'defaults: { executor: { shell: x, agent: claude } }\n', ['m.yml:1:35 unknown-key: `agent` cannot stand beside the other keys of `defaults.executor`']],
  ['a plan that says nothing', 'plans:\n  A:\n', ['m.yml:2:5 wrong-value: `plans.A` is empty; expected a map']],
])('%s', (_, text, expected) => {
  expect(refused(text)).toEqual(expected);
});

test('text in names cannot reach the terminal', () => {
  const [first] = refused('"\\e[31mred": 1\n');
  expect(first).toContain('␛[31mred');
  expect(first).not.toContain('\u001b');
});
