/** Carries a task out by waiting for a person. */
import type { AttemptOutcome } from '../model/event.js';
import type { NodeId } from '../model/ids.js';
import type { Executor, RunningAttempt } from './executor.js';

/** An executor whose attempts end when somebody says so. */
export interface ManualExecutor extends Executor {
  /** What a person said of a task that waits: false when none of this node waits. */
  settle(node: NodeId, result: 'passed' | 'failed', note?: string): boolean;
}

/** Nothing runs and nothing times out: a person takes the time they need. */
export function createManualExecutor(): ManualExecutor {
  const waiting = new Map<NodeId, (outcome: AttemptOutcome) => void>();
  return {
    begin(request, report): RunningAttempt {
      report({ doing: 'waits for a person' });
      let settle: (outcome: AttemptOutcome) => void = () => undefined;
      const finished = new Promise<AttemptOutcome>((resolve) => {
        settle = (outcome) => {
          waiting.delete(request.node);
          resolve(outcome);
        };
      });
      waiting.set(request.node, settle);
      return { finished, cancel: (reason) => settle({ result: 'cancelled', reason }) };
    },
    settle(node, result, note) {
      const end = waiting.get(node);
      end?.({ result, ...(result === 'failed' ? { reason: 'request' as const } : {}), ...(note === undefined ? {} : { note }) });
      return end !== undefined;
    },
  };
}
