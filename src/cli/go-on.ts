import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../status/run-command.js';
import { asTyped, type Context } from './context.js';

/** The manifest of a run, which is kept relative to the repository's top, as its user would type it from where the command acts. */
export async function typedManifest(commonDir: string, manifest: string, context: Context): Promise<string> {
  return asTyped(context, path.join(topAround(context.folder, commonDir) ?? (await askedTop(context)) ?? path.dirname(commonDir), manifest));
}

/** The command that goes on with a run. */
export async function goOnCommand(commonDir: string, manifest: string, context: Context): Promise<string> {
  return runCommand(await typedManifest(commonDir, manifest, context));
}

/** The main worktree where the folder lies in it, found without git; undefined in linked worktrees and bare repositories. */
function topAround(folder: string, commonDir: string): string | undefined {
  for (let at = realpathSync(folder); ; at = path.dirname(at)) {
    const inside = path.join(at, '.git');
    if (inside === commonDir) return at;
    if (statSync(inside, { throwIfNoEntry: false }) !== undefined || at === path.dirname(at)) return undefined;
  }
}

async function askedTop(context: Context): Promise<string | undefined> {
  const { openRepository } = await import('../git/repository.js');
  const { topOf } = await import('./top.js');
  const opened = await openRepository(context.folder, context.terminal.environment);
  if (!opened.ok) return undefined;
  try {
    return await topOf(opened.value);
  } finally {
    opened.value.close();
  }
}
