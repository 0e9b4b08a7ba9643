/**
 * Merging many pairs in memory, one after another, each needing the result of the one before. A shell that stays starts the gits:
 * from it a process costs a fraction of what it costs from here.
 */

import { ok, type Result } from '../base/result.js';
import { comparisonRequest, takeDifferences } from '../git/attribute-comparison.js';
import { attributesFolder } from '../git/attributes.js';
import { mergeTrees, type TreeConflict } from '../git/merge.js';
import type { Repository } from '../git/repository.js';
import { GitSession } from '../git/session.js';
import type { CommitId } from '../model/ids.js';

/** Only object ids ever reach it. */
const loop = `!while read -r ours theirs; do git merge-tree --write-tree --no-messages "$ours" "$theirs" </dev/null 2>/dev/null; printf 'end %d\\n' $?; done; :`;

/** Gives the same trees as `mergeTrees`; close it afterwards. */
export class MergeSession {
  readonly #repository: Repository;
  readonly #session: GitSession;
  #plain = false;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#session = new GitSession(['-c', `alias.merge-pairs=${loop}`, 'merge-pairs'], repository.place, { milliseconds: 600_000, requests: 100_000 });
  }

  /** Looks once, by trees, whether attributes can play a part in merging these: not where the first has none that matter and no other has different ones. */
  async expect(onto: string, heads: readonly string[]): Promise<void> {
    if ((await attributesFolder(this.#repository, onto)) !== undefined) return;
    const differences = await Promise.all(heads.map((head) => this.#repository.attributeChanges.ask(comparisonRequest(onto, head), takeDifferences)));
    this.#plain = differences.every((found) => found?.length === 0);
  }

  /** The tree of merging `theirs` into `ours`. */
  async merge(ours: CommitId, theirs: CommitId): Promise<Result<{ readonly tree: string }, TreeConflict>> {
    // Attributes are read from the folder that merge-tree runs in, and this one runs in none.
    if (isId(ours) && isId(theirs) && (this.#plain || (await attributesFolder(this.#repository, ours)) === undefined)) {
      const tree = await this.#session.ask(`${ours} ${theirs}\n`, takeTree).catch(() => undefined);
      if (tree !== undefined) return ok({ tree });
    }
    return mergeTrees(this.#repository, ours, theirs);
  }

  close(): void {
    this.#session.close();
  }
}

function isId(text: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(text);
}

/** `<tree> LF`, paths in conflict, then `end <exit code> LF`; anything but a clean merge is asked for again in full. */
function takeTree(received: Buffer): { value: string | undefined; used: number } | undefined {
  const text = received.toString('latin1');
  const match = /(?:^|\n)end (\d+)\n$/.exec(text);
  if (match === null) return undefined;
  const tree = /^([0-9a-f]{40,64})\n/.exec(text)?.[1];
  return { value: match[1] === '0' ? tree : undefined, used: received.length };
}
