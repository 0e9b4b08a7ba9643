import path from 'node:path';
import { worktreesFolder } from '../../engine/places.js';
import { ok, type Result } from '../../base/result.js';
import type { Failure } from '../../model/failure.js';
import { count, padEnd } from '../../status/printable.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { examine, type Finding } from '../examine.js';
import { exit } from '../exit.js';
import { load } from '../load.js';
import { topOf } from '../top.js';

/** `plan doctor`. */
export const command = defineCommand({
  name: 'doctor',
  description: 'Looks at what would get in the way of a run: git, identity, room for worktrees, hooks and files that a new worktree lacks, submodules, LFS, names, watchers, limits, clock, stale locks and worktrees, executors. Each finding says why it matters and what mends it.',
  positionals: [{ name: 'manifest', describe: 'a manifest: its plans, limits and executors are looked at too', completes: 'file' }],
  options: {},
  async run(given, context) {
    const [file] = given.words;
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const top = await topOf(repository);
      const loaded = file === undefined ? undefined : await load({ file }, context, repository);
      if (loaded?.ok === false) return loaded;
      const orchestration = loaded?.value.orchestration;
      const main = repository.main ?? repository.commonDir;
      const worktrees = orchestration === undefined ? path.dirname(main) : worktreesFolder(main, orchestration, orchestration.settings);
      const findings = await examine({ repository, top, worktrees, orchestration, environment: context.terminal.environment });
      return ok({ exit: findings.some(({ state }) => state === 'bad') ? exit.failed : exit.done, json: { findings }, text: wordsOf(findings, context) });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

function wordsOf(findings: readonly Finding[], { paint }: Context): string {
  const room = Math.max(...findings.map(({ what }) => what.length));
  const sign = { good: paint.green('✔'), warning: paint.yellow('!'), bad: paint.red('✖') } as const;
  const lines = findings.flatMap(({ what, state, found, why, mend }) => [
    `${sign[state]} ${padEnd(what, room)}  ${found}`,
    ...(why === undefined ? [] : [`  ${' '.repeat(room)}  ${paint.dim(why)}`]),
    ...(mend === undefined ? [] : [`  ${' '.repeat(room)}  ${paint.bold('→')} ${mend}`]),
  ]);
  const wrong = findings.filter(({ state }) => state !== 'good').length;
  return [...lines, '', wrong === 0 ? 'nothing is in the way' : `${count(wrong, 'finding')}`].join('\n');
}
