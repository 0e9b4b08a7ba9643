/** Generated histories: stacks, diamonds, edits, renames, modes, a target that moved. Shared by the property tests of landing. */
import { fc } from '../rig/property.js';
import type { RepositoryRig } from '../rig/repository.js';

/** One change that a commit makes; numbers are taken modulo what is there. */
export type Edit =
  | { readonly kind: 'line'; readonly file: number; readonly line: number; readonly text: number }
  | { readonly kind: 'insert'; readonly file: number; readonly line: number; readonly text: number }
  | { readonly kind: 'remove'; readonly file: number; readonly line: number }
  | { readonly kind: 'add'; readonly folder: number; readonly name: number }
  | { readonly kind: 'delete'; readonly file: number }
  | { readonly kind: 'rename'; readonly file: number; readonly folder: number; readonly name: number }
  | { readonly kind: 'move-folder'; readonly folder: number; readonly name: number }
  | { readonly kind: 'mode'; readonly file: number };

export interface PlanHistory {
  /** Where it starts: commits of earlier plans (by plan and commit, modulo), merged when several; none: the target's first commit. */
  readonly starts: readonly { readonly plan: number; readonly commit: number }[];
  readonly commits: readonly (readonly Edit[])[];
  /** Merges the target's newer commits into itself half way. */
  readonly mergesTarget: boolean;
}

export interface History {
  readonly plans: readonly PlanHistory[];
  /** Commits on the target after the plans began. */
  readonly target: readonly (readonly Edit[])[];
}

/** A plan as it came to stand in the repository. */
export interface BuiltPlan {
  readonly name: string;
  readonly head: string;
  /** Earlier plans whose commits it holds. */
  readonly restsOn: readonly string[];
  /** The commit it began on; undefined where it holds merges. */
  readonly fork: string | undefined;
}

const small = fc.nat({ max: 40 });
const folders = ['', 'lib/', 'lib/deep/', 'doc/'];

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('line' as const), file: small, line: small, text: small }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert' as const), file: small, line: small, text: small }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), file: small, line: small }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), folder: small, name: small }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), file: small }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), file: small, folder: small, name: small }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move-folder' as const), folder: small, name: small }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mode' as const), file: small }) },
);
const commit = fc.array(edit, { minLength: 1, maxLength: 2 });

/** Histories of a few plans. `stacked` false: all begin at the target. */
export function histories(options: { readonly stacked: boolean; readonly merges: boolean }): fc.Arbitrary<History> {
  const starts = options.stacked ? fc.array(fc.record({ plan: small, commit: small }), { maxLength: options.merges ? 2 : 1 }) : fc.constant([]);
  return fc.record({
    plans: fc.array(
      fc.record({ starts, commits: fc.array(commit, { minLength: 1, maxLength: 3 }), mergesTarget: options.merges ? fc.boolean() : fc.constant(false) }),
      { minLength: 1, maxLength: 4 },
    ),
    target: fc.array(commit, { maxLength: 2 }),
  });
}

type Tree = Map<string, { text: string; executable: boolean }>;

/** Writes the history into a rig's repository; plans whose start does not merge begin at their first start alone. */
export async function buildHistory(rig: RepositoryRig, history: History): Promise<readonly BuiltPlan[]> {
  const first = await rig.git(['rev-parse', 'main']);
  let latest = first;
  for (const [index, edits] of history.target.entries()) latest = await commitEdits(rig, latest, edits, `target ${index}`);
  const built: (BuiltPlan & { readonly commits: readonly string[] })[] = [];
  for (const [index, plan] of history.plans.entries()) {
    const from = plan.starts.length > 0 && built.length > 0 ? plan.starts : [];
    const picked = from.map((start) => {
      const other = built[start.plan % built.length];
      return { other, commit: other?.commits[start.commit % other.commits.length] ?? first };
    });
    let tip = picked[0]?.commit ?? first;
    let linear = true;
    const restsOn = new Set<string>(picked.slice(0, 1).flatMap(({ other }) => (other ? [other.name, ...other.restsOn] : [])));
    for (const { other, commit: start } of picked.slice(1)) {
      const merged = await mergeCommits(rig, tip, start);
      if (merged === undefined || merged === tip) continue;
      tip = merged;
      linear = false;
      for (const name of other ? [other.name, ...other.restsOn] : []) restsOn.add(name);
    }
    const fork = tip;
    const commits: string[] = [];
    for (const [step, edits] of plan.commits.entries()) {
      if (step === 1 && plan.mergesTarget && latest !== first) {
        const merged = await mergeCommits(rig, tip, latest);
        if (merged !== undefined) linear = false;
        tip = merged ?? tip;
      }
      tip = await commitEdits(rig, tip, edits, `p${index} step ${step}`);
      commits.push(tip);
    }
    built.push({ name: `p${index}`, head: tip, restsOn: [...restsOn], fork: linear ? fork : undefined, commits });
  }
  await rig.git(['checkout', '-q', '-B', 'main', latest]);
  await rig.git(['update-ref', '-d', 'refs/scratch/new']);
  return built;
}

async function commitEdits(rig: RepositoryRig, parent: string, edits: readonly Edit[], subject: string): Promise<string> {
  const tree = await readTree(rig, parent);
  for (const edit of edits) apply(tree, edit, subject);
  return writeCommit(rig, tree, [parent], subject);
}

async function mergeCommits(rig: RepositoryRig, ours: string, theirs: string): Promise<string | undefined> {
  const base = await rig.git(['merge-base', ours, theirs]);
  if (base === theirs) return ours;
  await rig.git(['checkout', '-q', '--detach', ours]);
  const merged = await rig.tryGit(['merge', '-q', '--no-ff', '-m', 'integrate', theirs]);
  if (merged.code === 0) return rig.git(['rev-parse', 'HEAD']);
  await rig.git(['merge', '--abort']);
  return undefined;
}

const cache = new WeakMap<RepositoryRig, Map<string, Tree>>();

async function readTree(rig: RepositoryRig, commit: string): Promise<Tree> {
  const known = cache.get(rig)?.get(commit);
  if (known) return new Map(known);
  const tree: Tree = new Map();
  const listed = await rig.git(['ls-tree', '-r', '-z', commit]);
  for (const line of listed.split('\0')) {
    const [facts = '', path = ''] = line.split('\t');
    if (path === '') continue;
    tree.set(path, { text: (await rig.fileAt(commit, path)) ?? '', executable: facts.startsWith('100755') });
  }
  return tree;
}

async function writeCommit(rig: RepositoryRig, tree: Tree, parents: readonly string[], subject: string): Promise<string> {
  // One fast-import makes the blobs, the tree and the commit.
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const files = [...tree].map(([path, file]) => `M ${file.executable ? '100755' : '100644'} inline ${path}\n${data(file.text)}`).join('');
  const stream = `commit refs/scratch/new\nmark :1\ncommitter Rig <rig@example.com> 1700000000 +0000\n${data(subject)}${parents.map((one, index) => `${index === 0 ? 'from' : 'merge'} ${one}\n`).join('')}deleteall\n${files}\nget-mark :1\ndone\n`;
  const commit = (await rig.git(['fast-import', '--quiet', '--done', '--force'], { input: stream })).trim();
  const trees = cache.get(rig) ?? new Map<string, Tree>();
  cache.set(rig, trees.set(commit, new Map(tree)));
  return commit;
}

function apply(tree: Tree, edit: Edit, by: string): void {
  const paths = [...tree.keys()].sort();
  const path = 'file' in edit ? paths[edit.file % Math.max(1, paths.length)] : undefined;
  const file = path === undefined ? undefined : tree.get(path);
  const lines = file?.text.split('\n').slice(0, -1) ?? [];
  const put = (changed: readonly string[]): void => {
    if (path !== undefined && file) tree.set(path, { ...file, text: changed.map((line) => `${line}\n`).join('') });
  };
  switch (edit.kind) {
    case 'line':
      put(lines.map((line, index) => (index === edit.line % Math.max(1, lines.length) ? `changed ${edit.text} by ${by}` : line)));
      return;
    case 'insert':
      put([...lines.slice(0, edit.line % (lines.length + 1)), `new ${edit.text} by ${by}`, ...lines.slice(edit.line % (lines.length + 1))]);
      return;
    case 'remove':
      put(lines.filter((_, index) => index !== edit.line % Math.max(1, lines.length)));
      return;
    case 'add':
      tree.set(`${folders[edit.folder % folders.length]}new${edit.name % 6}-${by.replace(/ /g, '')}.txt`, { text: text(20, `${by} ${edit.name}`), executable: false });
      return;
    case 'delete':
      if (path !== undefined && tree.size > 2) tree.delete(path);
      return;
    case 'rename':
      if (path === undefined || !file) return;
      tree.delete(path);
      tree.set(`${folders[edit.folder % folders.length]}renamed${edit.name % 8}.txt`, file);
      return;
    case 'move-folder': {
      const from = folders.slice(1)[edit.folder % (folders.length - 1)] ?? 'lib/';
      const moved = [...tree].filter(([one]) => one.startsWith(from));
      for (const [one, content] of moved) {
        tree.delete(one);
        tree.set(`moved${edit.name % 2}/${one.slice(from.length)}`, content);
      }
      return;
    }
    case 'mode':
      if (path !== undefined && file) tree.set(path, { ...file, executable: !file.executable });
  }
}

function text(count: number, word: string): string {
  return Array.from({ length: count }, (_, index) => `line ${index} of ${word}\n`).join('');
}

/** The files of the first commit. */
export const firstFiles: Readonly<Record<string, string>> = Object.fromEntries(
  ['a.txt', 'b.txt', 'lib/c.txt', 'lib/d.txt', 'lib/deep/e.txt', 'doc/f.txt'].map((path) => [path, text(24, path)]),
);
