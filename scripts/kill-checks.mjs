/** What must be so after a run that was killed any number of times. Each check gives sentences about what is wrong; none: all is well. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Everything that is checked when a life has ended. `rig` is the repository of kill-loop.mjs. `idle`: the last call found nothing to do, and so
 * did not take the run up; what a kill left half written beside its files is removed by the next one that does.
 */
export function checkEnd(rig, scenario, expectedTree, idle = false) {
  return [
    ...checkTree(rig, expectedTree),
    ...checkCommits(rig, scenario),
    ...checkCheckout(rig, scenario),
    ...checkRepository(rig, idle),
    ...checkJournal(rig),
    ...checkKeptWork(rig),
    ...checkProcesses(rig),
    ...checkTicks(rig, scenario),
  ];
}

/** The files of the target, as `mode blob path`: what an undisturbed run makes. */
export function targetTree(rig) {
  return rig.git('ls-tree', '-r', '--full-tree', 'main').stdout;
}

function checkTree(rig, expected) {
  const found = targetTree(rig);
  return found === expected ? [] : [`the target's tree differs:\n${found}\ninstead of\n${expected}`];
}

/** Each task has one commit with its trailers, in the target (where commits are squashed: on the plan's branch). */
function checkCommits(rig, { tasks, onBranches = false }) {
  const refs = onBranches ? ['--branches=plan/*', 'main'] : ['main'];
  const printed = rig.git('log', ...refs, '--format=%H%x00%(trailers:key=Plan-Id,valueonly,separator=%x2C)%x00%(trailers:key=Plan-Task,valueonly,separator=%x2C)').stdout;
  const counts = new Map();
  for (const line of printed.split('\n')) {
    const [, plan, task] = line.split('\0');
    if (plan && task) counts.set(`${plan}.${task}`, (counts.get(`${plan}.${task}`) ?? 0) + 1);
  }
  const problems = tasks.filter((task) => counts.get(task) !== 1).map((task) => `${task} has ${counts.get(task) ?? 0} commits`);
  const own = rig.git('log', ...refs, '--format=%s').stdout.split('\n').filter((subject) => subject.startsWith('own ')).map((subject) => subject.replace(/#\d+$/, ''));
  for (const subject of new Set(own)) if (own.filter((one) => one === subject).length > 1) problems.push(`commit "${subject}" is there more than once`);
  return problems;
}

/** The user's checkout of the target: in step with it, and what the user typed byte for byte. */
function checkCheckout(rig, { dirty = {} }) {
  const problems = [];
  for (const [path, text] of Object.entries(dirty)) if (readFileSync(join(rig.top, path), 'utf8') !== text) problems.push(`${path} of the user was overwritten`);
  const changed = rig.git('status', '--porcelain').stdout.split('\n').filter((line) => line !== '' && !(line.slice(3) in dirty));
  if (changed.length > 0) problems.push(`the checkout is out of step:\n${changed.join('\n')}`);
  if (rig.git('symbolic-ref', 'HEAD').stdout.trim() !== 'refs/heads/main') problems.push('HEAD is not at main any more');
  return problems;
}

function checkRepository(rig, idle) {
  const problems = [];
  const fsck = rig.git('fsck', '--no-dangling', '--no-progress');
  if (fsck.code !== 0 || fsck.stdout + fsck.stderr !== '') problems.push(`fsck: ${fsck.stdout}${fsck.stderr}`);
  const log = rig.git('log', '--all', '--oneline', '-1');
  if (log.code !== 0) problems.push(`log --all: ${log.stderr}`);
  const names = readdirSync(join(rig.top, '.git'), { recursive: true });
  // A note of a worktree is removed by a start that comes a minute later: until then it could be somebody else's who is just writing.
  const left = names.filter((name) => (name.endsWith('.lock') && !name.startsWith('plan/locks')) || /plan-salvage\.index|plan\/tmp\/|tmp_objdir|incoming-/.test(name) || (!idle && /^plan\/(?!worktrees\/).*\.\d{6,}$/.test(name)));
  if (left.length > 0) problems.push(`left behind in .git: ${left.join(', ')}`);
  const folder = `${rig.top}.worktrees/manifest`;
  const doomed = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(removed|kept)-/.test(name)) : [];
  if (!idle && doomed.length > 0) problems.push(`left behind beside the worktrees: ${doomed.join(', ')}`);
  if (!rig.git('rev-parse', '--verify', 'refs/heads/kept-by-user').stdout.startsWith(rig.start)) problems.push("a branch of the user's moved");
  if (rig.git('rev-parse', '--verify', 'refs/tags/kept-by-user').code !== 0) problems.push("a tag of the user's is gone");
  const listed = rig.git('worktree', 'list', '--porcelain').stdout.split('\n\n');
  for (const entry of listed.slice(1)) {
    if (entry.trim() === '') continue;
    const path = /^worktree (.*)$/m.exec(entry)?.[1] ?? '';
    if (/^(prunable|locked)/m.test(entry) || !existsSync(join(path, '.git'))) problems.push(`half a worktree: ${entry}`);
    else if (!path.includes('/_') && rig.git('-C', path, 'status', '--porcelain').stdout !== '') problems.push(`${path} is not clean: ${rig.git('-C', path, 'status', '--porcelain').stdout}`);
  }
  return problems;
}

/** The journal's own word: a task that is committed never runs again, and every ref that it says keeps work is there. */
function checkJournal(rig) {
  const problems = [];
  const runs = join(rig.top, '.git', 'plan', 'runs');
  const folders = readdirSync(runs);
  const begun = folders.filter((run) => existsSync(join(runs, run, 'journal.ndjson')) && readFileSync(join(runs, run, 'journal.ndjson')).length > 0);
  if (begun.length !== 1) problems.push(`${begun.length} runs were begun`);
  const committed = new Set();
  let seq = 0;
  for (const line of readFileSync(join(runs, begun[0], 'journal.ndjson'), 'utf8').split('\n').slice(0, -1)) {
    const entry = JSON.parse(line);
    if (entry.seq !== seq++) problems.push(`journal line ${seq} has number ${entry.seq}`);
    const { kind, node } = entry.event;
    if (kind === 'attempt.started' && committed.has(node)) problems.push(`${node} ran again after it was committed`);
    if (kind === 'task.committed' && committed.has(node)) problems.push(`${node} was committed twice`);
    if (kind === 'task.committed') committed.add(node);
    if (kind === 'work.salvaged' && rig.git('rev-parse', '--verify', '--quiet', entry.event.ref).stdout.trim() !== entry.event.commit) problems.push(`${entry.event.ref} does not hold what was salvaged`);
  }
  return problems;
}

/** What executors said of themselves: no commit that they made and no dirty tree that they left is out of reach. */
function checkKeptWork(rig) {
  const problems = [];
  const read = (name) => (existsSync(join(rig.home, name)) ? readFileSync(join(rig.home, name), 'utf8').split('\n').filter((line) => line !== '') : []);
  const reachable = new Set(rig.git('rev-list', '--all').stdout.split('\n'));
  const subjects = new Set(rig.git('log', '--all', '--format=%s').stdout.split('\n'));
  for (const line of read('commits')) {
    const [attempt, commit] = line.split(' ');
    // Brought onto a new tip it is another commit with the same words.
    if (!reachable.has(commit) && !subjects.has(`own ${attempt}`)) problems.push(`commit ${commit} of ${attempt} is out of reach`);
  }
  const passed = new Set(rig.git('log', '--all', '--format=%(trailers:key=Plan-Attempt,valueonly)').stdout.split('\n').map((line) => line.split(' ')[1]));
  const salvage = rig.git('for-each-ref', '--format=%(refname)', 'refs/plan-runs/').stdout.split('\n').filter((ref) => ref.includes('/salvage/'));
  for (const line of read('dirty')) {
    const [attempt, path] = line.split(' ');
    if (passed.has(attempt)) continue;
    const [node, number] = attempt.split('#');
    if (salvage.some((ref) => new RegExp(`/salvage/${node}/${number}(\\.\\d+)?$`).test(ref))) continue;
    if (salvage.some((ref) => rig.git('cat-file', 'blob', `${ref}:${path}`).stdout.includes(attempt))) continue;
    problems.push(`the dirty tree of ${attempt} (${path}) was not kept`);
  }
  return problems;
}

/** With `--tick` each task's box is ticked and no other byte is changed; without, none is. */
function checkTicks(rig, { plans, arguments: given = [] }) {
  return Object.entries(plans).flatMap(([plan, text]) => {
    const expected = given.includes('--tick') ? text.replaceAll('- [ ] ', '- [x] ') : text;
    return readFileSync(join(rig.top, 'plans', `${plan}.md`), 'utf8') === expected ? [] : [`plans/${plan}.md is not as it should be`];
  });
}

function checkProcesses(rig) {
  const left = rig.processes();
  return left.length > 0 ? [`processes are left: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`] : [];
}
