import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fse from 'fs-extra';
import { err, ok, type Result } from '../../base/result.js';
import { withoutLocalVariables } from '../../git/environment.js';
import { git, tryGit, type GitPlace } from '../../git/git.js';
import type { Failure } from '../../model/failure.js';
import { plainPaint } from '../../status/paint.js';
import { printable } from '../../status/printable.js';
import { defineCommand } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { exit } from '../exit.js';
import { packageFolder } from '../package-folder.js';
import { runOrchestration } from '../run-orchestration.js';
import { usageFailure } from '../usage.js';
import { shellWord } from '../../base/text.js';

const readme = `# Corner shop

A repository made by \`plan demo\`. Three plans were carried out in it at once: see \`plans/\` and \`manifest.yml\`.
`;

/** `plan demo`. */
export const command = defineCommand({
  name: 'demo',
  description: 'Makes a small real repository with three plans — one of high priority, one that waits for its second phase, one that is free — runs them in front of you, and shows the merged history. Needs no configuration, no agent and no network.',
  positionals: [{ name: 'folder', describe: 'where to make it; default: a new temporary folder', completes: 'file' }],
  options: { plain: { type: 'boolean', describe: 'plain lines, also on a terminal' } },
  async run(given, context) {
    const made = await makeRepository(given.words[0], context);
    if (!made.ok) return { failures: made.error };
    const { place } = made.value;
    const { terminal, paint, json } = context;
    const say = (text: string): void => void (json ? terminal.stderr : terminal.stdout).write(`${text}\n`);
    say(`${paint.bold('A real repository:')} ${printable(place.cwd)}`);
    say('Three plans, a Markdown file each, and a manifest that says what waits for what:');
    say(paint.dim('  A  sign-in    priority high, on feature/auth\n  B  interface  priority low, waits for A.phase2\n  C  documents  priority medium, free'));
    say(`\n${paint.bold('$ plan orchestrate-multi manifest.yml')}`);
    const ran = await runOrchestration({ file: 'manifest.yml', dryRun: false, fresh: false, events: false, plain: given.plain ?? false, quiet: false, flags: {} }, { ...context, folder: place.cwd });
    if (ran.exit !== exit.done) return ran;
    const { Queries } = await import('../../git/queries.js');
    const shown = await withRepository({ ...context, folder: place.cwd }, async (repository) => ok((await new Queries(repository).graphLog(['HEAD'], { colour: paint !== plainPaint })).trimEnd()));
    const history = shown.ok ? shown.value : '';
    const text = [
      '',
      paint.bold('$ git log --graph --oneline --decorate'),
      history,
      '',
      'Every plan worked in a worktree of its own; the target moved once, to the commit that was verified. Where to look next:',
      `  cd ${shellWord(place.cwd)}`,
      ...(onPath(terminal.environment['PATH']) ? [] : [`  alias plan=${shellWord(path.join(packageFolder(), 'bin', 'plan.js'))}`]),
      '  plan status --timeline                what ran when',
      '  plan log                              what happened, as a story',
      '  plan logs A.2.2                       what a task wrote',
      '  cat manifest.yml plans/auth.md        what was asked for',
      '  plan orchestrate-multi manifest.yml   the same again: nothing to do',
    ].join('\n');
    return { exit: exit.done, json: { folder: place.cwd, history: history.split('\n'), ...ran.json }, text };
  },
});

interface Made {
  readonly place: GitPlace;
}

async function makeRepository(wanted: string | undefined, context: Context): Promise<Result<Made, readonly Failure[]>> {
  const folder = wanted === undefined ? path.join(await mkdtemp(path.join(tmpdir(), 'plan-demo-')), 'shop') : path.resolve(context.folder, wanted);
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) return err([usageFailure('not-empty', `${JSON.stringify(wanted)} is not empty`, 'name a folder that does not exist yet')]);
  const place = { cwd: folder, environment: withoutLocalVariables(context.terminal.environment) };
  await git(['init', '--quiet', '--initial-branch=main'], place);
  // Nothing here is worth a question for a passphrase, and a user without an identity gets one that says what it is.
  await git(['config', 'commit.gpgsign', 'false'], place);
  const known = await tryGit(['var', 'GIT_COMMITTER_IDENT'], place);
  const named = await tryGit(['config', 'user.email'], place);
  if (known.code !== 0 || named.code !== 0) {
    await git(['config', 'user.name', 'plan demo'], place);
    await git(['config', 'user.email', 'demo@plan.invalid'], place);
  }
  await fse.copy(path.join(packageFolder(), 'orchestrations', 'founding'), folder);
  await writeFile(path.join(folder, 'README.md'), readme);
  await git(['add', '--all'], place);
  await git(['commit', '--quiet', '--message', 'Begin the corner shop'], place);
  return ok({ place });
}

/** True where the shell would find the program by its name. */
function onPath(folders: string | undefined): boolean {
  return (folders ?? '').split(path.delimiter).some((folder) => folder !== '' && existsSync(path.join(folder, 'plan')));
}
