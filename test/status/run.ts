import { buildGraph } from '../../src/graph/build-graph.js';
import type { Entry, Event } from '../../src/model/event.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { apply, emptyState } from '../../src/state/apply.js';
import type { RunState } from '../../src/state/run-state.js';

/** A commit id that reads as its letter. */
export const commit = (letter: string): string => letter.repeat(40);

/** A run told event by event, one second apart from the second 1000 on. */
export class ToldRun {
  readonly state: RunState;
  readonly entries: Entry[] = [];
  readonly orchestration: Orchestration;

  constructor(orchestration: Orchestration) {
    const graph = buildGraph(orchestration);
    if (!graph.ok) throw new Error('a cycle in a test');
    this.orchestration = orchestration;
    this.state = emptyState(orchestration, graph.value);
    this.tell({ kind: 'run.started', run: 'm-1', orchestration, target: { ref: 'refs/heads/main', commit: commit('a') }, refs: {} });
  }

  get now(): number {
    return 1_000_000 + this.entries.length * 1000;
  }

  tell(...events: readonly Event[]): this {
    for (const event of events) {
      const entry: Entry = { seq: this.entries.length, at: this.now, event };
      this.entries.push(entry);
      apply(this.state, entry);
    }
    return this;
  }

  /** The plan's branch is made. */
  open(plan: string): this {
    return this.tell(
      { kind: 'plan.opening', plan, from: null, to: commit('a'), adopted: false, inputs: [] },
      { kind: 'plan.opened', plan, tip: commit('a'), adopted: false, inputs: [] },
    );
  }

  start(node: string, attempt = 1): this {
    return this.tell({ kind: 'attempt.started', node, attempt, slot: 0, base: commit('a') });
  }

  fail(node: string, attempt = 1, note = 'it broke'): this {
    return this.tell({ kind: 'attempt.finished', node, attempt, outcome: { result: 'failed', reason: 'exit', exitCode: 1, note } });
  }

  /** A passed attempt and its commit. */
  pass(node: `${string}.${string}`, to = commit('b'), attempt = 1): this {
    const from = this.state.plans.get(node.slice(0, node.indexOf('.')))?.tip ?? commit('a');
    return this.tell(
      { kind: 'attempt.finished', node, attempt, outcome: { result: 'passed', head: commit('a'), dirty: true } },
      { kind: 'commit.prepared', node, attempt, from, to },
      { kind: 'task.committed', node, attempt, tip: to, changed: true },
    );
  }
}
