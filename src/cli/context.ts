import path from 'node:path';
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
