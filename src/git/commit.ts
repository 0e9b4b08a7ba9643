/** Making commits from trees, without a worktree, and the messages they carry. */
import type { CommitId } from '../model/ids.js';
import type { Trailer } from './deeds.js';
import { git } from './git.js';
import type { Repository } from './repository.js';

export interface CommitContent {
  readonly tree: string;
  readonly parents: readonly CommitId[];
  /** Taken as it is: no line is treated as a comment. */
  readonly message: string;
  /** `Name <mail> <seconds> <zone>` as a commit holds it; the user's identity and now when absent. */
  readonly author?: string;
  /** Absent: as the user's `commit.gpgSign` says. */
  readonly sign?: boolean;
}

/** Writes a commit object and gives its id; no ref moves. Hooks do not run; it is signed when the user's commits are. */
export async function commitTree(repository: Repository, content: CommitContent): Promise<CommitId> {
  const sign = content.sign ?? (await repository.signsCommits());
  const parents = content.parents.flatMap((parent) => ['-p', parent]);
  const args = ['commit-tree', ...(sign ? ['-S'] : ['--no-gpg-sign']), ...parents, content.tree];
  const written = await git(args, {
    ...repository.place,
    input: content.message,
    ...(content.author === undefined ? {} : { variables: authorVariables(content.author) }),
  });
  return written.trim();
}

/** A message from its parts: one subject line, a body, and trailers that no text of the body can be taken for. */
export function commitMessage(subject: string, body: string, trailers: readonly Trailer[]): string {
  const head = oneLine(subject) || 'Untitled';
  const text = clean(body)
    .replace(/^\s*\n/, '')
    .trimEnd();
  const tail = trailers.map(([key, value]) => `${key}: ${oneLine(value)}`).join('\n');
  return `${[head, text, tail].filter((part) => part !== '').join('\n\n')}\n`;
}

/** Bytes of one message at most: a task's body may be a whole specification. */
const bodyLimit = 32 * 1024;

function clean(text: string): string {
  const bounded = text.length > bodyLimit ? `${text.slice(0, bodyLimit)}\n[…]` : text;
  // A commit message cannot hold NUL; other control characters would reach the terminals of those who read the log.
  const printable = bounded.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\n\t]/gu, '');
  // Half a surrogate pair, cut off above or sent so, becomes the replacement character.
  return Buffer.from(printable, 'utf8').toString('utf8');
}

function oneLine(text: string): string {
  return clean(text.slice(0, 2000)).replace(/\s+/g, ' ').trim();
}

/** Name, mail and date of an author line, as variables that git takes them from. */
export function authorVariables(author: string): Record<string, string> {
  const match = /^(.*?) ?<([^>]*)> (\d+) ([+-]\d{4})$/.exec(author);
  if (match === null) return {};
  const [, name = '', mail = '', seconds = '0', zone = '+0000'] = match;
  // git takes no empty name; a mail address is the next best thing to know somebody by.
  return { GIT_AUTHOR_NAME: name === '' ? mail || 'unknown' : name, GIT_AUTHOR_EMAIL: mail, GIT_AUTHOR_DATE: `@${seconds} ${zone}` };
}
