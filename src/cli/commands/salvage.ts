import { err, ok, type Result } from '../../base/result.js';
import { nearestName } from '../../base/text.js';
import { listSalvage, restoreSalvage, showSalvage, type SalvageEntry } from '../../git/salvage.js';
import type { Repository } from '../../git/repository.js';
import type { Failure } from '../../model/failure.js';
import { iso } from '../../status/json.js';
import { count, printable } from '../../status/printable.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { runOption } from '../runs.js';
import { usageFailure } from '../usage.js';

const actions = ['list', 'show', 'restore'] as const;

/** `plan salvage`. */
export const command = defineCommand({
  name: 'salvage',
  description: 'Work of attempts that failed, timed out or were killed is kept by refs. `list` names it, `show <name>` prints it as a patch, `restore <name> <branch>` makes a branch of it.',
  positionals: [
    { name: 'action', describe: 'list (default), show, restore' },
    { name: 'name', describe: 'such as A.2.3/1' },
    { name: 'branch', describe: 'for restore: the branch to make' },
  ],
  options: runOption,
  async run(given, context) {
    const [action = 'list', name, branch] = given.words;
    if (!actions.some((one) => one === action)) return { failures: [usageFailure('unknown-action', `\`plan salvage\` does not know ${JSON.stringify(action)}`, `one of ${actions.join(', ')}`)] };
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const entries = await listSalvage(repository, given.run);
      if (action === 'list') return ok(listAnswer(entries, context));
      const entry = entries.filter((one) => one.name === name || one.ref === name || (name !== undefined && name.length >= 7 && one.commit.startsWith(name))).at(-1);
      if (entry === undefined) return err([unknown(name, entries)]);
      return action === 'show' ? show(entry, repository) : restore(entry, branch, repository);
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

function listAnswer(entries: readonly SalvageEntry[], { paint }: Context): Answer {
  const json = { salvage: entries.map(({ run, name, ref, commit, subject, at }) => ({ run, name, ref, commit, subject, at: iso(at * 1000) })) };
  if (entries.length === 0) return { json, text: 'nothing had to be kept' };
  const room = Math.max(...entries.map(({ name }) => name.length));
  const lines = entries.map(({ name, commit, subject, at, run }) => `${paint.bold(name.padEnd(room))}  ${commit.slice(0, 10)}  ${iso(at * 1000).slice(0, 16).replace('T', ' ')}  ${printable(subject)}  ${paint.dim(run)}`);
  return { json, text: [...lines, '', `${count(entries.length, 'piece')} of work: plan salvage show <name>, plan salvage restore <name> <branch>`].join('\n') };
}

async function show(entry: SalvageEntry, repository: Repository): Promise<Result<Answer, readonly Failure[]>> {
  const patch = await showSalvage(repository, entry.commit);
  return ok({ json: { ...entry, patch }, text: patch.trimEnd() });
}

async function restore(entry: SalvageEntry, branch: string | undefined, repository: Repository): Promise<Result<Answer, readonly Failure[]>> {
  if (branch === undefined) return err([usageFailure('missing-word', 'say which branch to make of it', `plan salvage restore ${entry.name} salvaged/${entry.name.replaceAll('/', '-')}`)]);
  const made = await restoreSalvage(repository, entry.commit, branch);
  return made.ok ? ok({ json: { branch, commit: entry.commit }, text: `branch ${branch} holds it: git log -p ${branch}, then cherry-pick or merge what you want` }) : err([made.error]);
}

function unknown(name: string | undefined, entries: readonly SalvageEntry[]): Failure {
  if (name === undefined) return usageFailure('missing-word', 'say which piece of work', 'see `plan salvage list`');
  const meant = nearestName(name, entries.map((entry) => entry.name));
  return usageFailure('unknown-salvage', `nothing was kept under ${JSON.stringify(name)}`, meant === undefined ? 'see `plan salvage list`' : `did you mean \`${meant}\`?`);
}
