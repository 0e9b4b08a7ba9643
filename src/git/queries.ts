/** Questions that commands ask for people: logs, differences, pictures of history. Nothing here changes anything. */
import { simpleGit } from 'simple-git';
import type { SimpleGit } from 'simple-git';
import type { CommitId } from '../model/ids.js';
import { alwaysOptions } from './git.js';
import type { Repository } from './repository.js';

/** One commit of a history. */
export interface HistoryEntry {
  readonly commit: CommitId;
  readonly parents: readonly CommitId[];
  readonly subject: string;
  readonly author: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `Key: value` lines at the end of the message. */
  readonly trailers: readonly (readonly [key: string, value: string])[];
}

/** What one file's change amounts to. */
export interface FileChange {
  readonly path: string;
  /** Its former path, where it was renamed. */
  readonly from?: string;
  /** Lines; 0 for binary files. */
  readonly added: number;
  readonly deleted: number;
  readonly binary: boolean;
}

export interface DiffSummary {
  readonly files: readonly FileChange[];
  readonly added: number;
  readonly deleted: number;
}

const historyLimit = 10_000;
const fields = ['%H', '%P', '%s', '%an', '%at', '%(trailers:only,unfold)'];

/** Answers questions about one repository. */
export class Queries {
  readonly #git: SimpleGit;

  constructor(repository: Repository) {
    this.#git = simpleGit({
      baseDir: repository.commonDir,
      config: [...alwaysOptions.filter((option) => option !== '-c'), 'core.quotePath=false', 'log.showSignature=false', 'color.ui=false'],
      maxConcurrentProcesses: 4,
      trimmed: false,
      allowEnvironment: [...configurationNames],
      // Where the user says that the configuration is, it is: git itself follows the same variables.
      unsafe: { allowUnsafeConfigPaths: true },
    }).env(allowedEnvironment(repository.environment));
  }

  /** Commits of `to` that `from` does not have, newest first; all of `to` without `from`. Bounded by `limit`. */
  async history(
    from: string | undefined,
    to: string,
    options: { readonly limit?: number; readonly firstParent?: boolean } = {},
  ): Promise<HistoryEntry[]> {
    const output = await this.#git.raw([
      'log',
      `--max-count=${Math.min(options.limit ?? historyLimit, historyLimit)}`,
      `--format=${fields.join('%x00')}%x00%x01`,
      ...(options.firstParent === true ? ['--first-parent'] : []),
      '--end-of-options',
      ...(from === undefined ? [to] : [`${from}..${to}`]),
      '--',
    ]);
    return output
      .split('\u0001')
      .map((record) => record.replace(/^\n/, ''))
      .filter((record) => record !== '')
      .map(parseHistory);
  }

  /** Files that differ between two commits, with renames found. */
  async diffSummary(from: string, to: string): Promise<DiffSummary> {
    const output = await this.#git.raw([
      'diff',
      '--numstat',
      '-z',
      '-M',
      '--no-ext-diff',
      '--no-textconv',
      '--end-of-options',
      from,
      to,
      '--',
    ]);
    const files = parseNumstat(output);
    return { files, added: sum(files.map((file) => file.added)), deleted: sum(files.map((file) => file.deleted)) };
  }

  /** The patch between two commits, as people read it; with colours where wished. */
  async diff(from: string, to: string, colour = false): Promise<string> {
    return this.#git.raw([
      'diff',
      '-M',
      '--no-ext-diff',
      '--no-textconv',
      colour ? '--color=always' : '--color=never',
      '--end-of-options',
      from,
      to,
      '--',
    ]);
  }

  /** History as git draws it, one line a commit. `stop`: what is behind these commits is left out. */
  async graphLog(
    refs: readonly string[],
    options: { readonly stop?: readonly string[]; readonly limit?: number; readonly colour?: boolean } = {},
  ): Promise<string> {
    return this.#git.raw([
      'log',
      '--graph',
      '--oneline',
      '--decorate=short',
      `--color=${options.colour === true ? 'always' : 'never'}`,
      `--max-count=${options.limit ?? 200}`,
      '--end-of-options',
      ...refs,
      ...(options.stop ?? []).map((ref) => `^${ref}`),
      '--',
    ]);
  }
}

const configurationNames = new Set(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM']);

/**
 * simple-git refuses an environment that holds editors, pagers, ssh commands and most of git's own variables. Only those that say
 * where the user keeps the configuration play a part in a question.
 */
function allowedEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => configurationNames.has(name) || !/^GIT_|EDITOR$|PAGER$|^SSH_ASKPASS$|^PREFIX$/.test(name),
    ),
  );
  return { ...kept, LC_ALL: 'C' };
}

function parseHistory(record: string): HistoryEntry {
  const [commit = '', parents = '', subject = '', author = '', seconds = '0', trailers = ''] = record.split('\0');
  return {
    commit,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    subject,
    author,
    at: Number(seconds) * 1000,
    trailers: trailers.split('\n').flatMap((line) => {
      const colon = line.indexOf(': ');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 2)] as const];
    }),
  };
}

/** `<added> TAB <deleted> TAB <path> NUL`, or for a rename `<added> TAB <deleted> TAB NUL <from> NUL <to> NUL`. */
function parseNumstat(output: string): FileChange[] {
  const parts = output.split('\0');
  const files: FileChange[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const match = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/.exec(parts[index] ?? '');
    if (match === null) continue;
    const [, added = '0', deleted = '0', path = ''] = match;
    const binary = added === '-';
    const counts = { added: binary ? 0 : Number(added), deleted: binary ? 0 : Number(deleted), binary };
    if (path !== '') files.push({ path, ...counts });
    else {
      files.push({ path: parts[index + 2] ?? '', from: parts[index + 1] ?? '', ...counts });
      index += 2;
    }
  }
  return files;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
