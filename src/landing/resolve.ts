/**
 * Conflicts settled in a checkout: by taking one side, by what `rerere` remembers, by a command or an agent, or by a person. Both
 * sides stand in the worktree as in any merge; what comes out is verified like any candidate.
 */

import { shellWord } from '../base/text.js';
import { err, ok, type Result } from '../base/result.js';
import { freeWorktree } from '../git/abandoned-lock.js';
import { commitMessage } from '../git/commit.js';
import { lastLines } from '../git/git-error.js';
import { git, tryGit } from '../git/git.js';
import type { GitPlace } from '../git/git.js';
import { gitFolderState } from '../git/inspect.js';
import { mergeTrees } from '../git/merge.js';
import type { Repository } from '../git/repository.js';
import { requireLink, worktreePlace } from '../git/worktree-link.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { LandingSettings } from '../model/orchestration.js';
import type { LandingSubject, MergedTree, StepConflict } from './landing-step.js';
import type { SettleConflict } from './prepare-landing.js';

/** What settling needs besides git. */
export interface SettleTools {
  /** A lasting scratch worktree, reset to the commit and clean. */
  readonly worktree: (commit: CommitId) => Promise<Result<{ readonly path: string }, Failure>>;
  /**
   * Lets a command or an agent work on the conflict in the worktree: `files` hold conflict markers. True: it says it is done.
   * Absent: such policies leave it to a person.
   */
  readonly work?: (path: string, subject: LandingSubject, conflict: StepConflict) => Promise<boolean>;
}

/** How conflicts are settled under a policy; undefined where a person has to (`stop`) or the plan is left out (`skip`), and git remembers nothing. */
export async function settler(repository: Repository, policy: LandingSettings['onConflict'], tools: SettleTools): Promise<SettleConflict | undefined> {
  const remembers = await rerereEnabled(repository);
  if ((policy === 'stop' || policy === 'skip') && !remembers) return undefined;
  return async (conflict, subject) => {
    // Histories without anything in common, and conflicts without files, have nothing to be worked on.
    if (conflict.files.length === 0) return undefined;
    const prepared = await tools.worktree(conflict.ours);
    if (!prepared.ok) return undefined;
    const link = await requireLink(repository, prepared.value.path);
    const place = worktreePlace(repository, link);
    try {
      return await settle({ ...place, nullId: repository.nullId }, policy, tools, prepared.value.path, conflict, subject);
    } finally {
      // A merge that git gives up on (it has asserted, or was killed) leaves its lock.
      await freeWorktree(link);
      await tryGit(['merge', '--abort'], place);
      await git(['reset', '--hard', '--quiet', conflict.ours], place);
    }
  };
}

/** A worktree's git, and the id that stands for no object. */
type SettlePlace = GitPlace & { readonly nullId: string };

async function settle(place: SettlePlace, policy: LandingSettings['onConflict'], tools: SettleTools, path: string, conflict: StepConflict, subject: LandingSubject): Promise<MergedTree | undefined> {
  const side = policy === 'ours' || policy === 'theirs' ? ['-X', policy] : [];
  // rerere fills in what was settled before and, with autoupdate, stages it.
  const begun = await tryGit(['-c', 'rerere.autoUpdate=true', 'merge', '--no-commit', '--no-ff', '--no-verify', '--no-autostash', '--quiet', ...side, conflict.theirs], place);
  const left = await unmergedFiles(place);
  // A merge that could not take place (something in the checkout is in its way, a lock, git gave up) has no files in conflict either.
  if (left.length === 0 && begun.code !== 0 && !(await hasMerged(place))) return undefined;
  if (left.length === 0) return finished(place, side.length > 0 ? (policy as 'ours' | 'theirs') : 'rerere');
  if (policy === 'ours' || policy === 'theirs') {
    // What has no lines to choose between (deleted here, changed there) is taken whole.
    await takeSide(place, policy, left);
    return finished(place, policy);
  }
  if ((policy !== 'command' && policy !== 'agent') || tools.work === undefined) return undefined;
  if (!(await tools.work(path, subject, conflict))) return undefined;
  return (await isMerge(place, conflict.theirs)) && (await isSettled(place, left)) ? finished(place, policy) : undefined;
}

/** True where the index holds something else than the commit that was merged into. */
async function hasMerged(place: GitPlace): Promise<boolean> {
  return (await tryGit(['diff-index', '--cached', '--quiet', 'HEAD'], place)).code === 1;
}

/** True while the merge is under way or committed: a worker that gave it up has left a tree without the plan's work. */
async function isMerge(place: GitPlace, theirs: CommitId): Promise<boolean> {
  const merging = await tryGit(['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'], place);
  return merging.stdout.trim() === theirs || (await tryGit(['merge-base', '--is-ancestor', theirs, 'HEAD'], place)).code === 0;
}

/** Every file that was in conflict is without markers; staged here where the worker did not. */
async function isSettled(place: GitPlace, files: readonly string[]): Promise<boolean> {
  const open = await unmergedFiles(place);
  if (open.length > 0) await git(['add', '--all', '--pathspec-from-file=-', '--pathspec-file-nul'], { ...place, input: open.map((file) => `:(literal)${file}\0`).join('') });
  const marked = await tryGit(['grep', '--cached', '-l', '-z', '-E', '^(<<<<<<<|>>>>>>>)( |$)', '--', ...files.map((file) => `:(literal)${file}`)], place);
  return marked.code !== 0;
}

async function finished(place: GitPlace, resolved: NonNullable<MergedTree['resolved']>): Promise<MergedTree> {
  // What rerere has not seen yet it remembers now; harmless where it is off.
  await tryGit(['rerere'], place);
  return { tree: (await git(['write-tree'], place)).trim(), resolved };
}

async function takeSide(place: SettlePlace, side: 'ours' | 'theirs', files: readonly string[]): Promise<void> {
  const stage = side === 'ours' ? '2' : '3';
  const listed = await git(['ls-files', '--unmerged', '-z', '--', ...files.map((file) => `:(literal)${file}`)], place);
  const has = new Map<string, string>();
  for (const entry of listed.split('\0')) {
    const [facts = '', path = ''] = entry.split('\t');
    const [mode, id, at] = facts.split(' ');
    if (at === stage) has.set(path, `${mode} ${id} 0\t${path}`);
  }
  // An entry of stage 0 replaces the others; a null mode removes the path.
  const input = files.map((file) => `${has.get(file) ?? `0 ${place.nullId}\t${file}`}\0`).join('');
  await git(['update-index', '-z', '--index-info'], { ...place, input });
}

async function unmergedFiles(place: GitPlace): Promise<string[]> {
  const printed = await git(['diff', '--name-only', '--diff-filter=U', '-z'], place);
  return [...new Set(printed.split('\0').filter((path) => path !== ''))];
}

/** As git decides it: on when set, or when its folder exists. */
async function rerereEnabled(repository: Repository): Promise<boolean> {
  const set = (await tryGit(['config', '--type=bool', '--get', 'rerere.enabled'], repository.place)).stdout.trim();
  if (set !== '') return set === 'true';
  return (await gitFolderState(repository.commonDir)).names.has('rr-cache');
}

/** A conflict laid out for a person. */
export interface Resolution {
  readonly plan: PlanId;
  /** Absolute: the worktree, on the plan's branch, in the middle of the merge. */
  readonly path: string;
  /** What is being merged into the branch. */
  readonly merging: CommitId;
  /** Files with conflict markers; empty: it merged by itself and is committed. */
  readonly files: readonly string[];
}

/** Work that may be in the way of the plan, in landing order. */
export interface Obstacle {
  readonly name: string;
  readonly commit: CommitId;
}

/**
 * Begins the merge that a person has to settle, in a worktree that stands on the plan's branch: of those obstacles (earlier plans,
 * the target) the first that does not merge with it. Committed there, the branch's new tip is taken up by the next landing.
 */
export async function openResolution(repository: Repository, subject: LandingSubject, obstacles: readonly Obstacle[], worktree: { readonly path: string }): Promise<Result<Resolution, Failure>> {
  const link = await requireLink(repository, worktree.path);
  const place = worktreePlace(repository, link);
  const state = await gitFolderState(link.gitDir);
  if (state.head !== `ref: refs/heads/${subject.branch}`) return err(notOnBranch(subject, worktree.path));
  if (state.unfinished === 'merge') {
    const merging = (await git(['rev-parse', 'MERGE_HEAD'], place)).trim();
    return ok({ plan: subject.plan, path: worktree.path, merging, files: await unmergedFiles(place) });
  }
  const head = (await git(['rev-parse', 'HEAD'], place)).trim();
  for (const obstacle of obstacles) {
    if ((await mergeTrees(repository, head, obstacle.commit)).ok) continue;
    const message = commitMessage(`Merge ${obstacle.name} into ${subject.branch}`, '', []);
    const merged = await tryGit(['merge', '--no-ff', '--no-autostash', '-m', message, obstacle.commit], { ...place, hooks: true });
    const files = await unmergedFiles(place);
    if (merged.code !== 0 && files.length === 0 && (await gitFolderState(link.gitDir)).unfinished !== 'merge') {
      await freeWorktree(link);
      return err({ kind: 'person', code: 'resolve-refused', message: `the merge could not be begun in ${worktree.path}: ${lastLines(merged.stderr)}`, hint: `See git -C ${shellWord(worktree.path)} status.` });
    }
    return ok({ plan: subject.plan, path: worktree.path, merging: obstacle.commit, files });
  }
  return err({ kind: 'failed', code: 'nothing-to-resolve', message: `plan ${subject.plan} merges with everything that stands before it`, hint: 'Run the orchestration again: it lands.' });
}

function notOnBranch(subject: LandingSubject, path: string): Failure {
  return { kind: 'person', code: 'resolve-elsewhere', message: `the worktree ${path} is not on ${subject.branch}`, hint: `Attach it: git -C ${shellWord(path)} switch ${shellWord(subject.branch)}` };
}
