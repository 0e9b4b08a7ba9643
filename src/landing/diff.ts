/** What would land: per plan and in all, as data and as a patch. */

import { git } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { Candidate } from '../model/landing-event.js';

/** How one file changes. */
export interface FileDiff {
  readonly path: string;
  /** The name before, where it was renamed. */
  readonly from?: string;
  /** Lines; undefined for binary files. */
  readonly added: number | undefined;
  readonly removed: number | undefined;
}

/** What one step changes. */
export interface StepDiff {
  readonly from: CommitId;
  readonly to: CommitId;
  readonly files: readonly FileDiff[];
}

/** A chain as changes: each plan's own part, and everything together. */
export interface LandingDiff {
  readonly plans: readonly (StepDiff & { readonly plan: PlanId; readonly resolved?: Candidate['resolved'] })[];
  readonly all: StepDiff;
  /** Paths that differ from others of the landed tree by case only: on some file systems they cannot stand side by side. */
  readonly caseClashes: readonly (readonly [string, string])[];
}

/** Compares the target with each candidate of a chain. One git process for each plan, and two for the whole. */
export async function landingDiff(repository: Repository, onto: CommitId, chain: readonly Candidate[]): Promise<LandingDiff> {
  const plans: LandingDiff['plans'][number][] = [];
  let from = onto;
  for (const { plan, commit, resolved } of chain) {
    plans.push({ plan, ...(await stepDiff(repository, from, commit)), ...(resolved !== undefined && { resolved }) });
    from = commit;
  }
  const all = await stepDiff(repository, onto, from);
  return { plans, all, caseClashes: await caseClashes(repository, from, all.files) };
}

/** The patch between two commits, as `git diff` prints it; undefined when it is longer than `limit` bytes. */
export async function landingPatch(repository: Repository, from: CommitId, to: CommitId, options: { readonly color: boolean; readonly limit: number }): Promise<string | undefined> {
  const args = ['diff-tree', '-p', '-r', '-M', '--no-ext-diff', '--no-textconv', `--color=${options.color ? 'always' : 'never'}`, from, to];
  try {
    return await git(args, { ...repository.place, outputLimit: options.limit });
  } catch (error) {
    if ((error as { kind?: string }).kind === 'too-much-output') return undefined;
    throw error;
  }
}

async function stepDiff(repository: Repository, from: CommitId, to: CommitId): Promise<StepDiff> {
  if (from === to) return { from, to, files: [] };
  const printed = await git(['diff-tree', '-r', '-z', '-M', '--numstat', '--no-ext-diff', '--no-textconv', from, to], { ...repository.place, outputLimit: 256 * 1024 * 1024 });
  return { from, to, files: parseNumstat(printed) };
}

/** `<added> TAB <removed> TAB <path> NUL`; for a rename the path is empty and two names follow. */
export function parseNumstat(printed: string): FileDiff[] {
  const fields = printed.split('\0');
  const files: FileDiff[] = [];
  for (let at = 0; at < fields.length; at += 1) {
    const [added = '', removed = '', ...rest] = (fields[at] as string).split('\t');
    if (rest.length === 0) continue;
    const counts = { added: added === '-' ? undefined : Number(added), removed: removed === '-' ? undefined : Number(removed) };
    const path = rest.join('\t');
    if (path !== '') files.push({ path, ...counts });
    else {
      const [from = '', to = ''] = fields.slice(at + 1, at + 3);
      files.push({ path: to, from, ...counts });
      at += 2;
    }
  }
  return files;
}

/** Pairs of paths in a commit, one of them changed by the landing, that are equal but for case. */
async function caseClashes(repository: Repository, commit: CommitId, changed: readonly FileDiff[]): Promise<readonly (readonly [string, string])[]> {
  if (changed.length === 0) return [];
  const wanted = new Map(changed.map((file) => [file.path.toLowerCase(), new Set<string>()]));
  const listed = await git(['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit], { ...repository.place, outputLimit: 512 * 1024 * 1024 });
  for (const path of listed.split('\0')) wanted.get(path.toLowerCase())?.add(path);
  return [...wanted.values()].flatMap((paths) => {
    const [first, ...others] = [...paths].sort();
    return first === undefined ? [] : others.map((other) => [first, other] as const);
  });
}
