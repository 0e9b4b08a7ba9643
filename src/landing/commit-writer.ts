/** Writing many commit objects without a process for each: one long-lived `hash-object` does it, exactly as git writes objects. */

import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { authorVariables } from '../git/commit.js';
import { git, tryGit } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import { GitSession } from '../git/session.js';
import type { CommitId } from '../model/ids.js';

/** A commit to be written. */
export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly CommitId[];
  readonly message: string;
  /** `Name <mail> <seconds> <zone>`; the user's identity and now when absent. */
  readonly author?: string;
}

/** What the user's configuration says about commits. */
interface CommitConfiguration {
  readonly author: string;
  readonly committer: string;
  /** git itself has to write them: they are signed, or not in UTF-8. */
  readonly byGit: boolean;
}

/** Writes commits for one chain of candidates; close it afterwards. */
export class CommitWriter {
  readonly #repository: Repository;
  readonly #folder: string;
  readonly #session: GitSession;
  #configuration: Promise<CommitConfiguration> | undefined;
  #written = 0;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#folder = join(repository.commonDir, 'plan', 'tmp', `commits-${randomUUID()}`);
    this.#session = new GitSession(['hash-object', '-t', 'commit', '-w', '--no-filters', '--stdin-paths'], repository.place, { milliseconds: 600_000, requests: 100_000 });
  }

  /** Writes one commit and gives its id; no ref moves, no hook runs. Signed when the user's commits are. */
  async write(commit: NewCommit): Promise<CommitId> {
    const configuration = await this.#look();
    if (configuration.byGit) return this.#writeByGit(commit);
    return this.#writeRaw(commit, commit.author ?? configuration.author, configuration.committer);
  }

  /** A commit that nobody sees: it only tells merge-tree what has been merged already. The same content gives the same id. */
  standIn(tree: string, parents: readonly CommitId[]): Promise<CommitId> {
    const nobody = 'plan <plan> 0 +0000';
    return this.#writeRaw({ tree, parents, message: 'stands in for what landed\n' }, nobody, nobody);
  }

  /** Ends the process and removes what was put aside for it. */
  async close(): Promise<void> {
    this.#session.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #writeRaw(commit: NewCommit, author: string, committer: string): Promise<CommitId> {
    const header = [`tree ${commit.tree}`, ...commit.parents.map((parent) => `parent ${parent}`), `author ${author}`, `committer ${committer}`];
    this.#written += 1;
    if (this.#written === 1) await mkdir(this.#folder, { recursive: true });
    const file = join(this.#folder, String(this.#written));
    await writeFile(file, `${header.join('\n')}\n\n${commit.message}`);
    return this.#session.ask(`${file}\n`, takeLine);
  }

  async #writeByGit(commit: NewCommit): Promise<CommitId> {
    const parents = commit.parents.flatMap((parent) => ['-p', parent]);
    const variables = commit.author === undefined ? {} : { variables: authorVariables(commit.author) };
    const sign = (await this.#repository.signsCommits()) ? '-S' : '--no-gpg-sign';
    return (await git(['commit-tree', sign, ...parents, commit.tree], { ...this.#repository.place, input: commit.message, ...variables })).trim();
  }

  #look(): Promise<CommitConfiguration> {
    this.#configuration ??= Promise.all([
      git(['var', 'GIT_AUTHOR_IDENT'], this.#repository.place),
      git(['var', 'GIT_COMMITTER_IDENT'], this.#repository.place),
      this.#repository.signsCommits(),
      tryGit(['config', '--get', 'i18n.commitEncoding'], this.#repository.place),
    ]).then(([author, committer, signs, encoding]) => ({
      author: author.trim(),
      committer: committer.trim(),
      byGit: signs || !/^(utf-?8)?$/i.test(encoding.stdout.trim()),
    }));
    return this.#configuration;
  }
}

function takeLine(received: Buffer): { value: string; used: number } | undefined {
  const end = received.indexOf(0x0a);
  return end < 0 ? undefined : { value: received.toString('utf8', 0, end), used: end + 1 };
}
