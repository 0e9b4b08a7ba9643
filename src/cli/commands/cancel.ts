import { ok } from '../../base/result.js';
import { nodeState } from '../../state/run-state.js';
import { listed } from '../../status/words.js';
import { defineCommand } from '../command.js';
import { nodesOf, request } from '../request.js';
import { runOption } from '../runs.js';

/** `plan cancel`. */
export const command = defineCommand({
  name: 'cancel',
  description: 'Stops attempts that run, of a task, phase or plan. Their work is kept by a ref and they cost no retry; `plan retry` runs them again.',
  positionals: [{ name: 'node', required: true, many: true, describe: 'tasks, phases or plans', completes: 'node' }],
  options: runOption,
  run(given, context) {
    return request(
      given.run,
      (state) => {
        const nodes = nodesOf(state, given.words, (id) => nodeState(state, id)?.stage === 'running');
        return nodes.ok ? ok({ event: { kind: 'cancel.requested', nodes: nodes.value }, words: `cancel ${listed(nodes.value, 6)}` }) : nodes;
      },
      context,
    );
  },
});
