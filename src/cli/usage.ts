import type { Failure } from '../model/failure.js';

/** One sentence about a call or an input that cannot be used. */
export function usageFailure(code: string, message: string, hint?: string): Failure {
  return { kind: 'input', code, message, ...(hint === undefined ? {} : { hint }) };
}

/** For a file, as typed, that is no part of the repository at hand. */
export function outsideRepository(file: string): Failure {
  return usageFailure('outside-repository', `${JSON.stringify(file)} lies outside the repository`, 'name a file inside it, or the other repository with -C <folder>');
}

/** For a file, as typed, that is not there. */
export function noSuchFile(file: string): Failure {
  return usageFailure('no-such-file', `there is no file ${JSON.stringify(file)}`, 'paths are relative to the folder that the command is given in');
}
