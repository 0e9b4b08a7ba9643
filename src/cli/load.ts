/** Manifests and plan files as commands ask for them: read, resolved against the repository that the command is given in. */
import path from 'node:path';
import { ok, type Result } from '../base/result.js';
import { tryGit } from '../git/git.js';
import { listRefs, resolveCommit } from '../git/refs.js';
import { openRepository, type Repository } from '../git/repository.js';
import { loadOrchestration, loadPlan, type Loaded, type LoadOptions } from '../manifest/load-orchestration.js';
import { readLearned } from '../engine/learned.js';
import type { Failure } from '../model/failure.js';
import type { PlanFormat } from '../model/plan-document.js';
import { looksLikeManifest } from '../status/run-command.js';
import type { OptionTable } from './command.js';
import type { Context } from './context.js';
import { poolsOf, readPlan } from './read-plan.js';
import { layerOfFlags } from './setting-flags.js';
import { topOf } from './top.js';

/** The option of commands that read a plan file: its format and, of a file with several plans, which. */
export const planFileOptions = {
  format: { type: 'string', choices: ['native', 'spec-kit', 'kiro', 'openspec', 'superpowers', 'taskmaster', 'checklist'], describe: 'read the plan file as this, whatever it looks like' },
  tag: { type: 'string', requiresArg: true, describe: 'which plan of a Task Master file' },
} as const satisfies OptionTable;

/** What is to be loaded. */
export interface LoadRequest {
  /** As typed: a manifest or a plan file, relative to where the command acts. */
  readonly file: string;
  readonly format?: PlanFormat | undefined;
  readonly tag?: string | undefined;
  readonly strict?: boolean | undefined;
  /** Only the file is of interest: branches and the target are not looked at. */
  readonly alone?: boolean;
  /** It is to be run: what is in the way of that is looked for too. */
  readonly toRun?: boolean;
  /** It would be a new run, whatever was begun before. */
  readonly fresh?: boolean;
  /** Options as given: settings among them are taken, the rest is passed over. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** Loads a manifest, or a plan file as an orchestration of its own. */
export async function load(request: LoadRequest, context: Context, repository: Repository | undefined): Promise<Result<Loaded, readonly Failure[]>> {
  const flags = layerOfFlags(request.flags ?? {});
  if (!flags.ok) return flags;
  const read = request.alone === true ? await readPlan(request.file, request, context) : undefined;
  if (read?.ok === false) return read;
  const given = read === undefined ? flags.value : { ...flags.value, limits: { pools: poolsOf(read.value.document) } };
  const about = await aboutRepository(request, context, repository);
  const options: LoadOptions = {
    ...about,
    cwd: context.folder,
    flags: given,
    environment: context.terminal.environment,
    ...(repository === undefined ? {} : { learned: await readLearned(repository.commonDir, learnedName(about.repositoryTop, request.file, context)) }),
    strict: request.strict ?? false,
    ...(repository === undefined || request.toRun !== true ? {} : { obstacles: async (orchestration) => (await import('./obstacles.js')).findObstacles(repository, orchestration, context, request.fresh === true) }),
  };
  if (looksLikeManifest(request.file)) return loadOrchestration({ ...options, manifestPath: request.file });
  // Outside of a repository only the file's name is left to tell its format by: what the whole path told holds.
  const format = request.format ?? (read?.ok === true ? read.value.document.format : undefined);
  const { tag } = request;
  return loadPlan({ ...options, planPath: request.file, ...(format === undefined ? {} : { format }), ...(tag === undefined ? {} : { tag }) });
}

/** The path by which what earlier runs took is remembered: that of the manifest in the repository. */
function learnedName(top: string, file: string, context: Context): string {
  return path.relative(top, path.resolve(context.folder, file)).split(path.sep).join('/');
}

type RepositoryFacts = Pick<LoadOptions, 'repositoryTop' | 'currentBranch' | 'branches' | 'hasTarget'>;

/** What a manifest may ask of the repository. Without one, the file's own folder is the top and `main` the target. */
async function aboutRepository({ file, alone }: LoadRequest, context: Context, repository: Repository | undefined): Promise<RepositoryFacts> {
  if (repository === undefined) return { repositoryTop: path.dirname(path.resolve(context.folder, file)), currentBranch: 'main' };
  const top = await topOf(repository);
  if (alone === true) return { repositoryTop: top, currentBranch: 'main' };
  const [refs, head] = await Promise.all([listRefs(repository, 'refs/heads/'), tryGit(['symbolic-ref', '--quiet', '--short', 'HEAD'], { cwd: top, environment: repository.environment })]);
  const currentBranch = head.stdout.trim();
  const branches = refs.map(({ name }) => name.slice('refs/heads/'.length));
  return {
    repositoryTop: top,
    branches,
    hasTarget: async (target) => branches.includes(target) || (await isBranch(repository, target)),
    ...(currentBranch === '' ? {} : { currentBranch }),
  };
}

/** A branch here or one of a remote: a tag or a commit is nothing that could move. */
async function isBranch(repository: Repository, target: string): Promise<boolean> {
  const names = /^refs\/(?:heads|remotes)\//.test(target) ? [target] : [`refs/heads/${target}`, `refs/remotes/${target}`];
  const found = await Promise.all(names.map((name) => resolveCommit(repository, name)));
  return found.some((commit) => commit !== undefined);
}

/**
 * Loads a file for looking at it, and does something with it. Outside of any repository too: what a manifest says of branches is then
 * not looked at.
 */
export async function withLoaded<T>(request: LoadRequest, context: Context, use: (loaded: Loaded) => T): Promise<Result<T, readonly Failure[]>> {
  const repository = await repositoryOf(request.file, context);
  try {
    const loaded = await load(request, context, repository);
    return loaded.ok ? ok(use(loaded.value)) : loaded;
  } finally {
    repository?.close();
  }
}

/** The repository that a file is in; undefined where it is in none. */
export async function repositoryOf(file: string, context: Context): Promise<Repository | undefined> {
  const opened = await openRepository(path.dirname(path.resolve(context.folder, file)), context.terminal.environment).catch(() => undefined);
  return opened?.ok === true ? opened.value : undefined;
}
