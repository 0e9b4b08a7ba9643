/** Drives the real decide and apply with a virtual clock: every deed succeeds at once, every attempt takes its expected time. */
import { assert, unreachable } from '../base/assert.js';
import type { Graph } from '../graph/graph.js';
import type { AttemptOutcome, Event, RunOutcome } from '../model/event.js';
import type { Orchestration } from '../model/orchestration.js';
import type { Decision } from '../scheduler/decision.js';
import { decide, decisionKey, type EffectiveLimits } from '../scheduler/decide.js';
import { apply, emptyState } from '../state/apply.js';
import { IndexedHeap } from '../state/heap.js';
import type { RunState } from '../state/run-state.js';

/** What a virtual run may differ in. */
export interface VirtualOptions {
  /** Order of start among ready nodes by node index, smaller is sooner; absent: the scheduler's own. */
  readonly order?: ArrayLike<number>;
  /** When a plan made ahead has each node start, in milliseconds, by node index; with `order`. */
  readonly plannedStart?: ArrayLike<number>;
  readonly limits?: EffectiveLimits;
  /** Milliseconds that an attempt takes; absent: the node's expected seconds. */
  readonly duration?: (index: number, attempt: number) => number;
  /** How an attempt ends; absent: passed. */
  readonly outcome?: (index: number, attempt: number) => AttemptOutcome;
  /** Milliseconds since the epoch when it begins; absent: 0. */
  readonly start?: number;
  /** Told of each event after it was folded. */
  readonly observe?: (event: Event, state: RunState, now: number) => void;
  /** Told of each answer before it is carried out. */
  readonly decided?: (decisions: readonly Decision[], state: RunState, now: number) => void;
}

/** What came out of a virtual run. */
export interface VirtualRun {
  readonly state: RunState;
  readonly outcome: RunOutcome;
  /** Milliseconds from the start to the end of the last attempt. */
  readonly makespan: number;
  /** Times the scheduler was asked. */
  readonly asked: number;
}

/** Answers that may follow one another without time passing or anything ending; more is a bug of ours. */
const mostAnswers = 10_000_000;

/** Runs a whole orchestration in virtual time. Throws where the scheduler gets stuck. */
export function runVirtually(orchestration: Orchestration, graph: Graph, options: VirtualOptions = {}): VirtualRun {
  const state = emptyState(orchestration, graph, { ...(options.order && { order: options.order }), ...(options.plannedStart && { plannedStart: options.plannedStart }) });
  const world = new VirtualWorld(state, options);
  return world.run();
}

const nothingUnderWay: ReadonlySet<string> = new Set();

class VirtualWorld {
  private readonly state: RunState;
  private readonly options: VirtualOptions;
  private readonly limits: EffectiveLimits;
  private readonly cancelled = new Set<string>();
  private readonly reasons = new Map<number, (Decision & { kind: 'cancel' })['reason']>();
  private readonly ends: Float64Array;
  private readonly ending: IndexedHeap;
  private now: number;
  private last: number;
  private commits = 0;
  private asked = 0;

  constructor(state: RunState, options: VirtualOptions) {
    this.state = state;
    this.options = options;
    const { limits } = state.settings;
    this.limits = options.limits ?? { tasks: limits.tasks, plans: limits.plans };
    this.ends = new Float64Array(state.nodes.length);
    this.ending = new IndexedHeap(this.ends, new Int32Array(state.nodes.length));
    this.now = options.start ?? 0;
    this.last = this.now;
  }

  run(): VirtualRun {
    const { orchestration } = this.state;
    this.record({ kind: 'run.started', run: 'virtual', orchestration, target: { ref: orchestration.target, commit: 'target' }, refs: {} });
    const start = this.now;
    for (;;) {
      const { decisions, wakeAt } = decide(this.state, this.limits, this.now, this.cancelled.size === 0 ? nothingUnderWay : this.cancelled);
      this.asked += 1;
      assert(this.asked < mostAnswers, 'the virtual run does not end');
      this.options.decided?.(decisions, this.state, this.now);
      // Deeds take no time here: what they open takes part in the choice before anything starts.
      const deeds = decisions.filter((decision) => decision.kind !== 'start' && decision.kind !== 'cancel');
      for (const decision of deeds.length > 0 ? deeds : decisions) this.perform(decision);
      if (this.state.finished !== undefined) return { state: this.state, outcome: this.state.finished, makespan: this.last - start, asked: this.asked };
      if (deeds.length === 0) this.pass(wakeAt);
    }
  }

  /** Time goes on to the next thing that ends, and everything that ends then has ended. */
  private pass(wakeAt: number | undefined): void {
    const next = this.ending.first();
    const end = next === undefined ? undefined : (this.ends[next] as number);
    if (end === undefined || (wakeAt !== undefined && wakeAt < end)) {
      assert(wakeAt !== undefined, 'stuck: nothing runs and no time is waited for');
      this.now = Math.max(this.now, wakeAt);
      return;
    }
    this.now = end;
    this.last = end;
    for (let index = this.ending.first(); index !== undefined && this.ends[index] === end; index = this.ending.first()) {
      this.ending.remove(index);
      this.finish(index);
    }
  }

  private finish(index: number): void {
    const node = this.state.nodes[index] as RunState['nodes'][number];
    const attempt = node.attempts.length;
    const reason = this.reasons.get(index);
    this.cancelled.delete(`cancel:${node.node.id}#${attempt}`);
    this.reasons.delete(index);
    const outcome: AttemptOutcome = reason !== undefined ? { result: 'cancelled', reason } : (this.options.outcome?.(index, attempt) ?? passed);
    this.record({ kind: 'attempt.finished', node: node.node.id, attempt, outcome });
  }

  private record(event: Event): void {
    apply(this.state, { seq: this.state.entries, at: this.now, event });
    this.options.observe?.(event, this.state, this.now);
  }

  private commit(): string {
    this.commits += 1;
    return `commit${this.commits}`;
  }

  private perform(decision: Decision): void {
    switch (decision.kind) {
      case 'open-plan':
        return this.record({ kind: 'plan.opened', plan: decision.plan, tip: this.commit(), adopted: false, inputs: decision.inputs });
      case 'integrate':
        return this.record({ kind: 'plan.integrated', plan: decision.plan, inputs: decision.inputs, tip: this.commit() });
      case 'start':
        return this.start(decision);
      case 'cancel':
        return this.cancel(decision);
      case 'commit':
        return this.record({ kind: 'task.committed', node: decision.node, attempt: decision.attempt, tip: this.commit(), changed: true });
      case 'move':
        return assert(false, 'a virtual branch moves at once');
      case 'publish':
        return this.record({ kind: 'phase.published', plan: decision.plan, phase: decision.phase, generation: decision.generation, commit: decision.commit });
      case 'complete':
        return this.record({ kind: 'plan.completed', plan: decision.plan, commit: decision.commit });
      case 'prepare-landing':
        return this.prepareLanding(decision);
      case 'verify-landing':
        return this.record({ kind: 'landing.verified', commit: decision.commit, tree: decision.tree, result: 'green', attempt: decision.attempt, key: decision.key });
      case 'abandon-verify':
        return;
      case 'drop':
        return this.record({ kind: 'landing.dropped', plan: decision.plan, reason: decision.reason });
      case 'advance-target':
        this.record({ kind: 'target.advancing', plans: decision.plans, from: decision.from, to: decision.to });
        return this.record({ kind: 'target.advanced', plans: decision.plans, from: decision.from, to: decision.to });
      case 'propose':
        return decision.plans.forEach((plan, index) => this.record({ kind: 'landing.proposed', plan, head: decision.heads[index] as string, url: '' }));
      case 'finish':
        return this.record({ kind: 'run.finished', outcome: decision.outcome });
      default:
        return unreachable(decision);
    }
  }

  private start(decision: Decision & { kind: 'start' }): void {
    const { node, attempt, slot, base } = decision;
    const index = this.state.graph.indexOf.get(node) as number;
    this.record({ kind: 'attempt.started', node, attempt, slot, base });
    const takes = this.options.duration?.(index, attempt) ?? (this.state.graph.nodes[index]?.seconds as number) * 1000;
    this.ends[index] = this.now + takes;
    this.ending.add(index);
  }

  private cancel(decision: Decision & { kind: 'cancel' }): void {
    this.cancelled.add(decisionKey(decision));
    const index = this.state.graph.indexOf.get(decision.node) as number;
    this.reasons.set(index, decision.reason);
    this.ends[index] = this.now;
    this.ending.moved(index);
  }

  private prepareLanding(decision: Decision & { kind: 'prepare-landing' }): void {
    const kept = decision.keep.map((candidate) => candidate.plan);
    const made = decision.plans
      .filter((plan) => !kept.includes(plan))
      .map((plan) => {
        const commit = this.commit();
        return { plan, head: decision.heads[decision.plans.indexOf(plan)] as string, commit, tree: commit };
      });
    this.record({ kind: 'landing.prepared', onto: decision.onto, ontoTree: decision.onto, chain: [...decision.keep, ...made] });
  }
}

const passed: AttemptOutcome = { result: 'passed' };
