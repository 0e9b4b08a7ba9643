/** Rules broken on purpose: a simulation that does not notice proves nothing. */
import type { PlanDeeds } from '../../src/git/deeds.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Journal } from '../../src/journal/append.js';
import type { Disk } from '../../src/journal/disk.js';
import type { Entry } from '../../src/model/event.js';
import type { Orchestration } from '../../src/model/orchestration.js';
import { graphOf } from './scenario.js';
import type { World } from './world.js';

/** Rules of ours that can be broken, and how. */
const rules = {
  'no-swap': 'refs are set without looking at what stands there',
  'no-sync': 'the journal says that it is on the disk and is not',
  'no-limit': 'more attempts run than may',
  'no-deadline': 'work starts after the time at which nothing may',
  twice: 'the commit queue commits an attempt again',
  'no-order': 'a task starts before what it waits for is there',
  'no-intent': 'effects begin before their intent is on the disk',
  unrecorded: 'a commit is put on its branch without a word in the journal',
  unverified: 'a landing moves the target whatever its verification said',
  'no-lease': 'the target is pushed over whatever stands on the remote',
  'lost-work': 'what an attempt that ended badly left in its worktree is thrown away',
  'undone-dependency': 'work begins although the landing that it waits for was taken back',
} as const;

export type Sabotage = keyof typeof rules;

export const sabotages = Object.keys(rules) as readonly Sabotage[];

/** The deeds with one rule broken. */
export function sabotagedDeeds(deeds: PlanDeeds, world: World, sabotage: Sabotage | undefined): PlanDeeds {
  if (sabotage === undefined) return deeds;
  const { repository } = world;
  const broken: Partial<PlanDeeds> = {};
  if (sabotage === 'twice') {
    broken.commitAttempt = async (work) => {
      const made = await deeds.commitAttempt(work);
      if (!made.ok || !made.value.changed) return made;
      const { tree, subject, trailers } = repository.get(made.value.commit);
      return { ok: true, value: { changed: true, commit: repository.commit([made.value.commit], tree, subject, trailers) } };
    };
  }
  if (sabotage === 'unrecorded') {
    broken.commitAttempt = async (work) => {
      const made = await deeds.commitAttempt(work);
      if (made.ok) await deeds.moveBranch(`plan/${work.path.split('/')[0]}`, work.tip, made.value.commit);
      return made;
    };
  }
  if (sabotage === 'lost-work') {
    broken.salvage = async (path, base) => {
      const worktree = repository.worktrees.get(path);
      if (worktree) Object.assign(worktree, { head: base, branch: undefined, files: new Map(repository.get(base).tree) });
      return Promise.resolve(undefined);
    };
  }
  return new Proxy(deeds, { get: (target, name) => (broken as Record<string | symbol, unknown>)[name] ?? bound(target, name) });
}

function bound(target: PlanDeeds, name: string | symbol): unknown {
  const value = (target as unknown as Record<string | symbol, unknown>)[name];
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

/** What the fold is told of an entry. */
export function sabotagedEntry(entry: Entry, sabotage: Sabotage | undefined): Entry {
  return sabotage === 'undone-dependency' && entry.event.kind === 'target.undone' ? { ...entry, event: { ...entry.event, plans: [] } } : entry;
}

/** Graphs, whole or without the edges into tasks. */
export function sabotagedGraphs(sabotage: Sabotage | undefined): (orchestration: Orchestration) => Graph {
  return sabotage === 'no-order' ? (orchestration) => withoutOrder(graphOf(orchestration)) : graphOf;
}

function withoutOrder(graph: Graph): Graph {
  const before = graph.before.map((edges, index) => (graph.nodes[index]?.kind === 'task' ? edges.slice(0, 1) : edges));
  const after = graph.after.map((edges, from) => edges.filter((to) => before[to]?.includes(from)));
  return { ...graph, before, after };
}

/** The disk, honest or not. */
export function sabotagedDisk(disk: Disk, sabotage: Sabotage | undefined): Disk {
  if (sabotage !== 'no-sync') return disk;
  return {
    async open(path) {
      const file = await disk.open(path);
      return new Proxy(file, { get: (target, name) => (name === 'sync' ? () => Promise.resolve() : bound(target as unknown as PlanDeeds, name)) });
    },
  };
}

/** The journal, whole or not. */
export function sabotagedJournal(journal: Journal, sabotage: Sabotage | undefined): Journal {
  if (sabotage !== 'no-intent') return journal;
  return { append: (events, request) => journal.append(events, request), durable: () => Promise.resolve(), close: () => journal.close() };
}
