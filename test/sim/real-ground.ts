/** What executors and other people do to a real repository: by a git of their own, which knows nothing of ours. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommitId } from '../../src/model/ids.js';
import type { RepositoryRig } from '../rig/repository.js';
import type { Ground } from './ground.js';
import type { SimClock } from './sim-clock.js';
import type { Tree } from './sim-git.js';

const main = 'refs/heads/main';

export class RealGround implements Ground {
  private readonly rig: RepositoryRig;
  private readonly clock: SimClock;
  /** Folder of the worktrees. */
  private readonly folder: string;

  constructor(rig: RepositoryRig, clock: SimClock, folder: string) {
    this.rig = rig;
    this.clock = clock;
    this.folder = folder;
  }

  /** Folder of the remote. */
  private get origin(): string {
    return join(this.rig.folder, 'origin');
  }

  /** Seconds since the epoch, as git writes them. */
  get date(): string {
    return `${Math.floor(this.clock.now() / 1000)} +0000`;
  }

  slotPath(plan: string, slot: number): string {
    return join(this.folder, slot === 0 ? plan : slot > 0 ? `${plan}.${slot + 1}` : `${plan}.verify${-slot}`);
  }

  tip(ref: string): CommitId | undefined {
    try {
      return this.git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
    } catch {
      return undefined;
    }
  }

  parent(commit: CommitId): CommitId | undefined {
    return this.tip(`${commit}^`);
  }

  tree(commit: CommitId): Tree {
    const listed = this.git(['ls-tree', '-r', '-z', '--full-tree', commit]);
    const entries = listed.split('\0').flatMap((line) => {
      const [facts = '', path] = line.split('\t');
      return path === undefined ? [] : [{ path, blob: facts.split(' ')[2] ?? '' }];
    });
    const printed = this.git(['cat-file', '--batch'], { input: entries.map(({ blob }) => `${blob}\n`).join('') });
    // `<id> blob <size>`, then the content: every one is a single line here.
    const contents = printed.split('\n').filter((_, index) => index % 2 === 1);
    return new Map(entries.map(({ path }, index) => [path, contents[index] ?? '']));
  }

  commitOn(ref: string, path: string, content: string, subject: string): void {
    this.commitIn(this.rig.top, ref, path, content, subject);
  }

  private commitIn(cwd: string, ref: string, path: string, content: string, subject: string): void {
    const who = `Rig <rig@example.com> ${this.date}`;
    const lines = [`commit ${ref}`, `author ${who}`, `committer ${who}`, data(`${subject}\n`), `from ${ref}^0`, `M 100644 inline ${path}`, data(content), ''];
    this.git(['fast-import', '--quiet', '--force'], { cwd, input: lines.join('\n') });
  }

  set(ref: string, commit: CommitId): void {
    this.git(['update-ref', ref, commit]);
  }

  delete(ref: string): void {
    this.git(['update-ref', '-d', ref]);
  }

  removeWorktree(path: string): void {
    rmSync(path, { recursive: true, force: true });
  }

  write(path: string, files: ReadonlyMap<string, string>): void {
    if (!existsSync(path)) return;
    for (const [file, content] of files) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), content);
    }
  }

  commitAll(path: string, subject: string): void {
    if (!existsSync(path)) return;
    this.git(['add', '--all'], { cwd: path });
    if (this.git(['diff', '--cached', '--name-only'], { cwd: path }) === '') return;
    this.git(['commit', '--quiet', '-m', subject], { cwd: path });
  }

  pushElsewhere(path: string, content: string, subject: string): void {
    this.commitIn(this.origin, main, path, content, subject);
  }

  pull(subject: string): void {
    this.git(['fetch', '--quiet', 'origin']);
    const [here = '', there = ''] = [this.tip(main), this.tip('refs/remotes/origin/main')];
    const base = this.git(['merge-base', here, there]);
    if (base === there) return;
    if (base === here) this.set(main, there);
    else {
      const tree = this.git(['merge-tree', '--write-tree', here, there]);
      this.set(main, this.git(['commit-tree', tree, '-p', here, '-p', there, '-m', subject]));
    }
  }

  /** By the product's own deed, which whoever opens the repository puts here. */
  undo: Ground['undo'] = () => Promise.resolve([]);

  /** The product's own, likewise. */
  radar: Ground['radar'] = () => () => Promise.resolve({ appeared: [], cleared: [] });

  /** The branch that a worktree's HEAD is attached to ('': none) and the commit that it stands at ('': none). */
  headOf(cwd: string): readonly [branch: string, commit: CommitId] {
    const status = this.git(['status', '--porcelain=v2', '--branch', '--untracked-files=no'], { cwd });
    const said = (key: string): string => new RegExp(`^# branch\\.${key} (?!\\()(.*)$`, 'm').exec(status)?.[1] ?? '';
    return [said('head'), said('oid')];
  }

  /** Runs git at once and gives what it printed, without the last newline. */
  git(args: readonly string[], { cwd = this.rig.top, input }: { readonly cwd?: string; readonly input?: string } = {}): string {
    const env = { ...this.rig.environment, GIT_AUTHOR_DATE: this.date, GIT_COMMITTER_DATE: this.date };
    return execFileSync('git', args, { cwd, env, input: input ?? '', encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'] }).replace(/\n$/, '');
  }
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}
