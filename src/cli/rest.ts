/**
 * A note that nothing is left to do for a manifest, and what that was worked out from. As long as none of it changed, the answer is the
 * same and nothing has to be read: only looked at, as git and build tools look at the times and sizes of files.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../base/clock.js';
import { findCommonDir, isToldWhereToLook } from './common-dir.js';
import type { Context } from './context.js';

/** What a call is about: its words and options, as given. */
export interface RestRequest {
  /** As typed, relative to where the command acts. */
  readonly file: string;
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** What is said then. */
export const nothingToDo = 'nothing to do: everything has landed and nothing has changed since';

/** How a path looked. `mark` is '' where nothing was there; `changedAt` is in milliseconds since the epoch. */
interface Look {
  readonly mark: string;
  readonly changedAt: number;
}

/** What changed within this time could change again and look the same: too young to be relied on. Milliseconds. */
const settlingMs = 2_000;
/** Notes that a repository keeps. */
const mostNotes = 50;
/** Where settings may stand in a folder. A program among them can say something else each time. */
const settingsFile = /^(\.planrc(\..*)?|planrc(\..*)?|plan\.config\..*|package\.(json|yaml))$/;
const program = /\.[cm]?[jt]s$/;

/** True when an earlier call, given exactly as this one, found nothing to do, and nothing that it looked at has changed. Starts no git. */
export function isAtRest(request: RestRequest, context: Context): boolean {
  const note = noteFile(request, context);
  if (note === undefined) return false;
  try {
    const seen = Object.entries(JSON.parse(readFileSync(note, 'utf8')) as Readonly<Record<string, string>>);
    return seen.length > 0 && seen.every(([file, mark]) => lookAt(file)?.mark === mark);
  } catch {
    return false;
  }
}

/** Writes the note. `files`: all that the answer was read from, absolute, also those that are not there. Only a help: it may be left out. */
export function noteRest(request: RestRequest, context: Context, files: readonly string[], now = systemClock.now()): void {
  const note = noteFile(request, context);
  const settings = settingsAround(path.dirname(path.resolve(context.folder, request.file)));
  if (note === undefined || settings === undefined) return;
  const seen: Record<string, string> = {};
  const youngest = now - settlingMs;
  for (const file of [path.dirname(fileURLToPath(import.meta.url)), ...files, ...settings]) {
    const look = lookAt(file);
    if (look === undefined || look.changedAt > youngest) return;
    seen[file] = look.mark;
  }
  try {
    mkdirSync(path.dirname(note), { recursive: true, mode: 0o700 });
    const notes = readdirSync(path.dirname(note));
    if (notes.length >= mostNotes) for (const old of notes) rmSync(path.join(path.dirname(note), old), { force: true });
    writeFileSync(`${note}.${process.pid}`, JSON.stringify(seen), { mode: 0o600 });
    renameSync(`${note}.${process.pid}`, note);
  } catch {
    // No room, or not ours to write: the next call works it out again.
  }
}

/** The note of exactly this call; undefined where the repository is not where it seems to be. */
function noteFile({ file, flags }: RestRequest, { folder, terminal }: Context): string | undefined {
  const { environment } = terminal;
  const commonDir = isToldWhereToLook(environment) ? undefined : findCommonDir(folder);
  if (commonDir === undefined) return undefined;
  const told = Object.entries(environment).filter(([name]) => /^(PLAN|GIT)_|^(HOME|PLAN|XDG_CONFIG_HOME)$/.test(name)).sort();
  const key = createHash('sha256').update(JSON.stringify([folder, file, flags, told])).digest('hex').slice(0, 32);
  return path.join(commonDir, 'plan', 'rest', key);
}

/** The settings files from a folder up to the top of its worktree, and the folders where one could appear; undefined where that cannot be told. */
function settingsAround(folder: string): readonly string[] | undefined {
  const found: string[] = [];
  for (let at = folder; ; at = path.dirname(at)) {
    for (const place of [at, path.join(at, '.config')]) {
      found.push(place);
      const names = namesIn(place).filter((name) => settingsFile.test(name) || (place !== at && /^plan/.test(name)));
      if (names.some((name) => program.test(name))) return undefined;
      found.push(...names.map((name) => path.join(place, name)));
    }
    const git = path.join(at, '.git');
    const inside = statSync(git, { throwIfNoEntry: false });
    // The branch that is checked out is the target where nothing else says one.
    if (inside !== undefined) return inside.isDirectory() ? [...found, path.join(git, 'HEAD')] : undefined;
    if (at === path.dirname(at)) return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function lookAt(file: string): Look | undefined {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return { mark: '', changedAt: 0 };
    return { mark: [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' '), changedAt: Number(found.ctimeMs) };
  } catch {
    return undefined;
  }
}
