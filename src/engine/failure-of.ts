/** What git or the system refused, as a sentence for people. */
import { failureOfGit } from '../git/git-error.js';
import type { Failure } from '../model/failure.js';

const systemHints: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on the disk, then run the same command again',
  EDQUOT: 'the disk quota is used up; make room, then run the same command again',
  EACCES: 'make the path writable, then run the same command again',
  EPERM: 'make the path writable, then run the same command again',
  EROFS: 'the file system is read-only; mount it writable, then run the same command again',
  EMFILE: 'raise the limit of open files (`ulimit -n`), or lower limits.tasks',
  ENFILE: 'the system has no file handles left; lower limits.tasks',
  EFBIG: 'raise the limit of file sizes (`ulimit -f`), then run the same command again',
  EIO: 'the disk reports errors; check it before going on',
};

/** What git says where a write fell short: the system gave no reason, and on a full disk it does not. */
const shortWrite = /Out of diskspace|couldn't write|write error|unable to write/;

/** The failure that an error stands for; undefined where only a bug of ours explains it. */
export function failureOf(error: unknown): Failure | undefined {
  const ofGit = failureOfGit(error);
  if (ofGit) return ofGit.hint === undefined && shortWrite.test(ofGit.message) ? { ...ofGit, hint: 'the disk is probably full: make room, then run the same command again' } : ofGit;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (!(error instanceof Error) || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return undefined;
  const hint = systemHints[code];
  return { kind: 'failed', code: `system-${code.toLowerCase()}`, message: error.message, ...(hint !== undefined && { hint }) };
}
