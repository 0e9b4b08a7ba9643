/** What must hold after every event, before every effect and at the end, whatever happened: the promises, as code that is independent of the engine's. */
import { assert } from '../../src/base/assert.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Entry, Event } from '../../src/model/event.js';
import { planOf, type CommitId, type NodeId, type PlanId } from '../../src/model/ids.js';
import type { Orchestration, Plan, Task } from '../../src/model/orchestration.js';
import type { RunState } from '../../src/state/run-state.js';
import { Facts, publicationOf } from './facts.js';
import type { LifeEnd } from './life.js';
import { graphOf, type Scenario } from './scenario.js';
import type { SimDisk } from './sim-disk.js';
import { treeId } from './sim-git.js';
import type { World } from './world.js';

const target = 'refs/heads/main';

export class Invariants {
  private readonly scenario: Scenario;
  private readonly world: World;
  private readonly disk: SimDisk;
  /** What is told by entries that nothing can take away, and by all. */
  private lasting = new Facts();
  private facts = new Facts();
  private readonly running = new Map<NodeId, { readonly byHand: boolean }>();
  private structure: { readonly orchestration: Orchestration; readonly graph: Graph; readonly tasks: ReadonlyMap<NodeId, Task> };
  private targetAt: CommitId;
  private remoteAt: CommitId;
  /** What was kept for people, ref to commit. */
  private readonly salvaged = new Map<string, CommitId>();

  constructor(scenario: Scenario, world: World, disk: SimDisk) {
    this.scenario = scenario;
    this.world = world;
    this.disk = disk;
    this.structure = structureOf(scenario.orchestration);
    this.targetAt = world.repository.refs.get(target) as CommitId;
    this.remoteAt = this.targetAt;
  }

  check({ event, seq, request }: Entry, state: RunState): void {
    if (request !== undefined) assert(!this.facts.requests.has(request), `the wish ${request} was taken up twice`);
    if (event.kind === 'task.committed') assert(!this.facts.committed.has(event.node), `${event.node} was committed twice`);
    if (event.kind === 'phase.published') {
      const before = this.facts.published.get(publicationOf(event));
      assert(before === undefined || before === event.commit, `${publicationOf(event)} was published as ${before} and as ${event.commit}`);
    }
    this.facts.learn(event, seq, request);
    switch (event.kind) {
      case 'attempt.started':
        assert(!this.running.has(event.node), `${event.node} runs twice`);
        this.running.set(event.node, { byHand: state.nodes[state.graph.indexOf.get(event.node) as number]?.byHand === 'completed' });
        this.checkOrder(event.node, state);
        // What a person has done is taken up whatever the time is.
        if (this.running.get(event.node)?.byHand === false) this.checkTime();
        return this.checkLimits(state);
      case 'attempt.finished':
        this.running.delete(event.node);
        return;
      case 'task.committed':
        return event.changed ? this.checkAttribution(event.node, event.attempt, event.tip) : undefined;
      case 'target.advancing':
        for (const plan of event.plans) this.checkWhole(plan, `${plan} lands`);
        return;
      case 'target.advanced':
        return this.checkAdvanced(event, state);
      default:
        return;
    }
  }

  /** Before a branch moves: that it will is on the disk, or it is where the journal had it before. */
  beforeMove(branch: string, to: CommitId): void {
    const plan = this.structure.orchestration.plans.find((one) => one.branch === branch)?.id;
    this.requireLasting(`tip ${plan} ${to}`, `${branch} moves to ${to}`);
  }

  beforeAttempt(node: NodeId, attempt: number): void {
    this.requireLasting(`attempt ${node} ${attempt}`, `${node}#${attempt} begins`);
  }

  beforeLanding(from: CommitId, to: CommitId): void {
    this.requireLasting(`target ${from} ${to}`, `the target moves to ${to}`);
  }

  private requireLasting(intent: string, what: string): void {
    const seq = this.facts.intents.get(intent);
    assert(seq !== undefined, `${what}, of which the journal knows nothing`);
    assert(seq < this.disk.durableLines('journal'), `${what} before that is on the disk`);
  }

  /** After a life, which brought these entries to the disk. */
  afterLife(entries: readonly Entry[]): void {
    for (const { event, seq, request } of entries) {
      this.lasting.learn(event, seq, request);
      // A person may take back what was landed; it then stands where that says.
      if (event.kind === 'target.undone') this.targetAt = this.world.repository.refs.get(target) as CommitId;
      if (event.kind === 'run.replanned') this.structure = structureOf(event.orchestration);
    }
    // What a dead process had running is running no more, and what it did not bring to the disk never was.
    this.running.clear();
    this.facts = this.lasting.copy();
    const at = this.world.repository.refs.get(target) as CommitId;
    assert(this.world.repository.isAncestor(this.targetAt, at), 'the target went back');
    this.targetAt = at;
    const { remote, pushedByOthers } = this.world.repository;
    const there = remote.get(target) as CommitId;
    for (const commit of [this.remoteAt, ...pushedByOthers]) assert(this.world.repository.isAncestor(commit, there), 'the remote lost commits');
    this.remoteAt = there;
    this.world.kept?.check();
    for (const [ref, commit] of this.salvaged) assert(this.world.repository.refs.get(ref) === commit, `${ref} does not keep ${commit} any more`);
    for (const [ref, commit] of this.world.repository.refs) if (ref.includes('/salvage/')) this.salvaged.set(ref, commit);
  }

  /** After a life that came to an end of its own: these wishes waited when it began. */
  checkWishes(ids: readonly string[]): void {
    for (const id of ids) assert(this.facts.requests.has(id), `the wish ${id} was not taken up`);
  }

  atEnd(state: RunState, end: LifeEnd): void {
    const { repository } = this.world;
    for (const { plan, landed } of state.plans.values()) {
      this.checkOnce(plan.id, plan.branch);
      if (!landed) continue;
      const head = state.landing.landed.get(plan.id);
      if (head) this.checkThere(plan, head);
      const keepsHistory = ['merge', 'ff-only'].includes(state.settings.landing.strategy) && !this.facts.resettled;
      if (keepsHistory && head) assert(repository.isAncestor(head, this.targetAt), `${plan.id} counts as landed and is not in the target`);
    }
    if (end === 'landed') for (const plan of state.plans.values()) assert(plan.landed, `${plan.plan.id} was left out of a landed run`);
    assert(!['killed', 'journal', 'interrupted', 'deadline'].includes(end), `a quiet world did not let the run end, but ${end}`);
    if (end === 'landed' || this.isInTheWay(state)) return;
    // Who waits for a plan to have landed waits for its pull request to be merged.
    const waits = [...this.structure.graph.nodes].some((node) => node.kind === 'landed' && (this.structure.graph.after[this.structure.graph.indexOf.get(node.id) as number]?.length ?? 0) > 0);
    assert(state.settings.landing.pullRequests && (end === 'complete' || waits), `nothing was in the way, and the run ended as ${end}`);
  }

  /** A conflict that a person would have to settle keeps plans from landing; nothing else may. */
  private isInTheWay(state: RunState): boolean {
    const { strategy } = state.settings.landing;
    // What was landed commit by commit and then taken back by reverts only a person can bring again.
    if (state.landing.refused?.code === 'landing-was-reverted') return true;
    const conflicts = state.landing.conflicts.size > 0 || [...state.landing.dropped.values()].some((one) => one.reason === 'conflict') || [...state.plans.values()].some((plan) => plan.conflict !== undefined);
    const rejected = state.nodes.some((node) => node.attempts.some((attempt) => attempt.rejected?.reason === 'conflict'));
    // A squashed or rebased commit and the branch that was worked on again have nothing in common that git could merge them by.
    const twice = this.facts.reworked && (strategy === 'squash' || strategy === 'rebase');
    return (conflicts && (strategy === 'ff-only' || twice || this.scenario.behaviour.sharing > 0)) || (rejected && this.scenario.behaviour.sharing > 0);
  }

  private checkAdvanced(event: Extract<Event, { kind: 'target.advanced' }>, state: RunState): void {
    const { repository } = this.world;
    const moves = event.from !== event.to;
    if (moves && state.settings.verify !== undefined && !this.facts.resettled) assert(this.world.proved.has(treeId(repository.get(event.to).tree)), `the target moved to ${event.to}, which was not verified`);
    assert(repository.isAncestor(event.from, event.to), 'the target lost commits');
    assert(this.facts.intents.has(`target ${event.from} ${event.to}`), `the target moved from ${event.from}, which no intent names`);
  }

  /** Nothing lands, and nothing goes on from a plan, before all of it is there. */
  private checkWhole(id: PlanId, what: string): void {
    const plan = this.structure.orchestration.plans.find((one) => one.id === id);
    for (const phase of plan?.phases ?? []) for (const task of phase.tasks) assert(this.isOver(task.id), `${what} without ${task.id}`);
  }

  private isOver(task: NodeId): boolean {
    return this.structure.tasks.get(task)?.done === true || this.facts.committed.has(task) || this.facts.skipped.has(task);
  }

  /** What a landed plan's tasks wrote is in the target, where no other plan writes the same. */
  private checkThere({ id, phases }: Plan, head: CommitId): void {
    const { behaviour } = this.scenario;
    if (behaviour.sharing > 0) return;
    const { repository } = this.world;
    const [landed, there] = [repository.get(head).tree, repository.get(this.targetAt).tree];
    for (const { id: task, title } of phases.flatMap((phase) => phase.tasks)) {
      const { path } = behaviour.of(title);
      if (landed.has(path)) assert(there.has(path), `${id} counts as landed, and the target lacks the work of ${task}`);
    }
  }

  /** An attempt's work came into its plan's branch in exactly one commit of ours. What rebasing made of other plans' commits may stand beside them. */
  private checkOnce(plan: PlanId, branch: string): void {
    const tip = this.world.repository.refs.get(`refs/heads/${branch}`);
    // Ids that a replan gave to other tasks have their attempts counted anew.
    if (tip === undefined || this.facts.renumbered) return;
    const seen = new Set<string>();
    for (const id of this.world.repository.ancestors(tip)) {
      for (const [key, value] of this.world.repository.get(id).trailers) {
        if (key !== 'Plan-Attempt' || !value.includes(` ${plan}.`) || this.isByHand(id)) continue;
        assert(!seen.has(value), `${value} is in ${branch} twice`);
        seen.add(value);
      }
    }
  }

  /** What a person added in the worktree before the attempt's work was on its branch comes as a commit of its own. */
  private isByHand(commit: CommitId): boolean {
    const { tree, parents } = this.world.repository.get(commit);
    const before = parents[0] === undefined ? new Map<string, string>() : this.world.repository.get(parents[0]).tree;
    return [...tree].every(([path, content]) => path.startsWith('by-hand/') || before.get(path) === content);
  }

  /** A commit of a task changes the task's files only. */
  private checkAttribution(task: NodeId, attempt: number, commit: CommitId): void {
    const { repository } = this.world;
    const made = repository.get(commit);
    if (!made.trailers.some(([key, value]) => key === 'Plan-Attempt' && value.endsWith(` ${task}#${attempt}`))) return;
    const before = repository.get(made.parents[0] as CommitId).tree;
    const title = this.structure.tasks.get(task)?.title ?? '';
    for (const path of new Set([...before.keys(), ...made.tree.keys()])) {
      if (before.get(path) !== made.tree.get(path)) assert(this.scenario.behaviour.mayWrite(title, path), `the commit of ${task} changes ${path}`);
    }
  }

  /**
   * What a node waits for is there. A phase that is published stays passed, although what came before it is done again; so does a plan
   * that is complete, as long as its own tasks are over, and one that has landed: all of it was there when it did, and it stays in the target whatever is done again on its branch.
   */
  private checkOrder(node: NodeId, state: RunState): void {
    const { graph } = this.structure;
    const open = [...(graph.before[graph.indexOf.get(node) as number] ?? [])];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const before = graph.nodes[index] as (typeof graph.nodes)[number];
      if (before.quorum !== undefined || (before.kind === 'plan' && this.facts.landed.has(before.plan))) continue;
      if (before.kind === 'task') assert(this.isOver(before.id), `${node} began before ${before.id} was committed`);
      else if (before.kind === 'landed') assert(this.facts.landed.has(before.plan), `${node} began before ${before.plan} had landed`);
      else if (before.kind === 'plan' && state.plans.get(before.plan)?.completed !== undefined) this.checkWhole(before.plan, `${node} began`);
      else {
        const passed = before.kind === 'phase' && before.phase !== undefined && state.plans.get(before.plan)?.phases.get(before.phase)?.published !== undefined;
        const edges = graph.before[index] ?? [];
        open.push(...(passed ? edges.filter((edge) => graph.nodes[edge]?.kind === 'task') : edges));
      }
    }
  }

  private checkTime(): void {
    const { until, clock } = this.world;
    assert(until === undefined || clock.now() < until, 'an attempt began after the time at which nothing may start');
  }

  private checkLimits(state: RunState): void {
    const { limits, features, perPlan } = state.settings;
    const { graph } = this.structure;
    const started = [...this.running].filter(([, { byHand }]) => !byHand).map(([node]) => node);
    const { room } = this.world;
    assert(started.length <= limits.tasks, `${started.length} attempts run, ${limits.tasks} may`);
    assert(started.length <= room, `${started.length} attempts run, the machine has room for ${room}`);
    const plans = new Set(started.map(planOf));
    const most = features.multiPlanOrchestration ? (limits.plans ?? Number.POSITIVE_INFINITY) : 1;
    assert(plans.size <= most, `${plans.size} plans run, ${most} may`);
    for (const plan of plans) {
      const tasks = started.filter((node) => planOf(node) === plan && this.structure.tasks.has(node));
      assert(tasks.length <= (features.parallelTasks ? perPlan : 1), `${tasks.length} tasks of ${plan} run side by side`);
    }
    const used = new Map<string, number>();
    for (const node of started) {
      for (const { pool, amount } of graph.nodes[graph.indexOf.get(node) as number]?.uses ?? []) {
        const name = graph.pools[pool] as string;
        const sum = (used.get(name) ?? 0) + amount;
        used.set(name, sum);
        const unlimited = limits.pools[name] === undefined && Object.values(state.settings.execution).some(({ executor }) => executor.kind === 'agent' && executor.agent === name);
        assert(unlimited || sum <= Math.max(limits.pools[name] ?? 1, amount), `pool ${name} is overdrawn`);
      }
    }
  }
}

function structureOf(orchestration: Orchestration): { orchestration: Orchestration; graph: Graph; tasks: ReadonlyMap<NodeId, Task> } {
  const tasks = orchestration.plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks));
  return { orchestration, graph: graphOf(orchestration), tasks: new Map(tasks.map((task) => [task.id, task])) };
}
