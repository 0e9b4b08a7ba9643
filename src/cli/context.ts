import path from 'node:path';
import { err, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { Repository } from '../git/repository.js';
import type { Paint } from '../status/paint.js';
import type { Terminal } from './terminal.js';

/** What a command may use besides its words. */
export interface Context {
  readonly terminal: Terminal;
  /** Absolute: where the command acts; the caller's folder or what `-C` named. */
  readonly folder: string;
  readonly json: boolean;
  /** For stdout. */
  readonly paint: Paint;
}

/** An absolute path as the user would type it from where the command acts. */
export function asTyped(context: Pick<Context, 'folder'>, file: string): string {
  const relative = path.relative(context.folder, file);
  return relative === '' ? '.' : relative;
}

/** Does something with the repository that the command is given in, and ends the gits that served it. */
export async function withRepository<T>(context: Context, use: (repository: Repository) => Promise<Result<T, readonly Failure[]>>): Promise<Result<T, readonly Failure[]>> {
  const { openRepository } = await import('../git/repository.js');
  const opened = await openRepository(context.folder, context.terminal.environment);
  if (!opened.ok) return err([opened.error]);
  try {
    return await use(opened.value);
  } finally {
    opened.value.close();
  }
}
