/** A run played by hand: the test says how attempts end, what people wish and how time passes; deeds succeed at once. */
import type { AttemptOutcome, Event } from '../../src/model/event.js';
import type { Decision } from '../../src/scheduler/decision.js';
import { decide, decisionKey, type EffectiveLimits } from '../../src/scheduler/decide.js';
import { apply, emptyState } from '../../src/state/apply.js';
import { nodeState, type RunState } from '../../src/state/run-state.js';
import { taskStatus } from '../../src/state/task-status.js';
import { buildGraph } from '../../src/graph/build-graph.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { sample, type SampleOptions, type SamplePlan } from './sample.js';

export class Stage {
  readonly state: RunState;
  readonly orchestration: Orchestration;
  readonly underWay = new Set<string>();
  /** Everything decided so far, in short: `start A.1.1#1 in 0 on c1`. */
  readonly said: string[] = [];
  limits: EffectiveLimits;
  now = 1_000_000;
  wakeAt: number | undefined;
  /** Kinds of decisions that are begun and do not end. */
  readonly slow = new Set<Decision['kind']>();
  private commits = 0;

  constructor(plans: readonly SamplePlan[], options: SampleOptions = {}) {
    const { orchestration, graph } = sample(plans, options);
    this.orchestration = orchestration;
    this.state = emptyState(orchestration, graph, {
      buildGraph: (other) => {
        const built = buildGraph(other);
        if (!built.ok) throw new Error('circle');
        return built.value;
      },
    });
    this.limits = { tasks: orchestration.settings.limits.tasks, plans: orchestration.settings.limits.plans };
    this.event({ kind: 'run.started', run: 'r1', orchestration, target: { ref: 'main', commit: 't0' }, refs: {} });
    this.settle();
  }

  /** Attempts under way. */
  get running(): string[] {
    return [...this.state.running].map((index) => this.state.nodes[index]?.node.id as string);
  }

  get outcome(): string | undefined {
    return this.state.finished;
  }

  status(id: string): string {
    const node = nodeState(this.state, id);
    return node ? taskStatus(this.state, node) : 'unknown';
  }

  /** Folds an event without asking what follows. */
  event(event: Event): void {
    apply(this.state, { seq: this.state.entries, at: this.now, event });
  }

  /** Folds an event and does what follows from it. */
  tell(event: Event): void {
    this.event(event);
    this.settle();
  }

  end(id: string, outcome: AttemptOutcome): void {
    const attempt = nodeState(this.state, id)?.attempts.length as number;
    this.underWay.delete(`cancel:${id}#${attempt}`);
    this.tell({ kind: 'attempt.finished', node: id, attempt, outcome });
  }

  pass(...ids: string[]): void {
    for (const id of ids) this.end(id, { result: 'passed' });
  }

  fail(id: string): void {
    this.end(id, { result: 'failed', reason: 'exit', exitCode: 1 });
  }

  wait(milliseconds: number): void {
    this.now += milliseconds;
    this.settle();
  }

  /** Asks and performs until nothing more is wanted; gives what was said meanwhile. */
  settle(): readonly string[] {
    const before = this.said.length;
    for (let round = 0; round < 1000; round++) {
      const { decisions, wakeAt } = decide(this.state, this.limits, this.now, this.underWay);
      this.wakeAt = wakeAt;
      if (decisions.length === 0) return this.said.slice(before);
      for (const decision of decisions) this.perform(decision);
    }
    throw new Error(`no end of deciding: ${this.said.slice(-10).join('; ')}`);
  }

  commit(): string {
    this.commits += 1;
    return `c${this.commits}`;
  }

  private perform(decision: Decision): void {
    this.said.push(inShort(decision));
    if (this.slow.has(decision.kind) || decision.kind === 'cancel') {
      this.underWay.add(decisionKey(decision));
      return;
    }
    const state = this.state;
    switch (decision.kind) {
      case 'open-plan':
        return this.event({ kind: 'plan.opening', plan: decision.plan, from: null, to: this.commit(), adopted: false, inputs: decision.inputs });
      case 'integrate': {
        const from = state.plans.get(decision.plan)?.tip as string;
        return this.event({ kind: 'plan.integrating', plan: decision.plan, inputs: decision.inputs, from, to: this.commit() });
      }
      case 'commit':
        if (decision.unwanted) return this.event({ kind: 'commit.rejected', node: decision.node, attempt: decision.attempt, reason: 'unwanted', files: [] });
        return this.event({ kind: 'commit.prepared', node: decision.node, attempt: decision.attempt, from: decision.tip, to: this.commit() });
      case 'move':
        return this.moved(decision);
      case 'start':
        return this.event({ kind: 'attempt.started', node: decision.node, attempt: decision.attempt, slot: decision.slot, base: decision.base });
      case 'publish':
        return this.event({ kind: 'phase.published', plan: decision.plan, phase: decision.phase, generation: decision.generation, commit: decision.commit });
      case 'complete':
        return this.event({ kind: 'plan.completed', plan: decision.plan, commit: decision.commit });
      case 'prepare-landing':
        return this.event({ kind: 'landing.prepared', onto: decision.onto, ontoTree: decision.onto, chain: decision.plans.map((plan, index) => this.candidate(plan, decision.heads[index] as string)) });
      case 'verify-landing':
        return this.event({ kind: 'landing.verified', commit: decision.commit, tree: decision.tree, result: 'green', attempt: decision.attempt, key: decision.key });
      case 'drop':
        return this.event({ kind: 'landing.dropped', plan: decision.plan, reason: decision.reason });
      case 'advance-target':
        return this.event({ kind: 'target.advanced', plans: decision.plans, from: decision.from, to: decision.to });
      case 'finish':
        return this.event({ kind: 'run.finished', outcome: decision.outcome });
      default:
        throw new Error(`not played: ${decision.kind}`);
    }
  }

  private candidate(plan: string, head: string): { plan: string; head: string; commit: string; tree: string } {
    const commit = this.commit();
    return { plan, head, commit, tree: commit };
  }

  private moved({ plan, to, because }: Decision & { kind: 'move' }): void {
    if (because.kind === 'open') this.event({ kind: 'plan.opened', plan, tip: to, adopted: because.adopted, inputs: because.inputs });
    else if (because.kind === 'integrate') this.event({ kind: 'plan.integrated', plan, inputs: because.inputs, tip: to });
    else this.event({ kind: 'task.committed', node: because.node, attempt: because.attempt, tip: to, changed: true });
  }
}

function inShort(decision: Decision): string {
  switch (decision.kind) {
    case 'start':
      return `start ${decision.node}#${decision.attempt} in ${decision.slot} on ${decision.base}`;
    case 'cancel':
      return `cancel ${decision.node}#${decision.attempt}: ${decision.reason}`;
    case 'commit':
      return decision.unwanted ? `set aside ${decision.node}#${decision.attempt}` : `commit ${decision.node} on ${decision.tip}`;
    case 'move':
      return `move ${decision.plan} to ${decision.to}`;
    case 'publish':
      return `publish ${decision.plan}.phase${decision.phase}/${decision.generation} at ${decision.commit}`;
    case 'open-plan':
    case 'integrate':
      return `${decision.kind} ${decision.plan} with ${decision.inputs.join(' ')}`.trimEnd();
    case 'complete':
      return `complete ${decision.plan} at ${decision.commit}`;
    case 'finish':
      return `finish ${decision.outcome}`;
    case 'drop':
      return `drop ${decision.plan}`;
    case 'prepare-landing':
      return `prepare ${decision.plans.join(' ')}`;
    case 'advance-target':
      return `land ${decision.plans.join(' ')}`;
    default:
      return decision.kind;
  }
}
