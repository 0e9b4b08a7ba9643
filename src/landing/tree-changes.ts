/** Which paths differ between two trees, asked many times of one long-lived `diff-tree`. */

import type { Repository } from '../git/repository.js';
import { git } from '../git/git.js';
import { GitSession } from '../git/session.js';

/** One path that differs. Modes and ids as git prints them; 000000 where there is nothing. */
export interface TreeChange {
  readonly path: string;
  readonly fromMode: string;
  readonly toMode: string;
  readonly fromId: string;
  readonly toId: string;
  /** `A`dded, `M`odified, `D`eleted, `T`ype changed. */
  readonly status: string;
}

/** Paths that a rename took part in, as git's own detection sees it. */
export interface TreeRename {
  readonly from: string;
  readonly to: string;
}

/** Compares trees; close it afterwards. */
export class TreeChanges {
  readonly #repository: Repository;
  readonly #session: GitSession;

  constructor(repository: Repository) {
    this.#repository = repository;
    const args = ['diff-tree', '--stdin', '-r', '--raw', '-z', '--no-renames', '--no-abbrev', '--no-ext-diff'];
    this.#session = new GitSession(args, repository.place, { milliseconds: 600_000, requests: 100_000 });
  }

  /** Every path that differs, files only, sorted as git sorts. Trees (or commits' trees) by their ids. */
  async between(from: string, to: string): Promise<readonly TreeChange[]> {
    if (from === to) return [];
    return this.#session.ask(`${from} ${to}\n${endMark}`, takeChanges);
  }

  /** Renames with the similarity that merges use. One git process. */
  async renames(from: string, to: string): Promise<readonly TreeRename[]> {
    const printed = await git(['diff-tree', '-r', '-z', '--name-status', '-M', '-l0', '--diff-filter=R', from, to], this.#repository.place);
    const fields = printed.split('\0');
    const renames: TreeRename[] = [];
    for (let at = 0; at + 2 < fields.length; at += 3) renames.push({ from: fields[at + 1] as string, to: fields[at + 2] as string });
    return renames;
  }

  close(): void {
    this.#session.close();
  }
}

/** A line that is no object id is echoed, and everything before it flushed. */
const endMark = 'end\n';
const colon = 0x3a;
const newline = 0x0a;

/** `<tree> <tree> NUL`, then `:<modes, ids, status> NUL <path> NUL` for each change, then the mark. */
function takeChanges(received: Buffer): { value: TreeChange[]; used: number } | undefined {
  // Quick look first: an answer may come in many pieces.
  if (received.length < endMark.length || !received.subarray(-endMark.length).equals(Buffer.from(endMark))) return undefined;
  // The mark ends a line: one is found.
  let at = received.findIndex((byte) => byte === 0 || byte === newline) + 1;
  const changes: TreeChange[] = [];
  while (received[at] === colon) {
    const endOfFacts = received.indexOf(0, at);
    const endOfPath = received.indexOf(0, Math.max(at, endOfFacts) + 1);
    if (endOfPath < 0) return undefined;
    const [fromMode = '', toMode = '', fromId = '', toId = '', status = ''] = received.toString('latin1', at + 1, endOfFacts).split(' ');
    changes.push({ path: received.toString('utf8', endOfFacts + 1, endOfPath), fromMode, toMode, fromId, toId, status });
    at = endOfPath + 1;
  }
  if (received.length < at + endMark.length) return undefined;
  return { value: changes, used: at + endMark.length };
}
