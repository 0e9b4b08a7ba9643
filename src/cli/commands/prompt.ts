import path from 'node:path';
import { err, ok, type Result } from '../../base/result.js';
import { promptWriter } from '../../engine/prompts.js';
import { lastWordsOf } from '../../engine/run-command.js';
import { withoutLocalVariables } from '../../git/environment.js';
import { outputFile, runPaths } from '../../journal/layout.js';
import type { Failure } from '../../model/failure.js';
import { attemptName } from '../../state/attempt-name.js';
import { emptyState } from '../../state/apply.js';
import { nodeState, type RunState } from '../../state/run-state.js';
import { visible } from '../../status/printable.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { load, planFileOptions } from '../load.js';
import { unknownNode } from '../nodes.js';
import { packageFolder } from '../package-folder.js';
import { slotPath } from '../places.js';
import { requireRun, runOption } from '../runs.js';
import type { Repository } from '../../git/repository.js';

/** `plan prompt`. */
export const command = defineCommand({
  name: 'prompt',
  description: 'Prints exactly what the executor of a task or verify would be told next: in a run with what was delivered and what failed before, or before any run with --manifest.',
  positionals: [{ name: 'node', required: true, describe: 'a task or verify, such as A.2.3', completes: 'node' }],
  options: { ...runOption, manifest: { type: 'string', requiresArg: true, describe: 'a manifest or plan file that has not run' }, ...planFileOptions },
  async run(given, context) {
    const [node = ''] = given.words;
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const state = given.manifest === undefined ? await ofRun(repository, given.run) : await ofFile({ file: given.manifest, format: given.format, tag: given.tag }, repository, context);
      if (!state.ok) return state;
      const known = nodeState(state.value, node);
      if (known === undefined || (known.node.kind !== 'task' && known.node.kind !== 'verify')) return err([unknownNode(node, state.value)]);
      const attempt = known.attempts.length + 1;
      const write = promptWriter({
        state: state.value,
        environment: withoutLocalVariables(context.terminal.environment),
        templates: path.join(packageFolder(), 'templates'),
        outputOf: (id, number) => (state.value.run === '' ? Promise.resolve('') : lastWordsOf(outputFile(runPaths(repository.commonDir, state.value.run), attemptName(state.value, id, number), number))),
      });
      const prompt = await write(node, attempt, slotPath(repository, state.value, known.node.plan));
      return ok({ json: { node, attempt, prompt }, text: context.terminal.live ? visible(prompt.trimEnd()) : prompt.trimEnd() });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

async function ofRun(repository: Repository, named: string | undefined): Promise<Result<RunState, readonly Failure[]>> {
  const run = await requireRun(repository.commonDir, named);
  return run.ok ? ok(run.value.state) : run;
}

async function ofFile(request: Parameters<typeof load>[0], repository: Repository, context: Context): Promise<Result<RunState, readonly Failure[]>> {
  const loaded = await load(request, context, repository);
  return loaded.ok ? ok(emptyState(loaded.value.orchestration, loaded.value.graph)) : loaded;
}
