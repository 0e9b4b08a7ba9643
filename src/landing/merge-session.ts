/**
 * Merging many pairs in memory, one after another, each needing the result of the one before: by one git that stays, where it can be
 * had to answer at once (git 2.49 does; before, `stdbuf` makes it), else by gits that a shell starts, which is cheaper than from here.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { ok, type Result } from '../base/result.js';
import { comparisonRequest, takeDifferences } from '../git/attribute-comparison.js';
import { attributesFolder } from '../git/attributes.js';
import { mergeTrees, type TreeConflict } from '../git/merge.js';
import type { Repository } from '../git/repository.js';
import { GitSession } from '../git/session.js';
import type { CommitId } from '../model/ids.js';

const stream = 'git merge-tree --write-tree --stdin -z --name-only --no-messages';
/** Speaks as the stream does. Only object ids ever reach it. */
const loop = `while read -r ours theirs; do if tree=$(git merge-tree --write-tree --no-messages "$ours" "$theirs" </dev/null 2>/dev/null); then printf '1\\0%s\\0\\0' "$tree"; else printf '0\\0none\\0\\0'; fi; done; :`;
const buffered = `if command -v stdbuf >/dev/null; then exec stdbuf -o0 ${stream}; fi; ${loop}`;

/** A stream that has not said a word by then keeps its answers to itself (a git that `stdbuf` has no power over). */
const firstAnswer = 3_000;
const limits = { milliseconds: 600_000, requests: 2_000 };

/** Gives the same trees as `mergeTrees`; close it afterwards. */
export class MergeSession {
  readonly #repository: Repository;
  #session: GitSession;
  /** It has answered, or its answers cannot get stuck. */
  #trusted: boolean;
  #first: Promise<unknown> = Promise.resolve();
  /** Attributes play no part in any merge that is to come. */
  #plain = false;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#trusted = repository.atLeast(2, 49);
    this.#session = shell(repository, this.#trusted ? `exec ${stream}` : buffered);
  }

  /** Starts the git beside whatever else there is to do first. */
  warm(commit: CommitId): void {
    if (isId(commit)) void this.#ask(`${commit} ${commit}\n`);
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
      const tree = await this.#ask(`${ours} ${theirs}\n`);
      if (tree !== undefined) return ok({ tree });
    }
    return mergeTrees(this.#repository, ours, theirs);
  }

  close(): void {
    this.#session.close();
  }

  /** One at a time until it is known that answers come. */
  #ask(request: string): Promise<string | undefined> {
    if (this.#trusted) return this.#session.ask(request, takeTree).catch(() => undefined);
    const turn = this.#first.then(() => this.#askFirst(request));
    this.#first = turn;
    return turn;
  }

  async #askFirst(request: string): Promise<string | undefined> {
    const answer = this.#session.ask(request, takeTree).catch(() => undefined);
    if (this.#trusted) return answer;
    const stop = new AbortController();
    const first = await Promise.race([answer.then(() => 'answered'), pause(firstAnswer, 'silent', { signal: stop.signal }).catch(() => 'stopped')]);
    stop.abort();
    this.#trusted = true;
    if (first === 'answered') return answer;
    this.#session.close();
    this.#session = shell(this.#repository, loop);
    return this.#session.ask(request, takeTree).catch(() => undefined);
  }
}

function shell(repository: Repository, script: string): GitSession {
  return new GitSession(['-c', `alias.merge-pairs=!${script}`, 'merge-pairs'], repository.place, limits);
}

function isId(text: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(text);
}

/** `<1 clean, 0 conflict> NUL <tree> NUL`, paths in conflict, each with its NUL, then one more. A conflict is asked for again in full. */
function takeTree(received: Buffer): { value: string | undefined; used: number } | undefined {
  let at = received.indexOf(0, received.indexOf(0) + 1);
  if (received.indexOf(0) < 0 || at < 0) return undefined;
  const [status, tree] = received.toString('latin1', 0, at).split('\0');
  for (let next = received.indexOf(0, at + 1); next >= 0; next = received.indexOf(0, at + 1)) {
    if (next === at + 1) return { value: status === '1' && isId(tree ?? '') ? tree : undefined, used: next + 1 };
    at = next;
  }
  return undefined;
}
