/** One life of an orchestrator in the simulated world: from its start to its end or its kill. */
import { openJournal, JournalError, type Journal } from '../../src/journal/append.js';
import { Engine } from '../../src/engine/engine.js';
import type { Hands } from '../../src/engine/hands.js';
import { Inbox } from '../../src/engine/inbox.js';
import { Performer } from '../../src/engine/perform.js';
import { recover } from '../../src/engine/recover.js';
import { findTask, runView } from '../../src/engine/run-view.js';
import type { Entry, Event, RunOutcome } from '../../src/model/event.js';
import type { Failure } from '../../src/model/failure.js';
import { planOf, type NodeId } from '../../src/model/ids.js';
import type { Settings } from '../../src/model/orchestration.js';
import type { EffectiveLimits } from '../../src/scheduler/decide.js';
import { apply } from '../../src/state/apply.js';
import type { RunState } from '../../src/state/run-state.js';
import type { DurableFold } from './durable-fold.js';
import type { Invariants } from './invariants.js';
import { sabotagedDeeds, sabotagedDisk, sabotagedJournal, type Sabotage } from './sabotage.js';
import type { Scenario } from './scenario.js';
import { inTurn } from './serial.js';
import { SimPlanDeeds } from './sim-deeds.js';
import type { SimDisk } from './sim-disk.js';
import { beginSimAttempt } from './sim-executor.js';
import { SimLanding, type Verdict } from './sim-landing.js';
import { simRadar } from './sim-radar.js';
import { findWishes, helpOut, makeTrouble } from './trouble.js';
import { DiskRefusal, never, type World } from './world.js';

export const run = 'drawn-1';
const target = 'refs/heads/main';

export interface LifeOptions {
  readonly verdict: Verdict;
  /** A rule of ours that is broken, to see that it is noticed. */
  readonly sabotage?: Sabotage | undefined;
  /** Settings that the manifest has now; undefined: as before. */
  readonly settings?: Settings | undefined;
  /** What is on the disk. */
  readonly fold: DurableFold;
  /** Absent where nothing is watched but what happens. */
  readonly invariants: Invariants | undefined;
  /** Told of every entry and the state that it made. */
  readonly observe: (entry: Entry, state: RunState) => void;
  /** Hands on another repository than the one in memory. */
  readonly makeHands: MakeHands | undefined;
}

/** Hands that do a life's deeds elsewhere. */
export type MakeHands = (life: { readonly world: World; readonly state: RunState; readonly verdict: Verdict; readonly beginAttempt: Hands['beginAttempt'] }) => Promise<Hands>;

/** How a life ended: the run's outcome, a kill, or a journal that could not be written. */
export type LifeEnd = RunOutcome | 'killed' | 'journal';

/** Lives until the run ends or the process does. Rejects for bugs of ours and broken invariants. */
export async function live(world: World, disk: SimDisk, scenario: Scenario, options: LifeOptions): Promise<LifeEnd> {
  const killed = new Promise<'killed'>((resolve) => (world.onKill = () => resolve('killed')));
  return Promise.race([killed, begin(world, disk, scenario, options)]);
}

async function begin(world: World, disk: SimDisk, scenario: Scenario, options: LifeOptions): Promise<LifeEnd> {
  const { sabotage, invariants } = options;
  const clock = world.lifeClock();
  const opened = await openJournal('journal', clock, sabotagedDisk(disk.forLife(), sabotage), options.fold.known).catch((error: unknown) => error as Error);
  if (opened instanceof Error) return 'journal';
  if (!opened.ok) throw new Error(opened.error.message);
  const { entries } = opened.value;
  const journal = sabotagedJournal(opened.value.journal, sabotage);
  const state = options.fold.stateOf(entries);
  // Made once, while this process surely lives: what it goes on with in the moment after its kill must not pass for a deed of the next one.
  const hands = await handsOf(world, scenario, state, options);
  let radar: ((entry: Entry) => void) | undefined;
  const observe = (entry: Entry): void => {
    radar?.(entry);
    options.observe(entry, state);
    invariants?.check(entry, state);
  };
  try {
    const known = new Set(entries.flatMap(({ request }) => request ?? []));
    await takeOver(world, scenario, state, hands, { journal, entries, options, observe });
    const inbox = new Inbox();
    radar = simRadar(world, state, inbox);
    findWishes(world, inbox, known);
    if (world.faults.hard) makeTrouble(world, state, inbox);
    else helpOut(world, state, inbox);
    return await new Engine({ state, journal, inbox, clock, performer: new Performer(hands), limits: limitsOf(world, state, options), observe }).run();
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    // The process ends; what it had under way ends with it.
    world.life += 1;
    return 'journal';
  }
}

interface Opened {
  readonly journal: Journal;
  readonly entries: readonly Entry[];
  readonly options: LifeOptions;
  readonly observe: (entry: Entry) => void;
}

/** The first entry of a run, or everything between the last life's end and the loop of this one. */
async function takeOver(world: World, scenario: Scenario, state: RunState, hands: Hands, { journal, entries, options, observe }: Opened): Promise<void> {
  const record = (events: readonly Event[]): void => {
    for (const entry of journal.append(events)) {
      apply(state, entry);
      observe(entry);
    }
  };
  if (entries.length === 0) {
    const commit = world.ground.tip(target) as string;
    record([{ kind: 'run.started', run, orchestration: scenario.orchestration, target: { ref: target, commit }, refs: {} }]);
    return;
  }
  world.recovering = true;
  for await (const events of recover(state, hands)) record(events);
  if (options.settings) record([{ kind: 'settings.changed', settings: options.settings }]);
  await journal.durable();
  world.recovering = false;
}

/** The limits of the moment, made anew only when something of them is another. */
function limitsOf(world: World, state: RunState, { sabotage }: LifeOptions): () => EffectiveLimits {
  let made: EffectiveLimits | undefined;
  let of: Settings | undefined;
  return () => {
    const { settings } = state;
    const tasks = Math.min(settings.limits.tasks, world.room) + (sabotage === 'no-limit' ? 1 : 0);
    if (made === undefined || of !== settings || made.tasks !== tasks) made = { ...settings.limits, plans: settings.limits.plans, tasks, untilMs: sabotage === 'no-deadline' ? undefined : world.until };
    of = settings;
    return made;
  };
}

async function handsOf(world: World, scenario: Scenario, state: RunState, options: LifeOptions): Promise<Hands> {
  const { invariants, sabotage, verdict, makeHands } = options;
  const { life } = world;
  const beginAttempt: Hands['beginAttempt'] = ({ node, attempt }, path) => {
    if (life !== world.life) return never();
    invariants?.beforeAttempt(node, attempt);
    return Promise.resolve(beginSimAttempt(world, scenario.behaviour, { ...nameOf(state, node), attempt, path }));
  };
  const hands: Hands = makeHands
    ? await world.working(() => makeHands({ world, state, verdict, beginAttempt }))
    : {
        plans: sabotagedDeeds(new SimPlanDeeds(world, run, (branch, to) => invariants?.beforeMove(branch, to)), world, sabotage),
        landing: new SimLanding(world, { state, target, verdict, careless: sabotage === 'no-swap', credulous: sabotage === 'unverified', leaseless: sabotage === 'no-lease', moving: (from, to) => invariants?.beforeLanding(from, to) }),
        view: runView(state),
        slot: (node, slot) => ({ plan: planOf(node), slot, path: world.ground.slotPath(planOf(node), slot), ...(slot < 0 && { disposable: true }) }),
        exists: (path) => world.repository.worktrees.has(path),
        beginAttempt,
        failureOf: refusalOf,
      };
  return world.serial ? inTurn(hands, world) : hands;
}

/** The sentence for a deed that the simulated disk refused. */
export function refusalOf(error: unknown): Failure | undefined {
  return error instanceof DiskRefusal ? { kind: 'failed', code: 'disk', message: error.message } : undefined;
}

function nameOf(state: RunState, node: NodeId): { readonly name: string; readonly isTask: boolean } {
  const placed = findTask(state.orchestration, node);
  return placed ? { name: placed.task.title, isTask: true } : { name: node, isTask: false };
}
