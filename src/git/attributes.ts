/**
 * Where merges in memory find their attributes. git before 2.41 reads `.gitattributes` only from the folder that merge-tree runs
 * in, so where a repository has ones that matter to a merge, they are laid out in a folder of their own, once for each set.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { CommitId } from '../model/ids.js';
import { comparisonRequest, takeDifferences } from './attribute-comparison.js';
import { exists } from './files.js';
import { GitError } from './git-error.js';
import { git, tryGit } from './git.js';
import type { Repository } from './repository.js';

/** The attribute files of one tree, by path: blob ids. */
type AttributeFiles = ReadonlyMap<string, string>;

/** What was found before: the last tree looked at, so that the next look is a difference, and folders by commit. */
interface Known {
  last: { readonly tree: string; readonly files: AttributeFiles } | undefined;
  readonly folders: Map<CommitId, string | undefined>;
}

const known = new WeakMap<Repository, Known>();
const rememberedCommits = 1_000;

/** The folder to run merge-tree in for a merge into `ours`; undefined where attributes play no part. */
export async function attributesFolder(repository: Repository, ours: CommitId): Promise<string | undefined> {
  const memory = known.get(repository) ?? { last: undefined, folders: new Map<CommitId, string | undefined>() };
  known.set(repository, memory);
  if (memory.folders.has(ours)) return memory.folders.get(ours);
  const files = await attributeFiles(repository, ours, memory);
  const folder = await layOut(repository, files);
  if (memory.folders.size >= rememberedCommits) memory.folders.clear();
  memory.folders.set(ours, folder);
  return folder;
}

async function attributeFiles(repository: Repository, commit: CommitId, memory: Known): Promise<AttributeFiles> {
  const tree = (await repository.objects.info(`${commit}^{tree}`))?.id ?? commit;
  if (memory.last?.tree === tree) return memory.last.files;
  const files =
    memory.last === undefined ? await listed(repository, tree) : await changed(repository, memory.last.tree, tree, memory.last.files);
  memory.last = { tree, files };
  return files;
}

async function listed(repository: Repository, tree: string): Promise<AttributeFiles> {
  const empty = (await git(['hash-object', '-t', 'tree', '--stdin'], { ...repository.place, input: '' })).trim();
  return changed(repository, empty, tree, new Map());
}

/** Compares two trees; git skips everything that is equal. */
async function changed(repository: Repository, from: string, to: string, before: AttributeFiles): Promise<AttributeFiles> {
  const differences = await repository.attributeChanges.ask(comparisonRequest(from, to), takeDifferences);
  if (differences === undefined) throw new GitError(['diff-tree', from, to], 'no-such-ref', 128, `bad object: ${from} or ${to}`);
  if (differences.length === 0) return before;
  const files = new Map(before);
  for (const { path, mode, blob } of differences) {
    if (mode.startsWith('100') && isInside(path)) files.set(path, blob);
    else files.delete(path);
  }
  return files;
}

/** A tree made by hand can name `..`; nothing is written for such an entry. */
function isInside(path: string): boolean {
  return !isAbsolute(path) && !path.split('/').some((part) => part === '' || part === '.' || part === '..');
}

/** Attributes that a merge reads: `merge`, the `binary` macro, macros of the user, and what rename detection takes for text. */
const matters = /merge|binary|diff|\[attr\]|conflict-marker-size/;

/** True where merges compare what files would be committed as (`merge.renormalize`): then every attribute that says so matters. */
async function renormalizes(repository: Repository): Promise<boolean> {
  return (await tryGit(['config', '--type=bool', '--get', 'merge.renormalize'], repository.place)).stdout.trim() === 'true';
}

async function layOut(repository: Repository, files: AttributeFiles): Promise<string | undefined> {
  const relevant: (readonly [string, string])[] = [];
  let anyMatters = false;
  for (const [path, blob] of files) {
    const content = (await repository.objects.read(blob))?.content.toString('utf8') ?? '';
    anyMatters ||= matters.test(content);
    relevant.push([path, content]);
  }
  if (!anyMatters && (files.size === 0 || !(await renormalizes(repository)))) return undefined;
  const digest = createHash('sha256')
    .update(JSON.stringify([...files].sort()))
    .digest('hex')
    .slice(0, 32);
  const folder = join(repository.commonDir, 'plan', 'attributes', digest);
  if (await exists(folder)) return folder;
  // Written aside and renamed: another process never sees half of it.
  const aside = `${folder}.${randomUUID()}`;
  await mkdir(aside, { recursive: true });
  for (const [path, content] of relevant) {
    await mkdir(dirname(join(aside, path)), { recursive: true });
    await writeFile(join(aside, path), content);
  }
  await rename(aside, folder).catch(async (error: unknown) => {
    await rm(aside, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  });
  return folder;
}
