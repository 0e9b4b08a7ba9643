/** What tests of faults share: the program on a fresh repository, tasks that the test holds, and a namespace in which disks may be small. */
import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeldProcesses } from './held-process.js';
import type { HeldProcess } from './held-process.js';
import { planText, program } from './plan.js';
import type { PhaseScripts } from './plan.js';
import { RepositoryRig } from './repository.js';
import type { RunOptions, RunResult } from './repository.js';

/** A command under way, and what it said when it has ended. */
export interface StartedRun {
  readonly child: ChildProcess;
  readonly ended: Promise<RunResult>;
}

/** One repository with plans, the program, and tasks whose `sh` block is `held.shell`. */
export class FaultRig {
  readonly repository: RepositoryRig;
  readonly held: HeldProcesses;

  private constructor(repository: RepositoryRig, held: HeldProcesses) {
    this.repository = repository;
    this.held = held;
  }

  static async create(): Promise<FaultRig> {
    const repository = await RepositoryRig.create({ files: { 'README.md': 'start\n', '.gitignore': 'plans/\n' } });
    return new FaultRig(repository, await HeldProcesses.listen());
  }

  /** Writes a manifest of these plans (their phases by plan id); `rest` goes before its `plans:`. */
  async orchestration(plans: Readonly<Record<string, readonly PhaseScripts[]>>, rest = ''): Promise<void> {
    const entries = Object.keys(plans).map((id) => `  ${id}: { plan: ${id}.md }\n`);
    await this.repository.write({ 'plans/manifest.yml': `version: 1\ntarget: main\n${rest}plans:\n${entries.join('')}` });
    for (const [id, phases] of Object.entries(plans)) await this.repository.write({ [`plans/${id}.md`]: planText(id, phases) });
  }

  /** The text of a plan's file. */
  planText(id: string): Promise<string> {
    return readFile(join(this.repository.top, 'plans', `${id}.md`), 'utf8');
  }

  /** The main job, to its end. */
  run(options: RunOptions = {}): Promise<RunResult> {
    return this.command(['orchestrate-multi', 'plans/manifest.yml'], options);
  }

  /** Any command, to its end. */
  command(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.repository.run(process.execPath, [program, ...words], { ...options, env: { ...this.held.environment, ...options.env } });
  }

  /** The main job, begun; its output is read all the while. */
  start(env: Readonly<Record<string, string>> = {}): StartedRun {
    const child = this.repository.spawn(process.execPath, [program, 'orchestrate-multi', 'plans/manifest.yml'], { env: { ...this.held.environment, ...env } });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    const ended = once(child, 'close').then(([code]) => ({ code: (code as number | null) ?? 128, stdout, stderr }));
    return { child, ended };
  }

  /** The next held task of this id, such as `A.1.1`. */
  task(node: string): Promise<HeldProcess> {
    return this.held.next(node);
  }

  /** Where a plan's own worktree stands. */
  worktree(plan: string): string {
    return join(`${this.repository.top}.worktrees`, 'manifest', plan);
  }

  /** A path in the folder of the manifest's newest run. */
  async inRun(...path: readonly string[]): Promise<string> {
    const runs = join(this.repository.top, '.git', 'plan', 'runs');
    const newest = (await readdir(runs)).filter((name) => /-\d+$/.test(name)).sort().at(-1) ?? '';
    return join(runs, newest, ...path);
  }

  /** Kinds of the journal's events, in order. */
  async events(): Promise<readonly { readonly kind: string; readonly node?: string; readonly outcome?: { readonly result: string; readonly reason?: string } }[]> {
    const text = await readFile(await this.inRun('journal.ndjson'), 'utf8');
    return text.split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { event: { kind: string } }).event);
  }

  /** What must be so however it ended: the repository is sound, the checkout in step, nothing is left running, no lock is left. */
  async expectSound(): Promise<void> {
    const { repository } = this;
    expect(await repository.git(['fsck', '--no-dangling'])).toBe('');
    expect(await repository.git(['status', '--porcelain'])).toBe('');
    expect(await repository.processesLeft()).toEqual([]);
    const names = await readdir(join(repository.top, '.git'), { recursive: true });
    expect(names.filter((name) => name.endsWith('.lock') && !name.startsWith('plan/locks'))).toEqual([]);
  }

  async cleanup(): Promise<void> {
    await this.held.close();
    await this.repository.cleanup();
  }
}

/** Wraps a test's body: gives it a fresh rig and cleans up whatever happens. */
export function faultTest(body: (rig: FaultRig) => Promise<void>): () => Promise<void> {
  return async () => {
    const rig = await FaultRig.create();
    try {
      await body(rig);
    } finally {
      await rig.cleanup();
    }
  };
}

/** The words before `sh -c <script>` that give the script disks of its own; undefined where this machine does not allow it. */
export const ownMounts: readonly string[] | undefined = [
  ['unshare', '--mount'],
  ['unshare', '--map-root-user', '--mount'],
].find(([word = '', ...words]) => spawnSync(word, [...words, 'sh', '-c', 'mount -t tmpfs none /mnt'], { stdio: 'ignore' }).status === 0);

/** Words that make a command run as somebody for whom permissions count; undefined where they cannot be had. */
export const ordinaryUser: readonly string[] | undefined =
  process.getuid?.() !== 0
    ? ['env']
    : spawnSync('setpriv', ['--reuid', '65534', '--clear-groups', process.execPath, program, '--version'], { stdio: 'ignore' }).status === 0
      ? ['setpriv', '--reuid', '65534', '--clear-groups']
      : undefined;
