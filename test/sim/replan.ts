/** Plan files edited between two lives, and the run replanned: what src/engine/replan.ts does, on the simulated disk. */
import { compareOrchestrations } from '../../src/engine/compare-orchestrations.js';
import { openJournal } from '../../src/journal/append.js';
import { taskId } from '../../src/model/ids.js';
import type { Orchestration, Phase, Plan, Task } from '../../src/model/orchestration.js';
import type { RunState } from '../../src/state/run-state.js';
import type { Behaviour } from './behaviour.js';
import type { Chance } from './chance.js';
import type { DurableFold } from './durable-fold.js';
import type { SimDisk } from './sim-disk.js';
import type { World } from './world.js';

/** Edits the structure and records that, where a run may take it up. */
export async function replanSome(world: World, disk: SimDisk, fold: DurableFold, behaviour: Behaviour): Promise<void> {
  const opened = await openJournal('journal', world.lifeClock(), disk.forLife(), fold.known);
  if (!opened.ok || opened.value.entries.length === 0) return;
  const { journal } = opened.value;
  const { state } = fold;
  const orchestration = edited(world.chance, state, behaviour);
  if (orchestration === undefined) return;
  const { carried } = compareOrchestrations(state.orchestration, orchestration);
  journal.append([{ kind: 'run.replanned', orchestration, carried }]);
  await journal.durable();
  await journal.close();
}

/** The structure with one plan edited; undefined where nothing may be. */
function edited(chance: Chance, state: RunState, behaviour: Behaviour): Orchestration | undefined {
  const { orchestration } = state;
  const open = orchestration.plans.filter((plan) => state.plans.get(plan.id)?.landed === false);
  if (open.length === 0) return undefined;
  const plan = chance.pick(open);
  const phase = chance.pick(plan.phases);
  const changed = editPhase(chance, state, behaviour, plan, phase);
  if (changed === undefined) return undefined;
  const plans = orchestration.plans.map((one) => (one === plan ? { ...plan, phases: plan.phases.map((own) => (own === phase ? changed : own)) } : one));
  // What is named elsewhere has to be there: only tasks that nobody mentions are renumbered or removed.
  return { ...orchestration, digest: `${Number(orchestration.digest) + 1}`, plans };
}

function editPhase(chance: Chance, state: RunState, behaviour: Behaviour, plan: Plan, phase: Phase): Phase | undefined {
  const mentioned = new Set(state.orchestration.plans.flatMap((one) => [...one.depends, ...one.phases.flatMap((own) => [...own.depends, ...(own.pipelineStart && 'when' in own.pipelineStart ? [own.pipelineStart.when] : []), ...own.sequences.flat().map((local) => taskId(one.id, local)), ...own.tasks.flatMap((task) => [...task.depends, ...(task.after ?? [])])])]));
  const free = phase.tasks.filter((task) => !mentioned.has(task.id));
  const title = `Task ${plan.id}.new-${chance.below(1000)}`;
  const { changesNothing } = behaviour.of(title);
  const made: Task = { ...(phase.tasks[0] as Task), id: taskId(plan.id, `${phase.id}.${10 + chance.below(90)}`), title, done: false, depends: [], files: [], changesNothing };
  const { after: _, ...added } = made;
  if (phase.tasks.some((task) => task.id === added.id)) return undefined;
  const victim = free.length > 0 ? chance.pick(free) : undefined;
  switch (chance.below(4)) {
    case 0:
      return { ...phase, tasks: [...phase.tasks, added] };
    case 1: {
      // A task put in front takes the id of another, which goes on under a new one.
      if (victim === undefined) return undefined;
      return { ...phase, tasks: phase.tasks.flatMap((task) => (task === victim ? [{ ...added, id: victim.id }, { ...victim, id: added.id }] : [task])) };
    }
    case 2: {
      const stage = victim && state.nodes[state.graph.indexOf.get(victim.id) as number]?.stage;
      if (victim === undefined || phase.tasks.length === 1 || stage === 'running' || stage === 'passed') return undefined;
      return { ...phase, tasks: phase.tasks.filter((task) => task !== victim) };
    }
    default:
      return { ...phase, order: phase.order === 'free' ? 'file' : 'free', verifies: phase.verifies.slice(1) };
  }
}
