/** Tasks that nothing could carry out, known before anything starts. */

import { executionOf, type Orchestration } from '../model/orchestration.js';
import type { PlacedDiagnostic, PlanInput } from './resolve-input.js';

/** Tasks for a shell that is told nothing: each would fail at its start. One remark a plan, at the first of them. */
export function tasksWithoutCommand({ plans, settings }: Orchestration, inputs: readonly Pick<PlanInput, 'shown'>[]): readonly PlacedDiagnostic[] {
  return plans.flatMap((plan, at) => {
    const tasks = plan.phases.flatMap((phase) => phase.tasks).filter(({ id, done, script }) => {
      const { executor } = executionOf(settings, id);
      return !done && executor.kind === 'shell' && (script ?? executor.shell ?? '').trim() === '';
    });
    const [first] = tasks;
    if (first === undefined) return [];
    const more = tasks.length === 1 ? 'has' : `and ${tasks.length - 1} more of plan ${plan.id} have`;
    const message = `task ${first.id} ${more} no \`sh\` block, and no command is configured: ${tasks.length === 1 ? 'it' : 'they'} cannot start`;
    const hint = 'add an `sh` block, or say who carries it out with `executor:` — a shell command, an agent, or `manual` for yourself';
    return [{ severity: 'warning' as const, code: 'task-without-command', message, file: inputs[at]?.shown ?? plan.file, line: first.line, column: 1, hint }];
  });
}
