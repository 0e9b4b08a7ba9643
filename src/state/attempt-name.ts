/** What tells an attempt from every other of its run. */
import type { NodeId } from '../model/ids.js';
import { nodeState, type RunState } from './run-state.js';

/** The name that an attempt's output and session go by: unique in a run, whatever replans make of ids. Without an attempt: that of one that would begin now. */
export function attemptName(state: RunState, node: NodeId, attempt?: number): string {
  const found = attempt === undefined ? undefined : nodeState(state, node)?.attempts[attempt - 1];
  if (found !== undefined) return found.ranAs ?? node;
  return state.replans === 0 ? node : `${node}@${state.replans}`;
}
