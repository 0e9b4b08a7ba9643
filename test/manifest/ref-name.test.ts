import { spawnSync } from 'node:child_process';
import { fc } from '../rig/property.js';
import { branchNameProblem, planIdOf, planIdProblem } from '../../src/manifest/ref-name.js';

function gitTakes(name: string): boolean {
  return spawnSync('git', ['check-ref-format', `refs/heads/${name}`], { env: { PATH: process.env.PATH ?? '', GIT_CONFIG_NOSYSTEM: '1', HOME: '/nonexistent' } }).status === 0;
}

describe('branch names', () => {
  test.each(['a', 'feature/auth', 'ä/ö', 'a.b', 'a@b', 'v1.0', 'x'.repeat(100)])('%s can be used', (name) => {
    expect(branchNameProblem(name)).toBeUndefined();
    expect(gitTakes(name)).toBe(true);
  });

  test.each(['', '-x', '--upload-pack=x', 'a b', 'a..b', 'a//b', '/a', 'a/', 'a.', '.a', 'a/.b', 'a.lock', 'a.lock/b', 'a~1', 'a^', 'a:b', 'a?', 'a*', 'a[b', 'a\\b', 'a@{1}', '@', 'HEAD', 'a\u0007b', 'a\u007f', 'refs/heads/x', 'x'.repeat(300)])('%j cannot', (name) => {
    expect(branchNameProblem(name)).toBeDefined();
  });

  test('what we take git takes', () => {
    const letters = fc.constantFrom('a', 'B', '.', '/', '-', '@', '{', '}', '~', ' ', '..', '.lock', '\\', '[', ':', '*', 'é', '\t');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }).map((parts) => parts.join('')), (name) => {
        if (branchNameProblem(name) === undefined) expect(gitTakes(name)).toBe(true);
        // The only names of git that we refuse: options, HEAD and @, and full names of refs.
        else if (gitTakes(name)) expect(name).toMatch(/^-|^@$|^HEAD$|^refs\//);
      }),
      { numRuns: Number(process.env.PLAN_TEST_RUNS ?? 150) },
    );
  });
});

test.each(['A', 'auth-2', 'a_b', 'Phase', 'constructor'])('%s is a plan id', (id) => expect(planIdProblem(id)).toBeUndefined());
test.each(['', '1a', 'a.b', 'phase2', 'phase', 'landed', 'start', 'ä', '-a', '__proto__', 'a/b', 'x'.repeat(200)])('%j is none', (id) => expect(planIdProblem(id)).toBeDefined());

test.each([
  ['plans/auth.md', 'auth'],
  ['docs/superpowers/plans/2026-02-03-big-idea.md', 'big-idea'],
  ['specs/012-user-login/tasks.md', 'user-login'],
  ['.kiro/specs/search/tasks.md', 'search'],
  ['.taskmaster/tasks/tasks.json', 'taskmaster'],
  ['plans/42.md', 'plan'],
  ['plans/phase2.md', 'plan'],
  ['plans/größe & co.plan.md', 'gr-e-co'],
])('%s is named %s', (file, id) => {
  expect(planIdOf(file)).toBe(id);
});
