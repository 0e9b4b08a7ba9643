/** Everything that was ever written in a worktree: it stands there, or a commit that some ref leads to holds it. */
import { assert } from '../../src/base/assert.js';
import type { CommitId } from '../../src/model/ids.js';
import type { SimRepository } from './sim-git.js';

interface Written {
  readonly worktree: string;
  readonly file: string;
  readonly content: string;
}

export class KeptWork {
  private readonly repository: SimRepository;
  /** What no commit was found to hold so far. */
  private open: Written[] = [];

  constructor(repository: SimRepository) {
    this.repository = repository;
  }

  /** Somebody writes; what stood in a file that is written over was theirs to give up. */
  write(worktree: string, files: ReadonlyMap<string, string>): void {
    this.open = this.open.filter((one) => !(one.worktree === worktree && files.has(one.file) && this.stands(one)));
    for (const [file, content] of files) this.open.push({ worktree, file, content });
  }

  /** Somebody else takes away what stood in a worktree and in no commit. */
  giveUp(worktree: string): void {
    this.settle();
    this.open = this.open.filter((one) => one.worktree !== worktree || !this.stands(one));
  }

  /** Forgets what commits hold: from then on it is their refs that must not be lost. */
  settle(): void {
    if (this.open.length === 0) return;
    const held = new Set<string>();
    const seen = new Set<CommitId>();
    for (const tip of this.repository.refs.values()) {
      for (const open = [tip]; open.length > 0; ) {
        const id = open.pop() as CommitId;
        if (seen.has(id)) continue;
        seen.add(id);
        const { tree, parents } = this.repository.get(id);
        for (const { file, content } of this.open) if (tree.get(file) === content) held.add(`${file}\n${content}`);
        open.push(...parents);
      }
    }
    this.open = this.open.filter(({ file, content }) => !held.has(`${file}\n${content}`));
  }

  /** Nothing that was written is gone. */
  check(): void {
    this.settle();
    for (const one of this.open) {
      const isCommitted = [...this.repository.worktrees.values(), ...this.repository.gone.values()].some((worktree) => this.leadsTo(this.repository.headOf(worktree), one));
      assert(this.stands(one) || isCommitted, `what was written to ${one.file} in ${one.worktree} (${one.content}) is nowhere any more`);
    }
  }

  private stands({ worktree, file, content }: Written): boolean {
    return this.repository.worktrees.get(worktree)?.files.get(file) === content;
  }

  private leadsTo(head: CommitId, { file, content }: Written): boolean {
    return head !== '' && [...this.repository.ancestors(head)].some((id) => this.repository.get(id).tree.get(file) === content);
  }
}
