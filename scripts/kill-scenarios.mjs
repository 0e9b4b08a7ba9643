/** What kill-loop.mjs plays: small orchestrations that differ in how work is ordered, carried out, committed and landed. */

/**
 * A task says when its tree is dirty, which commits it made and how often it was begun, in files beside the repository: so the checks
 * know what must not be lost, whatever the program under test says of itself.
 */
const prelude = 'say() { printf "%s\\n" "$2" >> "$HOME/$1"; }; say begun "$PLAN_ID.$PLAN_TASK#$PLAN_ATTEMPT"\n';

/** Leaves its tree dirty for `pause` seconds before it is done. */
const write = (path, pause = 0.05) => `${prelude}mkdir -p "$(dirname ${path})"
echo "half $PLAN_ID.$PLAN_TASK#$PLAN_ATTEMPT" > ${path}
say dirty "$PLAN_ID.$PLAN_TASK#$PLAN_ATTEMPT ${path}"
sleep ${pause}
echo "${path} is whole" > ${path}`;

/** Commits part of its work itself, as agents do, and leaves the rest. */
const commits = (path, pause = 0.03) => `${write(path, pause)}
git add ${path}
git commit -qm "own $PLAN_ID.$PLAN_TASK#$PLAN_ATTEMPT"
say commits "$PLAN_ID.$PLAN_TASK#$PLAN_ATTEMPT $(git rev-parse HEAD)"
echo "rest of ${path}" > ${path}.rest`;

/** Fails as often as said, with a dirty tree, before it passes. */
const fails = (times, path) => `${prelude}say "tries-$PLAN_ID.$PLAN_TASK" x
echo "half $PLAN_ID.$PLAN_TASK#$PLAN_ATTEMPT" > ${path}
say dirty "$PLAN_ID.$PLAN_TASK#$PLAN_ATTEMPT ${path}"
test $(wc -l < "$HOME/tries-$PLAN_ID.$PLAN_TASK") -gt ${times}
echo "${path} is whole" > ${path}`;

function plan(title, phases, notes = {}) {
  const text = [`# ${title}`];
  phases.forEach((tasks, index) => {
    text.push('', `## Phase ${index + 1}: Part ${index + 1}`, '');
    for (const [id, script] of Object.entries(tasks)) text.push(`- [ ] ${id} Task ${id}${notes[id] ?? ''}`, '  ```sh', ...script.split('\n').map((line) => `  ${line}`), '  ```');
    if (notes[`verify${index + 1}`] !== undefined) text.push('', `**VERIFY Phase ${index + 1}${notes.background ? ' (non-blocking)' : ''}:**`, '', '```sh', notes[`verify${index + 1}`], '```');
  });
  return `${text.join('\n')}\n`;
}

const manifest = (plans, rest = '') => `version: 1\ntarget: main\n${rest}plans:\n${plans.map((line) => `  ${line}\n`).join('')}`;

/**
 * `plans` and `manifest` are the orchestration; `tasks` those that must end up committed, each once. `files`: further files of the first
 * commit. `prepare`: done to the repository before the first run. `dirty`: what the user's own checkout must still hold in the end.
 */
export const scenarios = {
  chain: {
    manifest: manifest(['A: { plan: a.md, priority: high }', 'B: { plan: b.md, depends: [A.phase1] }'], 'limits: { tasks: 3 }\ndefaults: { verify: test -f a2.txt }\n'),
    plans: {
      a: plan('A', [{ 1.1: write('a1.txt') }, { 2.1: commits('a2.txt') }, { 3.1: write('a3.txt', 0.01) }]),
      b: plan('B', [{ 1.1: `test -f a1.txt\n${write('b1.txt')}` }, { 2.1: write('b2.txt') }]),
    },
    tasks: ['A.1.1', 'A.2.1', 'A.3.1', 'B.1.1', 'B.2.1'],
  },
  pool: {
    manifest: manifest(['A: { plan: a.md }'], 'limits: { tasks: 4 }\ndefaults: { setup: "echo set > .set-up", copy: [.env] }\n'),
    plans: { a: plan('A', [Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`1.${n}`, `test -f .env\n${(n % 2 ? write : commits)(`p${n}.txt`, n / 50)}`])), { 2.1: write('last.txt') }]) },
    tasks: ['A.1.1', 'A.1.2', 'A.1.3', 'A.1.4', 'A.1.5', 'A.1.6', 'A.2.1'],
    ignored: '.env\n.set-up\n',
    prepare: { '.env': 'SECRET=1\n' },
  },
  phases: {
    manifest: manifest(['A: { plan: a.md }', 'B: { plan: b.md, depends: [A.phase1] }', 'C: { plan: c.md, depends: [A.phase1] }', 'D: { plan: d.md, depends: [B], phases: { phase2: { depends: [A, C.phase1] } } }']),
    plans: {
      a: plan('A', [{ 1.1: write('a1.txt') }, { 2.1: write('a2.txt') }]),
      b: plan('B', [{ 1.1: `test -f a1.txt\n${write('b.txt')}` }]),
      c: plan('C', [{ 1.1: `test -f a1.txt\n${commits('c.txt')}` }]),
      d: plan('D', [{ 1.1: `test -f b.txt\n${write('d1.txt')}` }, { 2.1: `test -f a2.txt\ntest -f c.txt\n${write('d2.txt')}` }]),
    },
    tasks: ['A.1.1', 'A.2.1', 'B.1.1', 'C.1.1', 'D.1.1', 'D.2.1'],
  },
  each: {
    manifest: manifest(['A: { plan: a.md, priority: high }', 'B: { plan: b.md, depends: [A.landed] }', 'C: { plan: c.md, priority: low }'], 'defaults: { verify: "sleep 0.05; test -f README.md" }\nlanding: { mode: each }\n'),
    plans: { a: plan('A', [{ 1.1: write('a.txt') }]), b: plan('B', [{ 1.1: `test -f a.txt\n${write('b.txt')}` }]), c: plan('C', [{ 1.1: commits('c.txt') }]) },
    tasks: ['A.1.1', 'B.1.1', 'C.1.1'],
  },
  checkout: {
    manifest: manifest(['A: { plan: a.md }', 'B: { plan: b.md }'], 'defaults: { verify: "test -f README.md" }\nlanding: { mode: each }\n'),
    plans: { a: plan('A', [{ 1.1: `${write('deep/a.txt', 0.01)}\necho changed > tracked.txt` }]), b: plan('B', [{ 1.1: `${write('deep/b.txt', 0.02)}\ngit rm -q gone.txt` }]) },
    tasks: ['A.1.1', 'B.1.1'],
    files: { 'tracked.txt': 'first\n', 'gone.txt': 'first\n', 'mine.txt': 'first\n' },
    prepare: { 'mine.txt': 'my own edit\n', 'untracked.txt': 'mine\n' },
    dirty: { 'mine.txt': 'my own edit\n', 'untracked.txt': 'mine\n' },
  },
  background: {
    manifest: manifest(['A: { plan: a.md }', 'B: { plan: b.md, depends: [A.phase2] }']),
    plans: {
      a: plan('A', [{ 1.1: write('a1.txt') }, { 2.1: write('a2.txt') }], { verify1: 'sleep 0.2; test -f a1.txt', verify2: 'test -f a2.txt', background: true }),
      b: plan('B', [{ 1.1: write('b1.txt') }], { verify1: 'sleep 0.05; test -f b1.txt' }),
    },
    tasks: ['A.1.1', 'A.2.1', 'B.1.1'],
  },
  rebase: {
    manifest: manifest(['A: { plan: a.md }', 'B: { plan: b.md, depends: [A.phase1] }', 'C: { plan: c.md }'], 'defaults: { verify: "test -f README.md" }\nlanding: { strategy: rebase }\n'),
    plans: { a: plan('A', [{ 1.1: write('a1.txt') }, { 2.1: commits('a2.txt') }]), b: plan('B', [{ 1.1: write('b.txt') }]), c: plan('C', [{ 1.1: write('c.txt') }]) },
    tasks: ['A.1.1', 'A.2.1', 'B.1.1', 'C.1.1'],
  },
  tick: {
    arguments: ['--tick'],
    manifest: manifest(['A: { plan: a.md }', 'B: { plan: b.md, depends: [A] }'], 'landing: { mode: each }\n'),
    plans: { a: plan('A', [{ 1.1: write('a1.txt'), 1.2: write('a2.txt', 0.02) }]), b: plan('B', [{ 1.1: write('b1.txt') }, { 2.1: write('b2.txt', 0.01) }]) },
    tasks: ['A.1.1', 'A.1.2', 'B.1.1', 'B.2.1'],
  },
  squash: {
    manifest: manifest(['A: { plan: a.md }', 'B: { plan: b.md, depends: [A.phase1] }'], 'landing: { strategy: squash, mode: each }\n'),
    plans: { a: plan('A', [{ 1.1: write('a1.txt') }, { 2.1: write('a2.txt') }]), b: plan('B', [{ 1.1: write('b.txt') }]) },
    tasks: ['A.1.1', 'A.2.1', 'B.1.1'],
    onBranches: true,
  },
  agent: {
    manifest: manifest(['A: { plan: a.md }', 'B: { plan: b.md }'], 'defaults: { executor: { command: [./tool.sh], prompt: stdin }, commit: { hooks: true } }\n'),
    plans: {
      a: '# A\n\n## Phase 1: Part 1\n\n- [ ] 1.1 First\n- [ ] 1.2 Second\n\n## Phase 2: Part 2\n\n- [ ] 2.1 Third\n',
      b: '# B\n\n## Phase 1: Part 1\n\n- [ ] 1.1 First\n',
    },
    tasks: ['A.1.1', 'A.1.2', 'A.2.1', 'B.1.1'],
    files: { 'tool.sh': { executable: `#!/bin/sh\nset -e\ncat > /dev/null\nname="by-$PLAN_ID-$PLAN_TASK.txt"\n${commits('"$name"')}\n(sleep 0.2 & sleep 0.1 &) > /dev/null 2>&1\n` } },
    hook: '#!/bin/sh\nsleep 0.03\n',
  },
  retries: {
    manifest: manifest(['A: { plan: a.md, retries: 5 }', 'B: { plan: b.md, retries: 4 }'], 'limits: { tasks: 4 }\n'),
    plans: { a: plan('A', [{ 1.1: fails(2, 'a1.txt'), 1.2: write('a2.txt') }, { 2.1: fails(1, 'a3.txt') }]), b: plan('B', [{ 1.1: fails(1, 'b.txt') }]) },
    tasks: ['A.1.1', 'A.1.2', 'A.2.1', 'B.1.1'],
  },
};
