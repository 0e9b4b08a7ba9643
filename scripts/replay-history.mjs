/**
 * Replays the merge history of a repository through the product and compares what lands with what git makes of it, and what people did.
 *
 *   node scripts/replay-history.mjs <repository> [--to <commit>] [--limit <n>] [--skip <n>] [--strategy merge|squash|rebase] [--bare] [--loud]
 *
 * lands every merge by itself, in memory (`replay-merges.mjs`): the first parent is the target, each other parent a plan.
 *
 *   node scripts/replay-history.mjs <repository> --from <commit> [--to <commit>] [--limit 60]
 *        [--mode all-or-nothing|each] [--strategy merge] [--tasks ticked|empty|merge|pick] [--settle command|stop] [--keep]
 *
 * lands the merges of a first-parent line as plans of one run, through the built program: each merge becomes a plan whose branch is its
 * second parent (`ticked`, `empty`: the branch is adopted as it is; `merge`, `pick`: a task merges or cherry-picks the topic). A merge
 * in conflict is settled to the tree that was committed. Oracle: `git merge` of the same branches, one after another, in a checkout.
 * The repository itself is only read.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replayMerges } from './replay-merges.mjs';

const program = join(import.meta.dirname, '..', 'bin', 'plan.js');

/**
 * Replays and gives `{ code, output, merges, landed, seconds, mergeSeconds, folder }`; `landed` has a row for each merge: its plan, and the
 * trees that the real history, `git merge` and the program have there (`program` undefined: it did not land).
 */
export function replayHistory(source, options = {}) {
  const { from = 'base', to = 'HEAD', limit = 60, mode = 'all-or-nothing', strategy = 'merge', tasks = 'empty', settle = 'command', chain = mode === 'each' } = options;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plan-replay-')));
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Replay\n\temail = replay@example.com\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n');
  const environment = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C', TZ: 'UTC', TMPDIR: tmpdir() };
  const top = join(folder, 'repository');
  const git = (cwd, ...args) => execFileSync('git', args, { cwd, env: environment, encoding: 'utf8', maxBuffer: 1 << 29, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const tryGit = (cwd, ...args) => spawnSync('git', args, { cwd, env: environment, encoding: 'utf8', maxBuffer: 1 << 29 });

  const [start, end] = [git(source, 'rev-parse', `${from}^{commit}`), git(source, 'rev-parse', `${to}^{commit}`)];
  const line = git(source, 'rev-list', '--first-parent', '--reverse', '--parents', `${start}..${end}`).split('\n').filter(Boolean).map((row) => row.split(' '));
  const merges = line.filter((row) => row.length === 3).slice(0, limit).map(([commit, , topic], index) => ({ plan: `T${index + 1}`, commit, topic }));
  const direct = line.filter((row) => row.length < 3).length;

  git(folder, 'clone', '--quiet', '--shared', '--no-checkout', '--no-tags', source, top);
  git(top, 'checkout', '-q', '-B', 'main', start);
  git(top, 'remote', 'remove', 'origin');
  for (const { plan, topic } of merges) if (tasks === 'empty' || tasks === 'ticked') git(top, 'branch', `topic/${plan}`, topic);

  // What git itself makes of it.
  const checkout = join(folder, 'oracle');
  git(top, 'worktree', 'add', '-q', '--detach', checkout, start);
  let mergeTime = 0;
  const oracle = merges.map(({ commit, topic }) => {
    const began = performance.now();
    const clean = tryGit(checkout, 'merge', '-q', '--no-ff', '-m', 'land', topic).status === 0;
    mergeTime += performance.now() - began;
    if (!clean) {
      // git asserts on some conflicts that it can tell of in memory; its lock stays.
      rmSync(git(checkout, 'rev-parse', '--path-format=absolute', '--git-path', 'index.lock'), { force: true });
      const settled = git(checkout, 'commit-tree', '-m', 'land', '-p', 'HEAD', '-p', topic, `${commit}^{tree}`);
      tryGit(checkout, 'merge', '--abort');
      git(checkout, 'reset', '-q', '--hard', settled);
      git(checkout, 'clean', '-ffdxq');
    }
    return { clean, tree: git(checkout, 'rev-parse', 'HEAD^{tree}') };
  });
  git(top, 'worktree', 'remove', '--force', checkout);

  writeOrchestration({ folder, top, merges, mode, strategy, tasks, settle, chain });
  const began = performance.now();
  const run = spawnSync(process.execPath, [program, 'orchestrate-multi', 'plans/manifest.yml', ...(options.flags ?? [])], { cwd: top, env: environment, encoding: 'utf8', maxBuffer: 1 << 29 });
  const seconds = (performance.now() - began) / 1000;

  const trees = new Map();
  for (const row of git(top, 'log', '--first-parent', '--format=%T %s', `${start}..main`).split('\n').filter(Boolean)) {
    const [, tree, plan] = /^(\S+) .*?\b(T\d+)\b/.exec(row) ?? [];
    if (plan !== undefined) trees.set(plan, tree);
  }
  // What earlier ones brought already is no commit of its own.
  const held = ({ plan, topic }, index) => (trees.has(plan) || tryGit(top, 'merge-base', '--is-ancestor', topic, 'main').status !== 0 ? undefined : oracle[index - 1]?.tree === oracle[index].tree ? oracle[index].tree : undefined);
  const landed = merges.map((merge, index) => ({ plan: merge.plan, clean: oracle[index].clean, real: git(top, 'rev-parse', `${merge.commit}^{tree}`), git: oracle[index].tree, program: trees.get(merge.plan) ?? held(merge, index) }));
  const checks = { status: git(top, 'status', '--porcelain', '--untracked-files=no'), fsck: tryGit(top, 'fsck', '--no-dangling', '--connectivity-only').status };
  if (options.keep !== true) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  return { code: run.status, output: `${run.stdout}${run.stderr}`, direct, landed, seconds, mergeSeconds: mergeTime / 1000, folder, checks };
}

function writeOrchestration({ folder, top, merges, mode, strategy, tasks, settle, chain }) {
  const plans = join(top, 'plans');
  mkdirSync(plans);
  writeFileSync(join(top, '.git', 'info', 'exclude'), '/plans/\n');
  const settler = join(folder, 'settle.sh');
  const cases = merges.map(({ plan, commit }) => `${plan}) real=${commit} ;;`).join('\n');
  writeFileSync(settler, `case "$PLAN_ID" in\n${cases}\nesac\nexec git read-tree --reset -u "$real"\n`, { mode: 0o755 });
  const conflict = settle === 'command' ? `command, command: "sh ${settler}"` : settle;
  const rows = merges.map(({ plan }, index) => {
    const before = chain && index > 0 ? `, depends: [${merges[index - 1].plan}.landed]` : '';
    return `  ${plan}: { plan: ${plan}.md, branch: topic/${plan}${before} }`;
  });
  writeFileSync(join(plans, 'manifest.yml'), `version: 1\ntarget: main\nlimits: { tasks: 4 }\nplans:\n${rows.join('\n')}\nlanding: { mode: ${mode}, strategy: ${strategy}, onConflict: ${conflict} }\n`);
  for (const { plan, topic } of merges) {
    const script = tasks === 'merge' ? `git merge -q --no-ff --no-edit ${topic}` : tasks === 'pick' ? `git cherry-pick --allow-empty $(git merge-base HEAD ${topic})..${topic}` : 'true';
    writeFileSync(join(plans, `${plan}.md`), `# Topic ${plan}\n\n## Phase 1: All\n\n- [${tasks === 'ticked' ? 'x' : ' '}] 1.1 Bring it\n  \`\`\`sh\n  ${script}\n  \`\`\`\n`);
  }
}

/** An outcome in a line. */
function shown(outcome) {
  const text = JSON.stringify(outcome);
  return text.length > 2_000 ? `${text.slice(0, 2_000)}…` : text;
}

/** Prints each merge that came to something else, and how many did. */
async function printMerges(source, { limit, skip, strategy, to, bare, loud }) {
  const began = performance.now();
  const many = process.stderr.isTTY === true;
  let count = 0;
  const onRow = (row) => {
    count += 1;
    if (many) process.stderr.write(`\r${count} merges`);
    if (!row.same || loud) console.log(`${row.commit} ${row.same ? 'same' : row.why}${row.same ? '' : `\n  git:  ${shown(row.git)}\n  plan: ${shown(row.product)}`}`);
  };
  const rows = await replayMerges(source, { strategy, bare, onRow, ...(limit !== undefined && { limit: Number(limit) }), ...(skip !== undefined && { skip: Number(skip) }), ...(to !== undefined && { to: [to] }) });
  if (many) process.stderr.write('\n');
  const clean = rows.filter((row) => row.git.tree !== undefined);
  const asReal = clean.filter((row) => row.real === row.product.tree).length;
  const reasons = new Map();
  for (const { why } of rows.filter((row) => !row.same)) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  const [same, other] = [true, false].map((answer) => rows.filter((row) => row.same === answer).length);
  console.log(`${rows.length} merges (${clean.length} clean, ${rows.filter((row) => row.git.conflict).length} in conflict): ${same} as git, ${other} otherwise; of the clean ones ${asReal} as they were committed; ${((performance.now() - began) / 1000).toFixed(0)} s`);
  for (const [why, times] of reasons) console.log(`  ${times} ${why}`);
  return other === 0 ? 0 : 1;
}

/** Prints what became of each merge of a line. */
function printLine(source, values) {
  const result = replayHistory(source, { ...values, ...(values.limit !== undefined && { limit: Number(values.limit) }) });
  for (const row of result.landed) console.log(`${row.plan.padEnd(5)} ${row.clean ? 'clean   ' : 'conflict'} real=git: ${row.real === row.git ? 'yes' : 'no '}  program: ${row.program === undefined ? 'not landed' : row.program === row.git ? 'same as git' : row.program === row.real ? 'same as real' : `other tree ${row.program} than ${row.git}`}`);
  const same = result.landed.filter((row) => row.program === row.git).length;
  const real = result.landed.filter((row) => row.program === row.real).length;
  if (values.loud) console.log(result.output);
  console.log(`${same} of ${result.landed.length} as git merges them, ${real} as they were merged; ${result.direct} commits beside merges left out; exit ${result.code}, ${result.seconds.toFixed(1)} s (git merge alone ${result.mergeSeconds.toFixed(1)} s), status '${result.checks.status}', fsck ${result.checks.fsck}`);
  if (values.keep) console.log(result.folder);
  return same === result.landed.length && result.code === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const texts = ['from', 'to', 'limit', 'skip', 'mode', 'strategy', 'tasks', 'settle'].map((name) => [name, { type: 'string' }]);
  const switches = ['chain', 'keep', 'loud', 'bare'].map((name) => [name, { type: 'boolean' }]);
  const { values, positionals } = parseArgs({ allowPositionals: true, options: Object.fromEntries([...texts, ...switches]) });
  const [source] = positionals;
  if (source === undefined || !existsSync(source)) throw new Error('name a repository');
  process.exitCode = values.from === undefined ? await printMerges(resolve(source), values) : printLine(resolve(source), values);
}
