/** One life of an orchestrator in the simulated world: from its start to its end or its kill. */
import { apply, emptyState } from '../../src/state/apply.js';
import type { RunState } from '../../src/state/run-state.js';
import { openJournal, JournalError } from '../../src/journal/append.js';
import { Engine } from '../../src/engine/engine.js';
import { Inbox } from '../../src/engine/inbox.js';
import { Performer } from '../../src/engine/perform.js';
import { recover } from '../../src/engine/recover.js';
import { runView } from '../../src/engine/run-view.js';
import type { Hands } from '../../src/engine/hands.js';
import type { Entry, Event, RunOutcome } from '../../src/model/event.js';
import { planOf } from '../../src/model/ids.js';
import { beginSimAttempt } from './sim-executor.js';
import { SimPlanDeeds } from './sim-deeds.js';
import type { SimDisk } from './sim-disk.js';
import { SimLanding, type Verdict } from './sim-landing.js';
import type { Scenario } from './scenario.js';
import { sabotagedDeeds, sabotagedDisk, type Sabotage } from './sabotage.js';
import { DiskRefusal, type World } from './world.js';

const run = 'drawn-1';
const target = 'refs/heads/main';

export interface LifeOptions {
  /** Executors may fail. */
  readonly hard: boolean;
  readonly verdict: Verdict;
  /** A rule of ours that is broken, to see that it is noticed. */
  readonly sabotage?: Sabotage | undefined;
  /** Called after every entry was folded. */
  readonly check: (entry: Entry, state: RunState) => void;
}

/** How a life ended: the run's outcome, a kill, or a journal that could not be written. */
export type LifeEnd = RunOutcome | 'killed' | 'journal';

/** Lives until the run ends or the process does. Rejects for bugs of ours and broken invariants. */
export async function live(world: World, disk: SimDisk, scenario: Scenario, options: LifeOptions): Promise<LifeEnd> {
  const killed = new Promise<'killed'>((resolve) => (world.onKill = () => resolve('killed')));
  return Promise.race([killed, begin(world, disk, scenario, options)]);
}

async function begin(world: World, disk: SimDisk, scenario: Scenario, options: LifeOptions): Promise<LifeEnd> {
  const clock = world.lifeClock();
  const opened = await openJournal('journal', clock, sabotagedDisk(disk.forLife(), options.sabotage)).catch((error: unknown) => error as Error);
  if (opened instanceof Error) return 'journal';
  if (!opened.ok) throw new Error(opened.error.message);
  const { journal, entries } = opened.value;
  const state = emptyState(scenario.orchestration, options.sabotage === 'no-order' ? withoutOrder(scenario.graph) : scenario.graph);
  for (const entry of entries) apply(state, entry);
  const record = (events: readonly Event[]): void => {
    for (const entry of journal.append(events)) {
      apply(state, entry);
      options.check(entry, state);
    }
  };
  const inbox = new Inbox();
  const performer = new Performer(handsOf(world, scenario, state, options));
  try {
    if (entries.length === 0) {
      const commit = world.repository.refs.get(target) as string;
      record([{ kind: 'run.started', run, orchestration: scenario.orchestration, target: { ref: target, commit }, refs: {} }]);
    } else {
      for await (const events of recover(state, handsOf(world, scenario, state, options))) record(events);
    }
    const engine = new Engine({ state, journal, inbox, clock, performer, limits: () => (options.sabotage === 'no-limit' ? { ...state.settings.limits, tasks: state.settings.limits.tasks + 1 } : state.settings.limits), observe: options.check });
    return await engine.run();
  } catch (error) {
    if (error instanceof JournalError) {
      // The process ends; what it had under way ends with it.
      world.life += 1;
      return 'journal';
    }
    throw error;
  }
}

function handsOf(world: World, scenario: Scenario, state: RunState, options: LifeOptions): Hands {
  return {
    plans: sabotagedDeeds(new SimPlanDeeds(world, run), world, options.sabotage),
    landing: new SimLanding(world, target, options.verdict, options.sabotage === 'no-swap'),
    view: runView(state),
    slot: (node, slot) => ({ plan: planOf(node), slot, path: slot < 0 ? `${node}!` : `${planOf(node)}/${slot}` }),
    exists: (path) => world.repository.worktrees.has(path),
    beginAttempt: ({ node, attempt }, path) => Promise.resolve(beginSimAttempt(world, scenario, node, attempt, path, options.hard)),
    failureOf: (error) => (error instanceof DiskRefusal ? { kind: 'failed', code: 'disk', message: error.message } : undefined),
  };
}

/** The graph without the edges into tasks. */
function withoutOrder(graph: Scenario['graph']): Scenario['graph'] {
  const before = graph.before.map((edges, index) => (graph.nodes[index]?.kind === 'task' ? edges.slice(0, 1) : edges));
  const after = graph.after.map((edges, from) => edges.filter((to) => before[to]?.includes(from)));
  return { ...graph, before, after };
}
