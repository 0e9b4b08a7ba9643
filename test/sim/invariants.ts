/** What must hold after every event and at the end, whatever happened: the promises, as code that is independent of the engine's. */
import { assert } from '../../src/base/assert.js';
import { decodeLines } from '../../src/journal/codec.js';
import type { Entry } from '../../src/model/event.js';
import type { CommitId, NodeId, TaskId } from '../../src/model/ids.js';
import type { RunState } from '../../src/state/run-state.js';
import type { LifeEnd } from './life.js';
import type { Scenario } from './scenario.js';
import { treeId } from './sim-landing.js';
import type { World } from './world.js';

export class Invariants {
  private readonly scenario: Scenario;
  private readonly world: World;
  private readonly running = new Map<NodeId, number>();
  private readonly committed = new Map<NodeId, CommitId | null>();
  private readonly published = new Map<string, CommitId>();
  /** Trees that a verification found good: results are remembered by tree. */
  private readonly verified = new Set<string>();
  private target: CommitId;
  private journal = '';

  constructor(scenario: Scenario, world: World) {
    this.scenario = scenario;
    this.world = world;
    this.target = world.repository.refs.get('refs/heads/main') as CommitId;
  }

  check(entry: Entry, state: RunState): void {
    const { event } = entry;
    switch (event.kind) {
      case 'run.started':
      case 'run.resumed':
        return;
      case 'attempt.started': {
        assert(!this.running.has(event.node), `${event.node} runs twice`);
        this.running.set(event.node, event.attempt);
        this.checkOrder(event.node);
        this.checkLimits(state);
        return;
      }
      case 'attempt.finished':
        this.running.delete(event.node);
        return;
      case 'task.committed': {
        assert(!this.committed.has(event.node), `${event.node} was committed twice`);
        this.committed.set(event.node, event.changed ? event.tip : null);
        if (event.changed) this.checkAttribution(event.node, event.tip);
        return;
      }
      case 'phase.published': {
        const name = `${event.plan}.phase${event.phase}/${event.generation}`;
        const before = this.published.get(name);
        assert(before === undefined || before === event.commit, `${name} was published as ${before} and as ${event.commit}`);
        this.published.set(name, event.commit);
        return;
      }
      case 'landing.verified':
        if (event.result === 'green') this.verified.add(event.tree);
        return;
      case 'target.advanced': {
        const moves = event.from !== event.to;
        if (moves && this.scenario.orchestration.settings.verify !== undefined) assert(this.verified.has(treeId(this.world.repository.get(event.to).tree)), `the target moved to ${event.to}, which was not verified`);
        assert(this.world.repository.isAncestor(event.from, event.to), 'the target lost commits');
        return;
      }
      default:
        return;
    }
  }

  /** After a life: the durable journal is a continuation of what was durable before. */
  afterLife(text: string): void {
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const decoded = decodeLines(whole, 0);
    assert(decoded.ok, 'the journal is damaged');
    assert(whole.startsWith(this.journal), 'the journal lost entries that were durable');
    this.journal = whole;
    // What a dead process had running is running no more.
    this.running.clear();
    this.committed.clear();
    for (const { event } of decoded.value) if (event.kind === 'task.committed') this.committed.set(event.node, event.changed ? event.tip : null);
    const target = this.world.repository.refs.get('refs/heads/main') as CommitId;
    assert(this.world.repository.isAncestor(this.target, target), 'the target went back');
    this.target = target;
  }

  atEnd(state: RunState, end: LifeEnd): void {
    const { repository } = this.world;
    for (const plan of state.plans.values()) {
      for (const phase of plan.plan.phases) {
        for (const task of phase.tasks) if (this.committed.has(task.id)) this.checkOnce(task.id, plan.plan.branch);
      }
      if (!plan.landed) continue;
      const tip = plan.completed as CommitId;
      assert(repository.isAncestor(tip, this.target), `${plan.plan.id} counts as landed and is not in the target`);
    }
    if (end === 'landed') for (const plan of state.plans.values()) assert(plan.landed, `${plan.plan.id} was left out of a landed run`);
    assert(end !== 'killed' && end !== 'journal', 'a quiet world did not let the run end');
    const easy = this.scenario.failing.size === 0 && ![...this.scenario.writes.values()].some((files) => [...files.keys()].some((path) => path.startsWith('shared')));
    if (easy) assert(end === 'landed', `nothing was in the way, and the run ended as ${end}`);
  }

  /** A task's files came into its plan's branch in exactly one commit of ours. */
  private checkOnce(task: TaskId, branch: string): void {
    const tip = this.world.repository.refs.get(`refs/heads/${branch}`);
    if (tip === undefined) return;
    let count = 0;
    for (const id of this.world.repository.ancestors(tip)) {
      const { trailers } = this.world.repository.get(id);
      if (trailers.some(([key, value]) => key === 'Plan-Attempt' && value.includes(` ${task}#`))) count += 1;
    }
    assert(count <= 1, `${task} is in ${branch} ${count} times`);
  }

  /** A commit of a task changes the task's files only. */
  private checkAttribution(task: NodeId, commit: CommitId): void {
    const { repository } = this.world;
    const own = this.scenario.writes.get(task as TaskId) ?? new Map<string, string>();
    const made = repository.get(commit);
    if (!made.trailers.some(([key, value]) => key === 'Plan-Attempt' && value.includes(` ${task}#`))) return;
    const before = repository.get(made.parents[0] as CommitId).tree;
    for (const path of new Set([...before.keys(), ...made.tree.keys()])) {
      if (before.get(path) !== made.tree.get(path)) assert(own.has(path), `the commit of ${task} changes ${path}`);
    }
  }

  private checkOrder(node: NodeId): void {
    const { graph } = this.scenario;
    const open = [...(graph.before[graph.indexOf.get(node) as number] ?? [])];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const before = graph.nodes[index] as (typeof graph.nodes)[number];
      if (before.quorum !== undefined || before.kind === 'landed') continue;
      if (before.kind === 'task') {
        const ticked = this.scenario.orchestration.plans.some((plan) => plan.phases.some((phase) => phase.tasks.some((task) => task.id === before.id && task.done)));
        assert(ticked || this.committed.has(before.id), `${node} began before ${before.id} was committed`);
      } else open.push(...(graph.before[index] ?? []));
    }
  }

  private checkLimits(state: RunState): void {
    const { limits } = state.settings;
    assert(this.running.size <= limits.tasks, `${this.running.size} attempts run, ${limits.tasks} may`);
    const used = new Map<string, number>();
    for (const node of this.running.keys()) {
      for (const { pool, amount } of this.scenario.graph.nodes[this.scenario.graph.indexOf.get(node) as number]?.uses ?? []) {
        const name = this.scenario.graph.pools[pool] as string;
        const sum = (used.get(name) ?? 0) + amount;
        used.set(name, sum);
        assert(sum <= Math.max(limits.pools[name] ?? 1, amount), `pool ${name} is overdrawn`);
      }
    }
  }
}
