/**
 * Makes a repository with a history as a busy project has it: topics from old and new places, stacked, merged into one another and
 * with the main line merged back in, renames, modes, links, conflicts that somebody settled by hand. The same seed gives the same commits.
 *
 *   node scripts/make-history.mjs <folder> [--files 5000] [--topics 60] [--seed 1]
 *
 * The tag `base` is where the main line stood before the first of its `--topics` merges.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chance } from './chance.mjs';

/** Makes the repository in `folder`, which must not exist, and gives the commit before the first merge. */
export function makeHistory(folder, { files = 5000, topics = 60, seed = 1, earlier = 8 } = {}) {
  mkdirSync(folder, { recursive: true });
  const world = new World(folder, chance(seed), files);
  world.start();
  for (let number = 0; number < earlier; number += 1) world.mainCommit();
  for (let number = 1; number <= 4; number += 1) world.openTopic(`old${number}`);
  for (const name of ['old1', 'old2']) world.merge(name);
  const base = world.git('rev-parse', 'main');
  world.git('tag', 'base');
  let merged = 0;
  for (let number = 1; merged < topics; number += 1) {
    world.openTopic(`topic${number}`);
    if (world.open.length < 6 && number < topics) continue;
    const name = world.random.pick(world.open);
    world.merge(name);
    merged += 1;
    // A topic that goes on after it was merged, to be merged once more.
    if (world.random.below(8) === 0 && merged < topics) {
      world.goOn(name);
      world.merge(name);
      merged += 1;
    }
  }
  world.git('checkout', '-q', 'main');
  return base;
}

class World {
  constructor(folder, random, size) {
    this.folder = folder;
    this.random = random;
    this.size = size;
    this.open = [];
    this.second = 0;
    this.fresh = 0;
    this.line = [];
  }

  environment() {
    this.second += 60;
    const date = `${1_600_000_000 + this.second} +0000`;
    return { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com', GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'ada@example.com', GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  }

  git(...args) {
    return execFileSync('git', args, { cwd: this.folder, env: this.environment(), encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  tryGit(...args) {
    return spawnSync('git', args, { cwd: this.folder, env: this.environment(), encoding: 'utf8', maxBuffer: 1 << 28 });
  }

  start() {
    this.git('init', '-q', '-b', 'main');
    this.git('config', 'gc.auto', '0');
    for (let index = 0; index < this.size; index += 1) {
      const folder = index % 7 === 0 ? `lib/part${index % 40}/deep/er` : index % 3 === 0 ? `src/area${index % 60}` : `docs/book${index % 25}`;
      this.write(`${folder}/file${index}.txt`, this.text(`file${index}`, 20 + (index % 90)));
    }
    this.write('CHANGES', 'Changes\n');
    this.write('.gitattributes', 'CHANGES merge=union\n*.bin binary\n*.crlf text eol=crlf\n');
    this.write('tools/run.sh', '#!/bin/sh\necho run\n');
    chmodSync(join(this.folder, 'tools/run.sh'), 0o755);
    symlinkSync('CHANGES', join(this.folder, 'NEWS'));
    writeFileSync(join(this.folder, 'logo.bin'), Buffer.from([0, 1, 2, 3, 255, 0]));
    this.commit('Begin');
  }

  write(path, text) {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  text(name, lines) {
    return Array.from({ length: lines }, (_, line) => `${line} of ${name}: ${'abcdefghij'.repeat(1 + (line % 3))}\n`).join('');
  }

  commit(subject) {
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', subject);
  }

  mainCommit() {
    this.git('checkout', '-q', 'main');
    this.change('main');
    this.line.push(this.git('rev-parse', 'HEAD'));
  }

  /** A branch from somewhere, with a few commits, perhaps with other work merged in. */
  openTopic(name) {
    const { random } = this;
    const kind = random.below(10);
    const from = kind < 3 ? 'main' : kind < 6 ? random.pick(this.line) : kind < 8 && this.open.length > 0 ? random.pick(this.open) : 'main~1';
    if (this.tryGit('checkout', '-q', '-b', name, from).status !== 0) this.git('checkout', '-q', '-b', name, 'main');
    const commits = 1 + random.below(5);
    for (let number = 0; number < commits; number += 1) {
      this.change(name);
      const more = random.below(12);
      if (more === 0) this.take(name, 'main');
      if (more === 1 && this.open.length > 0) this.take(name, random.pick(this.open));
    }
    this.open.push(name);
  }

  goOn(name) {
    this.git('checkout', '-q', name);
    this.change(name);
    if (this.random.below(2) === 0) this.take(name, 'main');
    this.change(name);
    this.open.push(name);
  }

  /** Merges a topic into the main line. */
  merge(name) {
    this.open = this.open.filter((other) => other !== name);
    this.git('checkout', '-q', 'main');
    if (this.tryGit('merge-base', '--is-ancestor', name, 'main').status === 0) this.goOn(name);
    this.open = this.open.filter((other) => other !== name);
    this.take('main', name);
    this.line.push(this.git('rev-parse', 'HEAD'));
  }

  take(into, what) {
    this.git('checkout', '-q', into);
    const merged = this.tryGit('merge', '-q', '--no-ff', '-m', `Merge branch '${what}' into ${into}`, what);
    if (merged.status === 0) return;
    this.settle();
    this.git('commit', '-q', '--no-edit', '-m', `Merge branch '${what}' into ${into}, settled`);
  }

  /** What a person would do: keep both sides' lines, keep what only one side has. */
  settle() {
    const files = new Set(this.git('diff', '--name-only', '--diff-filter=U').split('\n').filter(Boolean));
    for (const file of files) {
      const path = join(this.folder, file);
      if (!existsSync(path) || !lstatSync(path).isFile()) {
        const ours = this.tryGit('checkout', '--ours', '--', file);
        if (ours.status !== 0) this.tryGit('rm', '-q', '-f', '--', file);
        else this.git('add', '--', file);
        continue;
      }
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.split('\n').filter((line) => !/^(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)/.test(line)).join('\n'));
      this.git('add', '--', file);
    }
    this.git('add', '-A');
  }

  tracked() {
    return this.git('ls-files').split('\n').filter((path) => !path.startsWith('.git') && path !== 'CHANGES');
  }

  /** One commit of one to four changes. */
  change(who) {
    const paths = this.tracked();
    const count = 1 + this.random.below(4);
    const done = [];
    for (let number = 0; number < count; number += 1) done.push(this.changeOne(who, paths));
    this.write('CHANGES', `${readFileSync(join(this.folder, 'CHANGES'), 'utf8')}${who}: ${done.join(', ')} ${this.second}\n`);
    this.commit(`${who}: ${done.join(', ')}`);
  }

  changeOne(who, paths) {
    const { random } = this;
    // A few files that everybody touches, and all the others.
    const hot = random.below(4) === 0;
    const path = hot ? paths[random.below(Math.min(40, paths.length))] : random.pick(paths);
    const full = join(this.folder, path);
    if (!existsSync(full) && !isLink(full)) return 'nothing';
    const kind = random.below(20);
    if (kind === 0) {
      rmSync(full);
      return `delete ${path}`;
    }
    if (kind <= 3) {
      this.fresh += 1;
      const to = join(dirname(path), `moved${this.fresh}-${who}.txt`);
      renameSync(full, join(this.folder, to));
      if (kind === 3) this.edit(join(this.folder, to), who);
      return `move ${path}`;
    }
    if (kind === 4 && path.includes('/')) {
      // A whole folder moves: what others add to it has to follow.
      this.fresh += 1;
      const from = dirname(path);
      const to = `${dirname(from) === '.' ? '' : `${dirname(from)}/`}renamed${this.fresh}`;
      if (!existsSync(join(this.folder, from)) || existsSync(join(this.folder, to))) return 'nothing';
      renameSync(join(this.folder, from), join(this.folder, to));
      return `move folder ${from}`;
    }
    if (kind === 5) {
      if (isLink(full)) return 'nothing';
      chmodSync(full, random.below(2) === 0 ? 0o755 : 0o644);
      return `mode ${path}`;
    }
    if (kind === 6) {
      rmSync(full);
      symlinkSync(random.pick(paths), full);
      return `link ${path}`;
    }
    if (kind <= 9) {
      this.fresh += 1;
      const to = join(dirname(path), `new${this.fresh}-${who}.txt`);
      this.write(to, this.text(to, 10 + random.below(60)));
      return `add ${to}`;
    }
    if (kind === 10) {
      writeFileSync(join(this.folder, 'logo.bin'), Buffer.from([0, 1, random.below(255), random.below(255)]));
      return 'logo';
    }
    if (isLink(full)) return 'nothing';
    this.edit(full, who);
    return `edit ${path}`;
  }

  edit(full, who) {
    if (!existsSync(full) || isLink(full)) return;
    const lines = readFileSync(full, 'utf8').split('\n');
    const at = this.random.below(Math.max(1, lines.length - 1));
    const kind = this.random.below(3);
    if (kind === 0) lines.splice(at, 0, `added by ${who} ${this.second}`);
    else if (kind === 1) lines[at] = `changed by ${who} ${this.second}`;
    else lines.splice(at, 1);
    writeFileSync(full, lines.join('\n'));
  }
}

function isLink(path) {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { files: { type: 'string', default: '5000' }, topics: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } } });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('name the folder that is to be made');
  console.log(makeHistory(folder, { files: Number(values.files), topics: Number(values.topics), seed: Number(values.seed) }));
}
