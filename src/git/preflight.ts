/** What is looked at before a run touches anything: the target, the branches it wants, and what would be in their way. */
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import { shellWord } from '../base/text.js';
import type { Failure } from '../model/failure.js';
import type { CommitId, PlanId } from '../model/ids.js';
import { checkoutsOf } from './checkouts.js';
import { tryGit } from './git.js';
import { listRefs, resolveCommit } from './refs.js';
import type { Repository } from './repository.js';

/** Where plans land. */
export interface Target {
  /** Full name: `refs/heads/main`, `refs/remotes/origin/main`. */
  readonly ref: string;
  readonly commit: CommitId;
  /** True for a branch of this repository, which we can move ourselves. */
  readonly local: boolean;
}

/** Finds the target by the name that the user gave it; says what is wrong with it. */
export async function resolveTarget(repository: Repository, name: string): Promise<Result<Target, Failure>> {
  const names = name.startsWith('refs/') ? [name] : [`refs/heads/${name}`, `refs/remotes/${name}`];
  for (const ref of names) {
    const commit = await resolveCommit(repository, ref);
    if (commit !== undefined) return ok({ ref, commit, local: ref.startsWith('refs/heads/') });
  }
  const branches = await listRefs(repository, 'refs/heads/');
  if (branches.length === 0)
    return err({
      kind: 'input',
      code: 'no-commit',
      message: 'the repository has no commit yet',
      hint: 'git commit --allow-empty -m start',
    });
  const known = branches.slice(0, 5).map((branch) => branch.name.slice('refs/heads/'.length));
  return err({
    kind: 'input',
    code: 'unknown-target',
    message: `there is no branch ${name} to land in`,
    hint: `Branches here: ${known.join(', ')}${branches.length > known.length ? ', …' : ''}.`,
  });
}

/** The branch checked out in a folder, short: the default target. */
export async function currentBranch(repository: Repository, folder: string): Promise<Result<string, Failure>> {
  const result = await tryGit(['symbolic-ref', '--quiet', 'HEAD'], { cwd: folder, environment: repository.environment });
  const ref = result.stdout.trim();
  if (result.code === 0 && ref.startsWith('refs/heads/')) return ok(ref.slice('refs/heads/'.length));
  return err({
    kind: 'input',
    code: 'detached-head',
    message: 'no branch is checked out here, so there is no target to land in by default',
    hint: 'Name it in the manifest: target: main',
  });
}

export interface Wanted {
  readonly target: Target;
  /** Short branch name by plan. */
  readonly branches: Readonly<Record<PlanId, string>>;
}

export interface Preflight {
  /** Each stops the run before it touches anything; with the plan whose branch it is about. */
  readonly failures: readonly { readonly failure: Failure; readonly plan?: PlanId }[];
  /** Things that a person should know. */
  readonly warnings: readonly Failure[];
}

/** Looks at everything that a run on these branches would meet. Changes nothing. */
export async function preflight(repository: Repository, wanted: Wanted): Promise<Preflight> {
  const existing = await listRefs(repository, 'refs/heads/');
  const ignoresCase = (await tryGit(['config', '--type=bool', '--get', 'core.ignoreCase'], repository.place)).stdout.trim() === 'true';
  const failures: { failure: Failure; plan?: PlanId }[] = [];
  const warnings: Failure[] = [];
  for (const [plan, branch] of Object.entries(wanted.branches)) {
    const ref = `refs/heads/${branch}`;
    const refuse = (failure: Failure): void => void failures.push({ failure, plan });
    if (ref === wanted.target.ref)
      refuse(
        problem(
          'branch-is-target',
          `plan ${plan} would work on ${branch}, the very branch that plans land in`,
          'Give the plan another branch.',
        ),
      );
    for (const checkout of await checkoutsOf(repository, ref)) {
      if (checkout.ours || ref === wanted.target.ref) continue;
      refuse({
        ...problem(
          'branch-checked-out',
          `branch ${branch} of plan ${plan} is checked out in ${checkout.path}`,
          `git -C ${shellWord(checkout.path)} switch --detach`,
        ),
        kind: 'person',
      });
    }
    for (const { name } of existing) {
      const clash = clashOf(ref, name, ignoresCase);
      if (clash === undefined) continue;
      const failure = problem(
        'branch-clash',
        `branch ${branch} of plan ${plan} ${clash.words}`,
        `Rename one of them: git branch -m ${shellWord(short(name))} <new name>`,
      );
      if (clash.fatal) refuse(failure);
      else warnings.push(failure);
    }
  }
  failures.push(...(await missingIdentity(repository)).map((failure) => ({ failure })));
  warnings.push(...(await behindUpstream(repository, wanted.target)));
  return { failures, warnings };
}

/** How two branch names are in each other's way; undefined: they are not. */
function clashOf(wanted: string, existing: string, ignoresCase: boolean): { readonly words: string; readonly fatal: boolean } | undefined {
  if (wanted === existing) return undefined;
  if (wanted.startsWith(`${existing}/`) || existing.startsWith(`${wanted}/`))
    return { words: `cannot exist beside branch ${short(existing)}`, fatal: true };
  const [one, other] = [wanted.toLowerCase(), existing.toLowerCase()];
  if (one !== other && !one.startsWith(`${other}/`) && !other.startsWith(`${one}/`)) return undefined;
  return {
    words: `differs from branch ${short(existing)} by case only${ignoresCase ? ', which this file system does not tell apart' : ''}`,
    fatal: ignoresCase,
  };
}

async function missingIdentity(repository: Repository): Promise<Failure[]> {
  const result = await tryGit(['var', 'GIT_COMMITTER_IDENT'], repository.place);
  if (result.code === 0) return [];
  return [
    problem('no-identity', 'git does not know who commits', 'git config --global user.name "…" && git config --global user.email "…"'),
  ];
}

async function behindUpstream(repository: Repository, target: Target): Promise<Failure[]> {
  if (!target.local) return [];
  const result = await tryGit(
    ['for-each-ref', '--format=%(upstream:short)%00%(upstream:track,nobracket)', '--', target.ref],
    repository.place,
  );
  const [upstream = '', track = ''] = result.stdout.trim().split('\0');
  const behind = /behind (\d+)/.exec(track)?.[1];
  if (behind === undefined) return [];
  return [
    problem(
      'target-behind',
      `${short(target.ref)} is ${behind} commits behind ${upstream}`,
      `git fetch && git switch ${shellWord(short(target.ref))} && git merge --ff-only ${shellWord(upstream)}, or set target: ${upstream}`,
    ),
  ];
}

function short(ref: string): string {
  return ref.replace(/^refs\/(heads|remotes)\//, '');
}

function problem(code: string, message: string, hint: string): Failure {
  return { kind: 'input', code, message, hint };
}
