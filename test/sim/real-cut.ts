/** Deeds on a real repository that are cut off: each in a process of its own, killed (kill -9) by the git that has got to the point. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { assert } from '../../src/base/assert.js';
import { identityOf, type ProcessIdentity } from '../../src/base/process-identity.js';
import { Cut, type CutPoint } from './cut.js';
import type { CutDeed } from './deed-process.js';

/** Refs that moved: told by a hook of git's, when they have. */
const refsHook = `#!/bin/sh
[ "$1" = committed ] || exit 0
while read -r _ _ ref; do
  case "$ref" in
    refs/heads/*) point=branch ;;
    refs/plan-runs/*) point=pin ;;
    *) continue ;;
  esac
  if [ "$point" = "$CUT_POINT" ]; then kill -9 "$CUT_PROCESS"; fi
done
exit 0
`;

/** What else a git did: told by whoever waits for its end. */
const gitScript = (hooks: string, git: string): string => `#!/bin/sh
'${git}' -c core.hooksPath='${hooks}' "$@"
code=$?
case " $* " in
  *' commit '*) point=commit ;;
  *' worktree add '*) point=worktree ;;
  *' push '*) point=push ;;
  *) point= ;;
esac
if [ $code = 0 ] && [ -n "$point" ] && [ "$point" = "$CUT_POINT" ]; then kill -9 "$CUT_PROCESS"; fi
exit $code
`;

export class CutDeeds {
  private readonly folder: string;
  private readonly git: string;
  private isReady = false;
  /** The last process that was killed; a new one waits for its gits. */
  killed: ProcessIdentity | undefined;

  /** `folder`: to put programs in. `git`: the one to be used. */
  constructor(folder: string, git: string) {
    this.folder = folder;
    this.git = git;
  }

  /** Does a deed up to the point, and then rejects with `Cut`. Null: it failed by itself; else what it gave. */
  async perform(point: CutPoint, deed: CutDeed): Promise<{ readonly done?: unknown } | null> {
    if (!this.isReady) this.prepare();
    this.isReady = true;
    const environment = { ...deed.environment, CUT_POINT: point, PATH: `${join(this.folder, 'bin')}:${deed.environment['PATH'] ?? ''}` };
    const child = spawn(process.execPath, [join(this.folder, 'deed.cjs')], { cwd: deed.top, env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    const identity = identityOf(child.pid as number);
    child.stdin.end(JSON.stringify({ ...deed, environment }));
    const said = text(child.stdout);
    const ended = new Promise<NodeJS.Signals | number | null>((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
    const words = text(child.stderr);
    const end = await ended;
    if (end === 'SIGKILL') {
      this.killed = identity;
      throw new Cut();
    }
    assert(end === 0, `a deed of its own process ended with ${String(end)}: ${await words}`);
    return JSON.parse(await said) as { readonly done?: unknown } | null;
  }

  private prepare(): void {
    const hooks = join(this.folder, 'hooks');
    for (const [path, content] of [[join(hooks, 'reference-transaction'), refsHook], [join(this.folder, 'bin', 'git'), gitScript(hooks, this.git)]] as const) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      chmodSync(path, 0o755);
    }
    // This file is bundled itself, two folders below the top as well.
    const root = join(import.meta.dirname, '..', '..');
    const entry = join(root, 'test', 'sim', 'deed-process.ts');
    execFileSync(join(root, 'node_modules', '.bin', 'esbuild'), [entry, '--bundle', '--platform=node', '--format=cjs', '--target=node20', '--log-level=error', `--outfile=${join(this.folder, 'deed.cjs')}`], { cwd: root });
  }
}
