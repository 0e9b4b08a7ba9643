/** Watches a virtual run and says which promise of the scheduler was broken, by means of its own that share nothing with it. */
import type { Event } from '../../src/model/event.js';
import type { Graph, GraphNode } from '../../src/graph/graph.js';
import type { Decision } from '../../src/scheduler/decision.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { decide, type EffectiveLimits } from '../../src/scheduler/decide.js';
import { decideLanding, landingStanding } from '../../src/scheduler/landing.js';
import { landingView, onlyWaits } from '../../src/scheduler/landing-now.js';
import type { RunState } from '../../src/state/run-state.js';

/** Everything it found wrong, in words. */
export class Watch {
  readonly broken: string[] = [];
  readonly events: Event[] = [];
  readonly ended = new Set<string>();
  /** How often landing was asked while it had only to wait. */
  waits = 0;
  private readonly running = new Map<string, GraphNode>();
  private readonly holdsFiles = new Map<string, GraphNode>();
  private readonly slots = new Map<string, string>();
  private readonly graph: Graph;
  private readonly orchestration: Orchestration;
  private readonly limits: EffectiveLimits;

  constructor(orchestration: Orchestration, graph: Graph, limits: EffectiveLimits) {
    this.orchestration = orchestration;
    this.graph = graph;
    this.limits = limits;
  }

  /** Asking twice gives the same answer and changes nothing. */
  decided(decisions: readonly Decision[], state: RunState, now: number, underWay: ReadonlySet<string>): void {
    const again = decide(state, this.limits, now, underWay).decisions;
    if (JSON.stringify(again) !== JSON.stringify(decisions)) this.broken.push(`asked twice: ${JSON.stringify(decisions)} and ${JSON.stringify(again)}`);
  }

  event(event: Event, state: RunState): void {
    this.events.push(event);
    if (onlyWaits(state)) this.landingWaits(state);
    if (event.kind === 'attempt.started') this.started(event.node, event.slot, state);
    if (event.kind === 'attempt.finished') {
      this.running.delete(event.node);
      if (event.outcome.result !== 'passed') this.over(event.node);
    }
    if (event.kind === 'task.committed' || event.kind === 'commit.rejected') this.over(event.node);
  }

  /** The short answer has to be the long one. */
  private landingWaits(state: RunState): void {
    const view = landingView(state);
    this.waits += 1;
    const long = { wanted: decideLanding(view), standing: landingStanding(view) };
    if (long.wanted.length > 0 || long.standing.kind !== 'waiting') this.broken.push(`landing does not only wait: ${JSON.stringify(long)}`);
  }

  private over(node: string): void {
    this.holdsFiles.delete(node);
    for (const [slot, holder] of this.slots) if (holder === node) this.slots.delete(slot);
  }

  private started(id: string, slot: number, state: RunState): void {
    const index = this.graph.indexOf.get(id) as number;
    const node = this.graph.nodes[index] as GraphNode;
    if (this.running.has(id)) this.broken.push(`${id} was started twice at once`);
    this.running.set(id, node);
    if (node.kind === 'task') this.holdsFiles.set(id, node);
    this.dependencies(index, node, state);
    if (this.running.size > this.limits.tasks) this.broken.push(`${this.running.size} attempts at once`);
    const plans = new Set([...this.running.values()].map((one) => one.plan));
    if (this.limits.plans !== undefined && plans.size > this.limits.plans) this.broken.push(`${plans.size} plans at once`);
    if (node.kind === 'task') {
      const key = `${node.plan} ${slot}`;
      if (this.slots.has(key)) this.broken.push(`${id} was put into the worktree of ${this.slots.get(key)}`);
      this.slots.set(key, id);
      const mine = [...this.slots.keys()].filter((one) => one.startsWith(`${node.plan} `));
      if (mine.length > this.orchestration.settings.perPlan) this.broken.push(`${mine.length} worktrees of ${node.plan}`);
    }
    this.pools();
  }

  private pools(): void {
    const used = new Map<string, { amount: number; holders: number }>();
    const take = (node: GraphNode, which: (name: string) => boolean): void => {
      for (const use of node.uses) {
        const name = this.graph.pools[use.pool] as string;
        if (!which(name)) continue;
        const before = used.get(name) ?? { amount: 0, holders: 0 };
        used.set(name, { amount: before.amount + use.amount, holders: before.holders + 1 });
      }
    };
    for (const node of this.running.values()) take(node, (name) => !name.startsWith('file:'));
    for (const node of this.holdsFiles.values()) take(node, (name) => name.startsWith('file:'));
    for (const [name, { amount, holders }] of used) {
      const capacity = this.orchestration.settings.limits.pools[name] ?? 1;
      if (amount > capacity && holders > 1) this.broken.push(`${amount} of ${capacity} taken from ${name}`);
    }
  }

  /** Every task and gate before it is over, walked through the gates by hand. */
  private dependencies(index: number, node: GraphNode, state: RunState): void {
    if (!this.ready(index, state)) this.broken.push(`${node.id} was started before what it waits for`);
    const plan = state.plans.get(node.plan);
    for (const id of node.imports) {
      const other = state.nodes[this.graph.indexOf.get(id) as number];
      const brought = other?.commit !== undefined || other?.node.kind === 'phase' || other?.node.kind === 'plan';
      if (brought && plan?.integrated.has(id) !== true) this.broken.push(`${node.id} was started without ${id} in its branch`);
    }
  }

  private ready(index: number, state: RunState): boolean {
    const before = this.graph.before[index] as readonly number[];
    const over = before.filter((other) => this.isOver(other, state)).length;
    return over >= (this.graph.nodes[index]?.quorum ?? before.length);
  }

  private isOver(index: number, state: RunState): boolean {
    const node = this.graph.nodes[index] as GraphNode;
    const plan = state.plans.get(node.plan);
    switch (node.kind) {
      case 'task':
      case 'verify':
        return ['committed', 'verified', 'ticked', 'skipped'].includes(state.nodes[index]?.stage ?? '');
      case 'phase':
        return plan?.phases.get(node.phase as string)?.published !== undefined;
      case 'plan':
        return plan?.completed !== undefined;
      case 'landed':
        return plan?.landed === true;
      default:
        return this.ready(index, state);
    }
  }
}
