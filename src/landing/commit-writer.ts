/** Writing many commits into a quarantine without a process for each. */

import { authorVariables } from '../git/commit.js';
import { git, tryGit } from '../git/git.js';
import type { Repository } from '../git/repository.js';
import type { CommitId } from '../model/ids.js';
import type { Quarantine } from './quarantine.js';

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

/** Writes commits for one chain of candidates. */
export class CommitWriter {
  readonly #quarantine: Quarantine;
  #configuration: Promise<CommitConfiguration> | undefined;

  readonly #real: Repository;

  /** `real` is asked what the user's configuration says; it remembers. */
  constructor(quarantine: Quarantine, real: Repository) {
    this.#quarantine = quarantine;
    this.#real = real;
  }

  /** Writes one commit and gives its id; no ref moves, no hook runs. Signed when the user's commits are. */
  async write(commit: NewCommit): Promise<CommitId> {
    const configuration = await this.#look();
    if (configuration.byGit) return this.#writeByGit(commit);
    return this.#writeRaw(commit, commit.author ?? configuration.author, configuration.committer);
  }

  /** Asks the configuration beside whatever else there is to do first. */
  async warm(): Promise<void> {
    // What is missing is said when a commit is really to be written.
    await this.#look().catch(() => undefined);
  }

  /** A commit that nobody sees: it only tells merge-tree what has been merged already. The same content gives the same id. */
  standIn(tree: string, parents: readonly CommitId[]): CommitId {
    const nobody = 'plan <plan> 0 +0000';
    return this.#writeRaw({ tree, parents, message: 'stands in for what landed\n' }, nobody, nobody);
  }

  #writeRaw(commit: NewCommit, author: string, committer: string): CommitId {
    const header = [`tree ${commit.tree}`, ...commit.parents.map((parent) => `parent ${parent}`), `author ${author}`, `committer ${committer}`];
    return this.#quarantine.write('commit', `${header.join('\n')}\n\n${commit.message}`);
  }

  async #writeByGit(commit: NewCommit): Promise<CommitId> {
    const parents = commit.parents.flatMap((parent) => ['-p', parent]);
    const variables = commit.author === undefined ? {} : { variables: authorVariables(commit.author) };
    const sign = (await this.#real.signsCommits()) ? '-S' : '--no-gpg-sign';
    return (await git(['commit-tree', sign, ...parents, commit.tree], { ...this.#quarantine.repository.place, input: commit.message, ...variables })).trim();
  }

  /** One process tells who commits and how messages are encoded. */
  #look(): Promise<CommitConfiguration> {
    this.#configuration ??= Promise.all([tryGit(['var', '-l'], this.#real.place), this.#real.signsCommits()]).then(async ([variables, signs]) => {
      const value = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'gm').exec(variables.stdout)?.[1];
      // Without an identity git says what is missing.
      const identity = async (role: string): Promise<string> => value(`GIT_${role}_IDENT`) ?? (await git(['var', `GIT_${role}_IDENT`], this.#real.place)).trim();
      const encoding = value('i18n\\.commitencoding') ?? '';
      return {
        author: await identity('AUTHOR'),
        committer: await identity('COMMITTER'),
        byGit: signs || !/^(utf-?8)?$/i.test(encoding),
      };
    });
    return this.#configuration;
  }
}
