import { err, ok } from '../../base/result.js';
import type { TaskId } from '../../model/ids.js';
import { nodeState } from '../../state/run-state.js';
import { listed } from '../../status/words.js';
import { defineCommand } from '../command.js';
import { nodesOf, request } from '../request.js';
import { runOption } from '../runs.js';
import { usageFailure } from '../usage.js';

/** `plan skip`. */
export const command = defineCommand({
  name: 'skip',
  description: 'Goes on without tasks: they count as done, with nothing committed for them. What waits for them goes on.',
  positionals: [{ name: 'task', required: true, many: true, describe: 'tasks, such as A.2.3', completes: 'node' }],
  options: { ...runOption, note: { type: 'string', requiresArg: true, describe: 'why, for the record' } },
  run(given, context) {
    return request(
      given.run,
      (state) => {
        const nodes = nodesOf(state, given.words, () => false);
        if (!nodes.ok) return nodes;
        const done = nodes.value.filter((id) => nodeState(state, id)?.done === true);
        if (done.length > 0) return err([usageFailure('already-done', `${listed(done)} ${done.length === 1 ? 'is' : 'are'} done already`)]);
        const event = { kind: 'skip.requested', nodes: nodes.value as readonly TaskId[], ...(given.note === undefined ? {} : { note: given.note }) } as const;
        return ok({ event, words: `skip ${listed(nodes.value, 6)}` });
      },
      context,
    );
  },
});
