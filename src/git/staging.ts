/** Taking up everything that stands in a worktree, into its own index or into one aside. */
import { kindOf, lastLines } from './git-error.js';
import type { GitErrorKind } from './git-error.js';
import { tryGit } from './git.js';
import type { GitPlace } from './git.js';

/** What came of staging the whole tree. */
export type Staging =
  | { readonly kind: 'staged' }
  /** Folders that are repositories of their own: a commit would hold a mere pointer to something nobody else has. */
  | { readonly kind: 'embedded'; readonly paths: readonly string[] }
  /** `unfit`: files or folders with names that git takes into no commit, since some file system would take them for its own. */
  | { readonly kind: 'failed'; readonly error: GitErrorKind; readonly note: string; readonly unfit: readonly string[] };

/** Stages every change, new file and deletion, also outside of a sparse checkout; ignored files stay out. One process. */
export async function stageAll(place: GitPlace, indexFile?: string): Promise<Staging> {
  const result = await tryGit(['add', '--all', '--sparse'], {
    ...place,
    ...(indexFile === undefined ? {} : { variables: { GIT_INDEX_FILE: indexFile } }),
    retries: 5,
  });
  const paths = embeddedPaths(result.stderr);
  if (paths.length > 0) return { kind: 'embedded', paths };
  if (result.code === 0) return { kind: 'staged' };
  return { kind: 'failed', error: kindOf(result.stderr), note: lastLines(result.stderr), unfit: unfitPaths(result.stderr) };
}

/** Paths of which `git add` says that they are repositories, with or without a commit. */
function embeddedPaths(stderr: string): string[] {
  const found: string[] = [];
  for (const line of stderr.split('\n')) {
    const match =
      /^warning: adding embedded git repository: (.+)$/.exec(line) ?? /^error: '(.+?)\/?' does not have a commit checked out$/.exec(line);
    if (match?.[1] !== undefined) found.push(match[1].replace(/\/$/, ''));
  }
  return found;
}

/** What has to go for `git add` to take the rest: of `.GIT/config` the folder. It names one at a time. */
function unfitPaths(stderr: string): string[] {
  const path = /^error: invalid path '([^]*?)'$/m.exec(stderr)?.[1];
  if (path === undefined) return [];
  const parts = path.split('/');
  const at = parts.findIndex((part) => /^(?:\.git|git~)/i.test(part.replace(/[^\x20-\x7e]/g, '')));
  return [at < 0 ? path : parts.slice(0, at + 1).join('/')];
}
