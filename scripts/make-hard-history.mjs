/**
 * Makes a history of what seldom comes, all at once: criss-cross merges, octopuses and histories without a common root; files, folders,
 * links and modules that take each other's places; renames on both sides, of folders and by case; attributes, binary files, CRLF, paths
 * and messages in no encoding, empty commits, reverts; merges in which somebody decided something. Thousands of commits in a second.
 *
 *   node scripts/make-hard-history.mjs <folder> [--commits 400] [--files 60] [--seed 1] [--calm]
 *
 * `--calm`: fewer oddities, so that more merges are clean. The same seed gives the same commits.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chance } from './chance.mjs';

/** Makes the repository in `folder`, which must not exist. */
export function makeHardHistory(folder, { commits = 400, files = 60, seed = 1, calm = false } = {}) {
  const stream = new Stream(chance(seed), files, calm);
  stream.root('main');
  for (let number = 1; number < commits; number += 1) stream.step();
  stream.finish();
  mkdirSync(folder, { recursive: true });
  const environment = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  const git = (...args) => execFileSync('git', args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  git('init', '-q', '-b', 'main');
  execFileSync('git', ['fast-import', '--quiet', '--done', '--force'], { cwd: folder, env: environment, input: Buffer.from(stream.text(), 'latin1'), stdio: ['pipe', 'ignore', 'inherit'] });
}

const folders = ['', 'src/', 'src/deep/', 'docs/', 'lib/one/', 'lib/two/', 'w\xefde/', 'sp ace/'];
const names = ['README', 'readme', 'a.txt', 'b.txt', 'c.union', 'd.keep', 'e.bin', 'f.crlf', 'g.id', 'h.upper', 'i.both', '-dash', 'caf\xe9', 'caf\xc3\xa9', 'tab\tname', 'quote"d', 'new\nline', ':(glob)*', 'x.ours', `long${'g'.repeat(200)}`];
const rules = ['*.union merge=union', '*.keep -merge', '*.bin binary', '*.crlf text eol=crlf', '*.id ident', '*.upper filter=upper', '*.ours merge=keep-ours', '*.both merge=both', '*.txt conflict-marker-size=9', 'src/** merge=union', '*.txt diff=none', '[attr]strange merge=union\n*.md strange'];

/** The stream for fast-import, and the trees that it makes. Texts are bytes, one a character. */
class Stream {
  #parts = [];
  #mark = 0;
  #second = 1_600_000_000;

  constructor(random, size, calm) {
    this.random = random;
    this.size = size;
    this.calm = calm;
    /** Commits: `{ mark, tree, parents }`, tree being path to `{ mode, data }`. */
    this.all = [];
    this.lines = new Map();
  }

  text() {
    return this.#parts.join('');
  }

  root(line) {
    const tree = new Map();
    for (let index = 0; index < this.size; index += 1) tree.set(this.path(), this.file());
    if (!this.calm || this.lines.size === 0) tree.set('.gitattributes', { mode: '100644', data: `${this.some(rules, 4).join('\n')}\n` });
    this.commit(line, tidy(tree), []);
  }

  step() {
    const { random } = this;
    const open = [...this.lines.keys()];
    const line = random.pick(open);
    const kind = random.below(100);
    if (kind < 8 && open.length < 9) return this.lines.set(`line${this.all.length}`, random.pick([this.lines.get(line), random.pick(this.all)]));
    if (kind < 35 && open.length > 1) return this.merge(line, open);
    if (kind === 35 && !this.calm) return this.root(`line${this.all.length}`);
    const before = this.lines.get(line);
    const tree = kind < 38 ? this.reverted(before) : new Map(before.tree);
    const changes = kind === 39 ? 0 : 1 + random.below(4);
    for (let number = 0; number < changes; number += 1) this.change(tree);
    return this.commit(line, tidy(tree), [before]);
  }

  /** Ends with every line merged into main. */
  finish() {
    for (const line of this.lines.keys()) if (line !== 'main' && this.lines.get(line) !== this.lines.get('main')) this.commit('main', this.joined(this.lines.get('main'), this.lines.get(line)), [this.lines.get('main'), this.lines.get(line)]);
    this.#parts.push('done\n');
  }

  merge(line, open) {
    const others = this.some(open.filter((one) => one !== line), this.random.below(12) === 0 ? 3 : 1).map((one) => this.lines.get(one));
    const before = this.lines.get(line);
    const distinct = [...new Set(others)].filter((other) => other !== before);
    if (distinct.length === 0) return;
    let tree = before.tree;
    for (const other of distinct) tree = this.joined({ ...before, tree }, other);
    // Sometimes somebody changes something in the merge itself.
    if (this.random.below(6) === 0) this.change((tree = new Map(tree)));
    this.commit(line, tidy(tree), [before, ...distinct]);
    if (this.random.below(3) === 0 && line !== 'main') this.lines.delete(line);
  }

  /** Three ways by path, from some common ancestor; where both changed a file one side is taken, or both. */
  joined(ours, theirs) {
    const base = ancestor(ours, theirs)?.tree ?? new Map();
    const tree = new Map(ours.tree);
    for (const path of new Set([...theirs.tree.keys(), ...base.keys()])) {
      const [old, mine, their] = [base.get(path), ours.tree.get(path), theirs.tree.get(path)];
      if (same(old, their)) continue;
      const take = same(old, mine) ? 1 : this.random.below(3);
      if (take === 0) continue;
      if (their === undefined) tree.delete(path);
      else if (take === 2 && mine?.mode === '100644' && their.mode === '100644') tree.set(path, { mode: '100644', data: mine.data + their.data });
      else tree.set(path, their);
    }
    return tidy(tree);
  }

  /** The tree without what some earlier commit of the line did. */
  reverted(before) {
    const tree = new Map(before.tree);
    let commit = before;
    for (let back = this.random.below(5); back > 0 && commit.parents.length > 0; back -= 1) [commit] = commit.parents;
    const old = commit.parents[0]?.tree ?? new Map();
    for (const path of new Set([...old.keys(), ...commit.tree.keys()])) {
      if (same(old.get(path), commit.tree.get(path)) || !same(tree.get(path), commit.tree.get(path))) continue;
      if (old.has(path)) tree.set(path, old.get(path));
      else tree.delete(path);
    }
    return tree;
  }

  change(tree) {
    const { random } = this;
    const path = random.pick([...tree.keys()]);
    const file = tree.get(path);
    if (path === undefined || file === undefined) return tree.set(this.path(), this.file());
    const kind = random.below(this.calm ? 60 : 40);
    if (kind >= 19) return this.edit(tree, path, file);
    return strange[kind](this, tree, path, file);
  }

  edit(tree, path, file) {
    if (!file.mode.startsWith('100') || path.endsWith('.gitattributes')) return;
    const { random } = this;
    const lines = file.data.split('\n');
    const at = random.below(lines.length);
    const end = file.data.includes('\r\n') ? '\r' : '';
    const word = `changed ${this.all.length} ${random.below(9)}${end}`;
    const kind = random.below(4);
    if (kind === 0) lines.splice(at, 0, word);
    else if (kind === 1) lines.splice(at, 1 + random.below(3));
    else lines[at] = word;
    tree.set(path, { ...file, data: lines.join('\n') });
  }

  path() {
    const { random } = this;
    const plain = random.below(this.calm ? 10 : 3) > 0;
    const name = plain ? `file${random.below(this.size * 3)}.txt` : random.pick(names);
    return `${random.pick(plain ? folders.slice(0, 6) : folders)}${name}`;
  }

  file() {
    const { random } = this;
    const kind = random.below(20);
    const lines = Array.from({ length: 3 + random.below(40) }, (_, line) => `${line} of ${random.below(3)} ${'abcdefghij'.repeat(1 + (line % 3))}`);
    if (kind === 0) return { mode: '100644', data: '' };
    if (kind === 1) return { mode: '100644', data: `\0\x01\xff${random.below(4)}${'\0'.repeat(random.below(200))}` };
    if (kind === 2) return { mode: '100644', data: lines.join('\r\n') + '\r\n' };
    if (kind === 3) return { mode: '100644', data: lines.join('\n') };
    if (kind === 4) return { mode: '100755', data: `#!/bin/sh\n${lines.join('\n')}\n` };
    if (kind === 5) return { mode: '120000', data: random.pick(['a.txt', '../b', '/nowhere', 'src']) };
    if (kind === 6 && !this.calm) return { mode: '160000', data: random.below(5) };
    if (kind === 7) return { mode: '100644', data: `<<<<<<< ours\n${lines.join('\n')}\n=======\n$Id$\n>>>>>>> theirs\n` };
    return { mode: '100644', data: `${lines.join('\n')}\n` };
  }

  some(list, most) {
    const left = [...list];
    return Array.from({ length: Math.min(left.length, 1 + this.random.below(most)) }, () => left.splice(this.random.below(left.length), 1)[0]);
  }

  commit(line, tree, parents) {
    this.#mark += 1;
    this.#second += this.random.below(20) === 0 ? -90 : 60;
    const made = { mark: this.#mark, tree, parents };
    const message = this.random.pick([`Work ${this.#mark}\n`, `Work ${this.#mark}\n\nBody, at length.\n\nSigned-off-by: Ada <ada@example.com>\n`, `W\xf6rk ${this.#mark}\n`, `Work ${this.#mark} without an end`, `Subject ${this.#mark}\nwith a second line\n`]);
    const encoding = message.includes('\xf6') ? 'encoding ISO-8859-1\n' : '';
    const who = this.random.pick(['Ada <ada@example.com>', 'Bob B. <bob@example.com>', 'C <>', 'D\xc3\xa9 <d@example.com>']);
    this.#parts.push(`commit refs/heads/${line}\nmark :${made.mark}\nauthor ${who} ${this.#second} +0130\ncommitter ${who} ${this.#second} -0500\n${encoding}${data(message)}`);
    // Said even for the first parent: a line that was closed may begin anew.
    if (parents.length === 0 && this.all.length > 0) this.#parts.splice(-1, 0, `reset refs/heads/${line}\n\n`);
    parents.forEach((parent, index) => this.#parts.push(`${index === 0 ? 'from' : 'merge'} :${parent.mark}\n`));
    const before = parents[0]?.tree ?? new Map();
    const changed = [...tree].filter(([path, file]) => !same(before.get(path), file));
    for (const path of before.keys()) if (!tree.has(path)) this.#parts.push(`D ${quoted(path)}\n`);
    for (const [path, file] of changed) this.#parts.push(file.mode === '160000' ? `M 160000 ${module(file.data)} ${quoted(path)}\n` : `M ${file.mode} inline ${quoted(path)}\n${data(file.data)}`);
    this.#parts.push('\n');
    this.all.push(made);
    this.lines.set(line, made);
  }
}

/** Changes that are more than an edit; as many as `change` draws from. */
const strange = [
  (world, tree, path) => tree.delete(path),
  (world, tree) => tree.set(world.path(), world.file()),
  (world, tree) => tree.set(world.path(), world.file()),
  (world, tree, path, file) => move(tree, path, world.path(), file),
  (world, tree, path, file) => move(tree, path, world.path(), file),
  (world, tree, path, file) => world.edit(tree, move(tree, path, world.path(), file), file),
  (world, tree) => moveFolder(world, tree, world.random.pick(folders.slice(1)), `moved${world.random.below(3)}/`),
  (world, tree) => moveFolder(world, tree, world.random.pick(folders.slice(1)), world.random.pick(folders)),
  (world, tree, path, file) => file.mode.startsWith('100') && tree.set(path, { ...file, mode: file.mode === '100644' ? '100755' : '100644' }),
  (world, tree, path) => tree.set(path, { mode: '120000', data: world.random.pick(['a.txt', 'docs', '../x']) }),
  (world, tree, path) => tree.set(`${path}/inside.txt`, world.file()),
  (world, tree, path) => path.includes('/') && tree.set(path.slice(0, path.lastIndexOf('/')), world.file()),
  (world, tree, path, file) => tree.set(world.path(), file),
  (world, tree, path, file) => {
    const other = world.random.pick([...tree.keys()]);
    tree.set(path, tree.get(other)).set(other, file);
  },
  (world, tree, path, file) => move(tree, path, path.replace(/[a-z]/, (letter) => letter.toUpperCase()), file),
  (world, tree) => tree.set('module', { mode: '160000', data: world.random.below(6) }),
  (world, tree) => tree.set(world.random.pick(['.gitattributes', '.gitattributes', 'src/.gitattributes']), { mode: '100644', data: `${world.some(rules, 5).join('\n')}\n` }),
  (world, tree, path, file) => file.mode === '100644' && tree.set(path, { ...file, data: file.data.includes('\r\n') ? file.data.replaceAll('\r\n', '\n') : file.data.replaceAll('\n', '\r\n') }),
  (world, tree, path, file) => file.mode === '100644' && tree.set(path, { ...file, data: file.data.replaceAll('abcdefghij', `jihgfedcba${world.random.below(3)}`) }),
];

function move(tree, from, to, file) {
  tree.delete(from);
  tree.set(to, file);
  return to;
}

function moveFolder(world, tree, from, to) {
  for (const [path, file] of [...tree]) if (path.startsWith(from) && (world.random.below(8) > 0 || world.calm)) move(tree, path, to + path.slice(from.length), file);
}

/** No path may be a folder of another: the later one stays. */
function tidy(tree) {
  const kept = new Map();
  for (const [path, file] of [...tree].reverse()) {
    if (file === undefined || kept.has(path)) continue;
    const above = path.split('/').slice(0, -1).map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    if (above.some((one) => kept.has(one)) || [...kept.keys()].some((one) => one.startsWith(`${path}/`))) continue;
    kept.set(path, file);
  }
  if (kept.size === 0) kept.set('left', { mode: '100644', data: 'left\n' });
  return new Map([...kept].reverse());
}

function ancestor(one, other) {
  const seen = new Set();
  for (const list = [one]; list.length > 0; ) {
    const commit = list.pop();
    if (seen.has(commit.mark)) continue;
    seen.add(commit.mark);
    list.push(...commit.parents);
  }
  const reached = new Set();
  let best;
  for (const list = [other]; list.length > 0; ) {
    const commit = list.pop();
    if (reached.has(commit.mark)) continue;
    reached.add(commit.mark);
    if (!seen.has(commit.mark)) list.push(...commit.parents);
    else if (best === undefined || commit.mark > best.mark) best = commit;
  }
  return best;
}

function same(one, other) {
  return one?.mode === other?.mode && one?.data === other?.data;
}

function data(text) {
  return `data ${text.length}\n${text}\n`;
}

function module(number) {
  return createHash('sha1').update(`module ${number}`).digest('hex');
}

function quoted(path) {
  return `"${path.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t')}"`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { commits: { type: 'string' }, files: { type: 'string' }, seed: { type: 'string' }, calm: { type: 'boolean' } } });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('name the folder that is to be made');
  const numbers = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? Number(value) : value]));
  makeHardHistory(folder, numbers);
}
