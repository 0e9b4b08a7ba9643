import type { Failure } from '../model/failure.js';

/** One sentence about a call or an input that cannot be used. */
export function usageFailure(code: string, message: string, hint?: string): Failure {
  return { kind: 'input', code, message, ...(hint === undefined ? {} : { hint }) };
}
