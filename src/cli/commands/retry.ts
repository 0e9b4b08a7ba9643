import { err, ok } from '../../base/result.js';
import { planOf, type NodeId } from '../../model/ids.js';
import { nodeState, type RunState } from '../../state/run-state.js';
import { taskStatus } from '../../state/task-status.js';
import { listed } from '../../status/words.js';
import { defineCommand } from '../command.js';
import { nodesOf, request } from '../request.js';
import { runOption } from '../runs.js';
import { usageFailure } from '../usage.js';

/** `plan retry`. */
export const command = defineCommand({
  name: 'retry',
  description: 'Runs tasks and verifies again that failed or were cancelled, with their retries counted from new. A plan or phase stands for all of it that failed. What was blocked by them goes on when they pass.',
  positionals: [{ name: 'node', many: true, describe: 'tasks, phases or plans', completes: 'node' }],
  options: { ...runOption, failed: { type: 'boolean', describe: 'everything that failed' } },
  examples: [['plan retry A.2.3', ''], ['plan retry --failed', '']],
  run(given, context) {
    return request(
      given.run,
      (state) => {
        const failed = (id: string): boolean => {
          const node = nodeState(state, id);
          return node !== undefined && (taskStatus(state, node) === 'failed' || node.stage === 'cancelled');
        };
        const words = given.failed ? [...state.plans.keys()] : given.words;
        if (words.length === 0) return err([usageFailure('missing-word', 'say what is to be tried again', 'a task such as A.2.3, a plan, or --failed')]);
        const nodes = nodesOf(state, words, failed);
        if (!nodes.ok) return nodes;
        const note = landedNote(state, nodes.value);
        return ok({ event: { kind: 'retry.requested', nodes: nodes.value }, words: `retry ${listed(nodes.value, 6)}`, ...(note === undefined ? {} : { note }) });
      },
      context,
    );
  },
});

/** What landed once does not land again by itself: who has it done again should know where it stays. */
function landedNote(state: RunState, nodes: readonly NodeId[]): string | undefined {
  const landed = [...new Set(nodes.map(planOf))].filter((plan) => state.plans.get(plan)?.landed === true || state.landing.landed.has(plan));
  if (landed.length === 0) return undefined;
  const branches = landed.map((plan) => state.plans.get(plan)?.plan.branch ?? plan);
  return `${listed(landed, 6)} landed before: what is done again stays on ${listed(branches, 6)} and does not land again; \`plan undo\` first takes the landing back`;
}
