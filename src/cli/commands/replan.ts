import path from 'node:path';
import { systemClock } from '../../base/clock.js';
import { err, ok, type Result } from '../../base/result.js';
import { compareWithRun, replan } from '../../engine/replan.js';
import { listRuns } from '../../journal/layout.js';
import type { Failure } from '../../model/failure.js';
import { count } from '../../status/printable.js';
import { commandWord, runCommand } from '../../status/run-command.js';
import { listed } from '../../status/words.js';
import { defineCommand, type Answer } from '../command.js';
import { asTyped, withRepository, type Context } from '../context.js';
import { load } from '../load.js';
import { requireRun } from '../runs.js';
import { topOf } from '../top.js';
import { usageFailure } from '../usage.js';
import type { Repository } from '../../git/repository.js';

/** `plan replan`. */
export const command = defineCommand({
  name: 'replan',
  description: 'Shows what changed in the manifest and its plan files since the run began, and takes it up with --yes: finished tasks stay finished by what they say, not by where they stand. For that the run must rest.',
  positionals: [{ name: 'manifest', describe: 'the manifest or plan file; default: that of the newest run', completes: 'file' }],
  options: { yes: { type: 'boolean', alias: 'y', describe: 'take it up' } },
  async run(given, context) {
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const file = given.words[0] === undefined ? await newestManifest(repository, context) : ok(given.words[0]);
      if (!file.ok) return file;
      const loaded = await load({ file: file.value }, context, repository);
      if (!loaded.ok) return loaded;
      const { orchestration } = loaded.value;
      const done = await (given.yes === true ? replan({ repository, orchestration, typed: runCommand(file.value), clock: systemClock }) : compareWithRun({ repository, orchestration, typed: runCommand(file.value) }));
      if (!done.ok) return done;
      const { difference, applied } = done.value;
      return ok({ json: { applied, ...difference }, text: words(difference, applied, file.value) });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

async function newestManifest(repository: Repository, context: Context): Promise<Result<string, readonly Failure[]>> {
  if ((await listRuns(repository.commonDir)).length === 0) return err([usageFailure('no-run', 'nothing has run in this repository yet', 'begin with `plan orchestrate-multi <manifest>`')]);
  const run = await requireRun(repository.commonDir, undefined);
  return run.ok ? ok(asTyped(context, path.join(await topOf(repository), run.value.state.orchestration.manifest))) : run;
}

type Difference = Extract<Awaited<ReturnType<typeof replan>>, { ok: true }>['value']['difference'];

function words(difference: Difference, applied: boolean, file: string): string {
  const lines: string[] = [];
  const say = (what: string, names: readonly string[]): void => void (names.length > 0 && lines.push(`${what}: ${listed(names, 12)}`));
  say('new plans', difference.addedPlans);
  say('plans gone', difference.removedPlans);
  say('new', difference.added);
  say('gone', difference.removed);
  say('changed', difference.changed);
  say('renumbered', difference.renumbered.map(({ from, to }) => `${from} → ${to}`));
  if (lines.length === 0) return applied ? 'the structure was taken up anew' : 'nothing changed';
  lines.push(`${count(Object.keys(difference.carried).length, 'task')} kept as they stand`);
  lines.push(applied ? `taken up; go on with: ${runCommand(file)}` : `take it up with: plan replan ${commandWord(file)} --yes`);
  return lines.join('\n');
}
