/** What other people do to a run: to its target, its branches and worktrees, its clock; and what they wish of it. */
import type { Inbox } from '../../src/engine/inbox.js';
import type { RequestedEvent } from '../../src/journal/request.js';
import { planOf, type NodeId, type TaskId } from '../../src/model/ids.js';
import type { RunState } from '../../src/state/run-state.js';
import { moveTarget, pushElsewhere } from './sim-landing.js';
import type { World } from './world.js';

/** Longest wait before something happens: most runs are over by then. Milliseconds. */
const span = 3_000_000;
const hour = 3_600_000;

/** Schedules the troubles of one life. */
export function makeTrouble(world: World, state: RunState, inbox: Inbox): void {
  const { chance, faults, clock, life } = world;
  const later = (probability: number, deed: () => void): void => {
    if (!chance.hits(probability)) return;
    clock.after(chance.below(span), () => life === world.life && deed());
  };
  later(faults.foreign, () => moveTarget(world));
  later(faults.foreign / 2, () => moveTarget(world));
  later(faults.branches, () => moveBranch(world, state));
  later(faults.branches / 3, () => removeWorktree(world, state));
  later(faults.jump, () => clock.jump(chance.pick([-hour, -60_000, 60_000, 24 * hour])));
  later(faults.jump / 3, () => inbox.post({ kind: 'interrupted', hard: chance.hits(0.5) }));
  later(faults.remote, () => pushElsewhere(world));
  later(faults.load, () => fillMachine(world, state, inbox));
  world.drawFull(span);
  for (let count = 0; count < 5; count += 1) later(faults.people, () => wish(world, state, inbox));
}

/** Memory runs short, or the load is high: for some minutes fewer attempts may run than the settings say. */
function fillMachine(world: World, state: RunState, inbox: Inbox): void {
  const { chance, clock, life } = world;
  world.room = 1 + chance.below(state.settings.limits.tasks);
  clock.after(chance.below(1_800_000), () => {
    if (life !== world.life) return;
    world.room = Number.POSITIVE_INFINITY;
    inbox.post({ kind: 'woken' });
  });
}

/** Commits on a plan's branch, or takes it away. */
function moveBranch(world: World, state: RunState): void {
  const { ground, chance } = world;
  const { plan } = chance.pick([...state.plans.values()]);
  const ref = `refs/heads/${plan.branch}`;
  if (ground.tip(ref) === undefined || world.rewound.has(ref)) return;
  if (chance.hits(0.2)) ground.delete(ref);
  else ground.commitOn(ref, `by-hand/${plan.id}-${chance.below(100)}`, 'a person', 'a person');
}

/** Between two lives: a branch set back by a commit, which its owner puts right in the end. */
export function rewindBranch(world: World, branches: readonly string[]): void {
  const { ground, chance } = world;
  const ref = `refs/heads/${chance.pick(branches)}`;
  const was = ground.tip(ref);
  const now = was === undefined ? undefined : ground.parent(was);
  if (was === undefined || now === undefined || world.rewound.has(ref)) return;
  ground.set(ref, now);
  world.rewound.set(ref, { was, now });
}

function removeWorktree({ ground, chance }: World, state: RunState): void {
  const { plan } = chance.pick([...state.plans.values()]);
  ground.removeWorktree(ground.slotPath(plan.id, 0));
}

function wish(world: World, state: RunState, inbox: Inbox): void {
  const event = drawWish(world, state);
  dropWish(world, inbox, event);
  giveBack(world, inbox, event);
}

/** Whoever stops a run or takes a plan over gives it back some time: a rested run would wait for ever. */
function giveBack(world: World, inbox: Inbox, event: RequestedEvent): void {
  const { chance, clock, life } = world;
  const back = undoing(event);
  if (back) clock.after(1 + chance.below(600_000), () => life === world.life && dropWish(world, inbox, back));
}

/** Puts a wish where the run finds it, also after a kill. */
export function dropWish(world: World, inbox: Inbox, event: RequestedEvent): void {
  const id = `w${world.wishes.size}-${world.clock.now()}-${world.chance.below(2 ** 30)}`;
  world.wishes.set(id, event);
  post(world, inbox, id, event);
}

/** Wishes that an earlier life left. */
export function findWishes(world: World, inbox: Inbox, known: ReadonlySet<string>): void {
  for (const [id, event] of world.wishes) {
    if (known.has(id)) world.wishes.delete(id);
    else {
      post(world, inbox, id, event);
      giveBack(world, inbox, event);
    }
  }
}

function post(world: World, inbox: Inbox, id: string, event: RequestedEvent): void {
  const { life } = world;
  inbox.post({ kind: 'asked', request: id, event, taken: () => void (life === world.life && world.wishes.delete(id)) });
}

function drawWish(world: World, state: RunState): RequestedEvent {
  const { chance } = world;
  const plan = chance.pick([...state.plans.keys()]);
  const nodes = state.graph.nodes.filter((node) => node.plan === plan);
  const tasks = nodes.filter((node) => node.kind === 'task').map((node) => node.id as TaskId);
  const any = (): NodeId => chance.pick(nodes).id;
  const task = chance.pick(tasks);
  switch (chance.below(9)) {
    case 0:
      return { kind: 'retry.requested', nodes: [plan] };
    case 1:
    case 2:
      return { kind: 'retry.requested', nodes: [any()] };
    case 3:
      return { kind: 'skip.requested', nodes: [task], note: 'not needed' };
    case 4:
      return markOf(world, task);
    case 5:
      return { kind: 'cancel.requested', nodes: [any()] };
    case 6:
      return { kind: 'pause.requested', ...(chance.hits(0.6) && { plans: [plan] }) };
    case 7:
      return { kind: 'takeover.requested', plan, on: true };
    default:
      return { kind: 'landing.approved', plans: chance.hits(0.5) ? [plan] : [...state.plans.keys()] };
  }
}

function markOf(world: World, node: TaskId): RequestedEvent {
  const as = world.chance.pick(['started', 'completed', 'completed', 'failed', 'skipped'] as const);
  if (as === 'completed') world.ground.write(world.ground.slotPath(planOf(node), 0), new Map([[`by-hand/${node}`, 'a person']]));
  return { kind: 'mark.requested', node, as };
}

function undoing(event: RequestedEvent): RequestedEvent | undefined {
  if (event.kind === 'pause.requested') return { kind: 'resume.requested', ...(event.plans && { plans: event.plans }) };
  return event.kind === 'takeover.requested' ? { ...event, on: false } : undefined;
}

/** Everything that waits for a person is done: what the faults left behind has to come to a good end then. */
export function helpOut(world: World, state: RunState, inbox: Inbox): void {
  for (const [ref, { was, now }] of world.rewound) if (world.ground.tip(ref) === now) world.ground.set(ref, was);
  world.rewound.clear();
  world.ground.pull('a person pulls');
  dropWish(world, inbox, { kind: 'resume.requested' });
  for (const plan of state.plans.values()) {
    if (plan.takenOver) dropWish(world, inbox, { kind: 'takeover.requested', plan: plan.plan.id, on: false });
    dropWish(world, inbox, { kind: 'retry.requested', nodes: [plan.plan.id] });
  }
  for (const node of state.nodes) {
    const byHand = node.manual || node.byHand === 'started';
    if (node.node.kind === 'task' && byHand && !node.done && node.stage !== 'passed') dropWish(world, inbox, { kind: 'mark.requested', node: node.node.id as TaskId, as: 'completed' });
  }
  dropWish(world, inbox, { kind: 'landing.approved', plans: [...state.plans.keys()] });
}
