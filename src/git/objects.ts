/** Reading objects and resolving names through one long-lived `cat-file`: some thirty times cheaper than a process for each. */
import type { CommitId } from '../model/ids.js';
import { GitError } from './git-error.js';
import type { GitPlace } from './git.js';
import { GitSession } from './session.js';

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

export interface ObjectInfo {
  readonly id: string;
  readonly type: ObjectType;
  /** Bytes of its content. */
  readonly size: number;
}

export interface ObjectContent extends ObjectInfo {
  readonly content: Buffer;
}

/** A commit's header and message, decoded from whatever encoding it was written in. */
export interface Commit {
  readonly id: CommitId;
  readonly tree: string;
  readonly parents: readonly CommitId[];
  /** `Name <mail> <seconds> <zone>`, as git writes it. */
  readonly author: string;
  readonly committer: string;
  readonly message: string;
}

/** No object that we read as a whole (commits, attributes, small files) is larger. */
const contentLimit = 32 * 1024 * 1024;

/** Resolves names and reads objects; sees refs and objects that were made after it was started. */
export class ObjectReader {
  readonly #session: GitSession;

  constructor(place: GitPlace) {
    this.#session = new GitSession(['cat-file', '--batch-command'], place, { milliseconds: 600_000, requests: 100_000 });
  }

  /** What an expression such as `refs/heads/main^{commit}` names; undefined when nothing does, or more than one thing. */
  async info(expression: string): Promise<ObjectInfo | undefined> {
    if (!isSpeakable(expression)) return undefined;
    return this.#ask(() => this.#session.ask(`info ${expression}\n`, takeInfo));
  }

  /** The object with its content; undefined when there is none. */
  async read(expression: string): Promise<ObjectContent | undefined> {
    const info = await this.info(expression);
    if (info === undefined) return undefined;
    if (info.size > contentLimit)
      throw new GitError(['cat-file', expression], 'too-much-output', 128, `${expression} has ${info.size} bytes`);
    return this.#ask(() => this.#session.ask(`contents ${info.id}\n`, takeContent));
  }

  /** The commit that an expression names, tags peeled; undefined when there is none. */
  async commitId(expression: string): Promise<CommitId | undefined> {
    return (await this.info(`${expression}^{commit}`))?.id;
  }

  /** The commit's header and message; undefined when there is no such commit. */
  async commit(expression: string): Promise<Commit | undefined> {
    const object = await this.read(`${expression}^{commit}`);
    return object === undefined ? undefined : parseCommit(object.id, textOf(object.content));
  }

  /** Ends the process; the next request starts another. */
  close(): void {
    this.#session.close();
  }

  /** A reader that died (killed, out of memory) is replaced once; what makes it die again is an error. */
  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof GitError) || error.stderr === 'closed') throw error;
      return ask();
    }
  }
}

/** One request is one line; nothing else may end it. */
function isSpeakable(expression: string): boolean {
  return expression !== '' && expression.length < 4096 && !/[\n\0]/.test(expression);
}

const newline = 0x0a;

function takeInfo(received: Buffer): { value: ObjectInfo | undefined; used: number } | undefined {
  const end = received.indexOf(newline);
  return end < 0 ? undefined : { value: parseInfo(received.toString('utf8', 0, end)), used: end + 1 };
}

function takeContent(received: Buffer): { value: ObjectContent | undefined; used: number } | undefined {
  const end = received.indexOf(newline);
  if (end < 0) return undefined;
  const info = parseInfo(received.toString('utf8', 0, end));
  if (info === undefined) return { value: undefined, used: end + 1 };
  const used = end + 1 + info.size + 1;
  if (received.length < used) return undefined;
  return { value: { ...info, content: Buffer.from(received.subarray(end + 1, used - 1)) }, used };
}

function parseInfo(line: string): ObjectInfo | undefined {
  const match = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(line);
  return match === null ? undefined : { id: match[1] ?? '', type: match[2] as ObjectType, size: Number(match[3]) };
}

/** A commit's text. Where its bytes are not what it says that they are, or nobody knows that encoding, each byte is a character of its own. */
function textOf(commit: Buffer): string {
  const bytes = commit.toString('latin1');
  const header = bytes.slice(0, bytes.indexOf('\n\n'));
  try {
    return new TextDecoder(/^encoding (.+)$/m.exec(header)?.[1] ?? 'utf-8', { fatal: true }).decode(commit);
  } catch {
    return bytes;
  }
}

function parseCommit(id: CommitId, text: string): Commit {
  const end = text.indexOf('\n\n');
  const parents: CommitId[] = [];
  const found: Record<'tree' | 'author' | 'committer', string> = { tree: '', author: '', committer: '' };
  for (const line of text.slice(0, end < 0 ? text.length : end).split('\n')) {
    const space = line.indexOf(' ');
    const [key, value] = [line.slice(0, space), line.slice(space + 1)];
    if (key === 'parent') parents.push(value);
    else if (key === 'tree' || key === 'author' || key === 'committer') found[key] = value;
  }
  return { id, ...found, parents, message: end < 0 ? '' : text.slice(end + 2) };
}
