/** A real repository in a temporary folder, with a home, a git configuration and dates of its own: the same commands give the same ids. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a file of a tree holds: text, bytes, an executable script, a symbolic link, or null for "not there". */
export type FileContent = string | Uint8Array | { readonly executable: string } | { readonly link: string } | null;
/** Files by path relative to the folder they are written in. */
export type Files = Readonly<Record<string, FileContent>>;

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Where it runs; the main worktree when absent. */
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RepositoryOptions {
  /** Files of the first commit, whose subject is `start`; `{ 'README.md': 'start\n' }` when absent. */
  readonly files?: Files;
  readonly bare?: boolean;
  readonly branch?: string;
}

/** One temporary folder: `home`, the repository `top`, and room for everything else. */
export class RepositoryRig {
  /** Absolute, without symbolic links. Everything of the test lies below it. */
  readonly folder: string;
  readonly home: string;
  /** The main worktree (of a bare repository: the repository itself). */
  readonly top: string;
  /** The hermetic environment: hand it to everything that is started by the test. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #marker: string;
  readonly #children = new Set<ChildProcess>();
  #second = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.top = join(folder, 'repository');
    this.#marker = randomUUID();
    this.environment = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: this.home,
      XDG_CONFIG_HOME: join(this.home, '.config'),
      TMPDIR: join(folder, 'tmp'),
      LC_ALL: 'C',
      TZ: 'UTC',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      RIG_MARKER: this.#marker,
    };
  }

  /** Makes the folder, the home and a repository with one commit, `start`, on `main`. */
  static async create(options: RepositoryOptions = {}): Promise<RepositoryRig> {
    const rig = new RepositoryRig(await realpath(await mkdtemp(join(tmpdir(), 'plan-rig-'))));
    await Promise.all([rig.home, rig.top, join(rig.folder, 'tmp')].map((folder) => mkdir(folder, { recursive: true })));
    await writeFile(join(rig.home, '.gitconfig'), gitConfiguration);
    const branch = options.branch ?? 'main';
    if (options.bare === true) {
      const seed = join(rig.folder, 'seed');
      await mkdir(seed);
      await rig.#start(seed, branch, options.files);
      await rig.git(['clone', '--quiet', '--bare', seed, rig.top], { cwd: rig.folder });
    } else {
      await rig.#start(rig.top, branch, options.files);
    }
    return rig;
  }

  async #start(folder: string, branch: string, files: Files = { 'README.md': 'start\n' }): Promise<void> {
    await this.git(['init', '--quiet', '--initial-branch', branch], { cwd: folder });
    await this.commit('start', files, { cwd: folder });
  }

  /** Runs git and gives its standard output without the last newline; throws with its words when it fails. */
  async git(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.tryGit(args, options);
    if (result.code !== 0) throw new Error(`git ${args.join(' ')} ended with ${result.code}: ${result.stderr}${result.stdout}`);
    return result.stdout.replace(/\n$/, '');
  }

  /** Runs git and gives how it ended. Every command is one second later than the one before. */
  tryGit(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    this.#second += 1;
    const date = `${1_700_000_000 + this.#second} +0000`;
    return this.run('git', args, { ...options, env: { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, ...options.env } });
  }

  /** Runs any program in the hermetic environment. Never throws for its exit code. */
  run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        program,
        args,
        { cwd: options.cwd ?? this.top, env: { ...this.environment, ...options.env }, maxBuffer: 256 * 1024 * 1024 },
        (error, stdout, stderr) => {
          if (error !== null && typeof error.code === 'string') reject(error);
          else resolve({ code: error === null ? 0 : Number(error.code ?? 128), stdout, stderr });
        },
      );
      // A program that ends without reading its input is no fault of the test.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(options.input ?? '');
    });
  }

  /** Starts a program and returns at once; whatever is left of it is killed by `cleanup`. */
  spawn(program: string, args: readonly string[], options: Omit<RunOptions, 'input'> & { readonly detached?: boolean } = {}): ChildProcess {
    const child = spawn(program, args, {
      cwd: options.cwd ?? this.top,
      env: { ...this.environment, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: options.detached ?? false,
    });
    child.stdin.on('error', () => undefined);
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /** Writes, links or (null) removes files below `cwd`; folders are made as needed. */
  async write(files: Files, options: Pick<RunOptions, 'cwd'> = {}): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const file = join(options.cwd ?? this.top, path);
      await rm(file, { recursive: true, force: true });
      if (content === null) continue;
      await mkdir(dirname(file), { recursive: true });
      if (typeof content === 'string' || content instanceof Uint8Array) await writeFile(file, content);
      else if ('link' in content) await symlink(content.link, file);
      else {
        await writeFile(file, content.executable);
        await chmod(file, 0o755);
      }
    }
  }

  /** Writes the files, commits everything in the worktree and gives the commit's id. */
  async commit(subject: string, files: Files = {}, options: Pick<RunOptions, 'cwd'> = {}): Promise<string> {
    await this.write(files, options);
    await this.git(['add', '--all'], options);
    await this.git(['commit', '--quiet', '--allow-empty', '-m', subject], options);
    return this.git(['rev-parse', 'HEAD'], options);
  }

  /** Creates or moves a branch without checking it out. */
  async branch(name: string, at = 'HEAD'): Promise<void> {
    await this.git(['branch', '--force', name, at]);
  }

  /** Commits files on top of a branch that is checked out nowhere, without touching any worktree; creates it at `main` when it is new. */
  async commitOn(branch: string, subject: string, files: Files, start = 'main'): Promise<string> {
    const index = { GIT_INDEX_FILE: join(this.folder, 'tmp', `index-${randomUUID()}`) };
    const found = await this.tryGit(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]);
    const parent = found.code === 0 ? found.stdout.trim() : await this.git(['rev-parse', start]);
    await this.git(['read-tree', parent], { env: index });
    for (const [path, content] of Object.entries(files)) {
      if (content === null) await this.git(['update-index', '--force-remove', path], { env: index });
      else {
        const { mode, bytes } = stored(content);
        const blob = await this.git(['hash-object', '-w', '--stdin'], { input: bytes });
        await this.git(['update-index', '--add', '--cacheinfo', `${mode},${blob},${path}`], { env: index });
      }
    }
    const tree = await this.git(['write-tree'], { env: index });
    const commit = await this.git(['commit-tree', tree, '-p', parent, '-m', subject]);
    await this.git(['update-ref', `refs/heads/${branch}`, commit]);
    return commit;
  }

  /** The commit of a ref or expression; undefined when there is none. */
  async resolve(ref: string): Promise<string | undefined> {
    const result = await this.tryGit(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
    return result.code === 0 ? result.stdout.trim() : undefined;
  }

  /** Subjects of the first-parent history of a ref, oldest first, one a line. */
  async history(ref = 'HEAD'): Promise<string> {
    return this.git(['log', '--first-parent', '--reverse', '--format=%s', ref, '--']);
  }

  /** `mode path` of every file of a ref's tree, one a line. */
  async tree(ref = 'HEAD'): Promise<string> {
    return this.git(['ls-tree', '-r', '--format=%(objectmode) %(path)', '--full-tree', ref]);
  }

  /** The id of a ref's tree: equal trees have equal ids. */
  async treeId(ref = 'HEAD'): Promise<string> {
    return this.git(['rev-parse', '--verify', `${ref}^{tree}`]);
  }

  /** The text of a file at a ref; undefined when it is not there. */
  async fileAt(ref: string, path: string): Promise<string | undefined> {
    const result = await this.tryGit(['cat-file', 'blob', `${ref}:${path}`]);
    return result.code === 0 ? result.stdout : undefined;
  }

  /** Every ref with its commit, `refs/heads/main <id>`, one a line; below `prefix` when given. */
  async refs(prefix = 'refs/'): Promise<string> {
    return this.git(['for-each-ref', '--format=%(refname) %(objectname)', prefix]);
  }

  /** Ends what the test started and removes the folder. */
  async cleanup(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (let round = 0; round < 5; round += 1) {
      const left = await this.processesLeft();
      if (left.length === 0) break;
      for (const pid of left) killQuietly(pid);
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  /** Pids of living processes that carry this rig's environment. Where there is no /proc: none are found. */
  async processesLeft(): Promise<number[]> {
    const names = await readdir('/proc').catch(() => []);
    const found: number[] = [];
    for (const name of names) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
      const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
      if (environment.split('\0').includes(`RIG_MARKER=${this.#marker}`)) found.push(Number(name));
    }
    return found;
  }
}

/** Wraps a test's body: gives it a fresh repository and cleans up whatever happens. */
export function rigTest(body: (given: { rig: RepositoryRig }) => Promise<void>, options: RepositoryOptions = {}): () => Promise<void> {
  return async () => {
    const rig = await RepositoryRig.create(options);
    try {
      await body({ rig });
    } finally {
      await rig.cleanup();
    }
  };
}

/** Joins lines as git prints them; for comparing histories. */
export function lines(...parts: readonly string[]): string {
  return parts.join('\n');
}

const gitConfiguration = `[user]
	name = Rig
	email = rig@example.com
[init]
	defaultBranch = main
[commit]
	gpgSign = false
[core]
	autocrlf = false
	fsmonitor = false
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
[protocol "file"]
	allow = always
`;

function stored(content: Exclude<FileContent, null>): { mode: string; bytes: string | Uint8Array } {
  if (typeof content === 'string' || content instanceof Uint8Array) return { mode: '100644', bytes: content };
  return 'link' in content ? { mode: '120000', bytes: content.link } : { mode: '100755', bytes: content.executable };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself between the look and the signal.
  }
}
