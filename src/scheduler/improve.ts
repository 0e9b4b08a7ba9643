/**
 * Plans ahead: looks for a short schedule of a whole project before it begins. A genetic search over activity lists, each list
 * improved by double justification (Hartmann 1998; Valls, Ballestín and Quintanilla 2005, 2008). No clock and no chance from
 * outside: the same project gives the same answer, and the effort is counted in steps.
 */
import { Placer, type Schedule } from './place.js';
import { longestFrom, lowerBound, type Project } from './project.js';

/** An order to follow, by activity. */
export interface PlannedOrder {
  /** Smaller starts sooner. */
  readonly rank: Int32Array;
  /** Milliseconds after the beginning at which each starts if every estimate holds. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly makespan: number;
  /** No schedule is shorter than this. */
  readonly lowerBound: number;
}

export interface Effort {
  /** Activities placed, over all schedules; about 3 million a second for a hundred activities. */
  readonly steps: number;
}

/** What is spent when nothing else is said: below a second for a few hundred activities. */
const usualEffort: Effort = { steps: 1_500_000 };

/** Projects above this size are not searched: one schedule of theirs takes too long. */
const mostActivities = 5_000;

/** A schedule order found by search, or undefined where the project is too big for it. */
export function planAhead(project: Project, effort: Effort = usualEffort): PlannedOrder | undefined {
  if (project.size > mostActivities || project.size === 0) return undefined;
  return new Search(project, effort).run();
}

/** A list with everything after what it waits for, and what became of it. */
interface Individual {
  readonly list: Int32Array;
  readonly makespan: number;
  /** Sum of all ends: of two schedules equally long the one that finishes things sooner is easier to improve. */
  readonly weight: number;
}

const population = 40;
const mutation = 0.05;
/** Generations without a better schedule before the population is made anew around the best. */
const patience = 30;

class Search {
  private readonly project: Project;
  private readonly placer: Placer;
  private readonly effort: Effort;
  private readonly bound: number;
  private readonly longest: Float64Array;
  private readonly keys: Float64Array;
  private readonly taken: Uint8Array;
  private readonly justifiable: boolean;
  private best: Individual | undefined;
  private seed = 20_081_210;

  constructor(project: Project, effort: Effort) {
    this.project = project;
    this.effort = effort;
    this.placer = new Placer(project);
    this.bound = lowerBound(project);
    this.longest = longestFrom(project);
    this.keys = new Float64Array(project.size);
    this.taken = new Uint8Array(project.size);
    this.justifiable = project.quorum.size === 0;
  }

  run(): PlannedOrder {
    let people: Individual[] = [];
    let idle = 0;
    this.meet(this.improved(this.greedy((activity) => this.longest[activity] as number)));
    while (!this.isOver()) {
      if (people.length === 0 || idle > patience) {
        people = this.populate();
        idle = 0;
      }
      const before = this.best?.makespan;
      people = this.generation(people);
      idle = this.best?.makespan === before ? idle + 1 : 0;
    }
    return this.answer();
  }

  private isOver(): boolean {
    return this.placer.steps >= this.effort.steps || (this.best as Individual).makespan <= this.bound;
  }

  /** The best list is placed once more: schedules live only until the next one is made. */
  private answer(): PlannedOrder {
    const { list } = this.best as Individual;
    const { start, end, makespan } = this.placer.forward(list);
    const order = this.sorted(list, start, 1);
    const rank = new Int32Array(this.project.size);
    order.forEach((activity, place) => (rank[activity] = place));
    return { rank, start: start.slice(), end: end.slice(), makespan, lowerBound: this.bound };
  }

  private meet(individual: Individual): Individual {
    const { best } = this;
    if (!best || individual.makespan < best.makespan || (individual.makespan === best.makespan && individual.weight < best.weight)) this.best = individual;
    return individual;
  }

  /** Random lists that follow the longest remaining path more or less closely; the best one so far among them. */
  private populate(): Individual[] {
    const people: Individual[] = this.best ? [this.best] : [];
    for (let index = 0; people.length < population && !this.isOver(); index++) {
      const noise = 0.1 + (0.9 * (index % 10)) / 10;
      const scale = noise * this.meanPath();
      people.push(this.meet(this.improved(this.greedy((activity) => (this.longest[activity] as number) + scale * (2 * this.chance() - 1)))));
    }
    return people;
  }

  private meanPath(): number {
    return Math.max(1, this.longest.reduce((sum, one) => sum + one, 0) / this.project.size);
  }

  /** As many children as there are people; the better half of all of them lives on. */
  private generation(people: readonly Individual[]): Individual[] {
    const children: Individual[] = [];
    while (children.length < people.length && !this.isOver()) {
      const mother = this.pick(people);
      const father = this.pick(people);
      const child = this.cross(mother.list, father.list);
      this.mutate(child);
      children.push(this.meet(this.improved(child)));
    }
    const all = [...people, ...children].sort((a, b) => a.makespan - b.makespan || a.weight - b.weight);
    return all.filter((one, index) => index === 0 || one.makespan !== all[index - 1]?.makespan || one.weight !== all[index - 1]?.weight).slice(0, population);
  }

  private pick(people: readonly Individual[]): Individual {
    const one = people[Math.floor(this.chance() * people.length)] as Individual;
    const other = people[Math.floor(this.chance() * people.length)] as Individual;
    return one.makespan < other.makespan || (one.makespan === other.makespan && one.weight <= other.weight) ? one : other;
  }

  /** Takes the middle from the father's order, the rest from the mother's: both keep everything after what it waits for. */
  private cross(mother: Int32Array, father: Int32Array): Int32Array {
    const { size } = this.project;
    const a = Math.floor(this.chance() * size);
    const b = Math.floor(this.chance() * size);
    const [first, second] = a < b ? [a, b] : [b, a];
    const child = new Int32Array(size);
    this.taken.fill(0);
    let place = 0;
    const add = (list: Int32Array, until: number): void => {
      for (let index = 0; place < until; index++) {
        const activity = list[index] as number;
        if (this.taken[activity] === 1) continue;
        this.taken[activity] = 1;
        child[place++] = activity;
      }
    };
    add(mother, first);
    add(father, second);
    add(mother, size);
    return child;
  }

  /** Swaps neighbours that do not wait for one another. */
  private mutate(list: Int32Array): void {
    for (let place = 0; place + 1 < list.length; place++) {
      if (this.chance() >= mutation) continue;
      const one = list[place] as number;
      const other = list[place + 1] as number;
      if ((this.project.before[other] as readonly number[]).includes(one)) continue;
      list[place] = other;
      list[place + 1] = one;
    }
  }

  /** The list placed, pushed to the right, pushed to the left again: never longer than before. */
  private improved(list: Int32Array): Individual {
    let order = list;
    let schedule = this.placer.forward(order);
    if (this.justifiable) {
      const { makespan } = schedule;
      const late = this.sorted(order, schedule.end, -1);
      const right = this.placer.backward(late, makespan);
      order = this.sorted(late.reverse(), right.start, 1);
      schedule = this.placer.forward(order);
    }
    return { list: this.sorted(order, schedule.start, 1), makespan: schedule.makespan, weight: sum(schedule) };
  }

  /** A list sorted by time; what is equal keeps its place, so that everything stays after what it waits for. */
  private sorted(list: Int32Array, time: Float64Array, direction: 1 | -1): Int32Array {
    const base = direction === 1 ? list : list.slice().reverse();
    return base.slice().sort((a, b) => direction * ((time[a] as number) - (time[b] as number)));
  }

  /** A list in the order of a key, greatest first, as far as dependencies allow. */
  private greedy(key: (activity: number) => number): Int32Array {
    const { size, before, after } = this.project;
    const { keys } = this;
    const open = Int32Array.from(before, (list) => list.length);
    const ready: number[] = [];
    const push = (activity: number): void => {
      keys[activity] = key(activity);
      ready.push(activity);
      for (let place = ready.length - 1; place > 0; ) {
        const parent = (place - 1) >> 1;
        if ((keys[ready[parent] as number] as number) >= (keys[activity])) break;
        ready[place] = ready[parent] as number;
        ready[parent] = activity;
        place = parent;
      }
    };
    for (let activity = 0; activity < size; activity++) if (open[activity] === 0) push(activity);
    const list = new Int32Array(size);
    for (let place = 0; place < size; place++) {
      const activity = popGreatest(ready, keys);
      list[place] = activity;
      for (const next of after[activity] as readonly number[]) if (--(open[next] as number) === 0) push(next);
    }
    return list;
  }

  /** Between 0 and 1; the same sequence every time (mulberry32). */
  private chance(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

function popGreatest(heap: number[], keys: Float64Array): number {
  const first = heap[0] as number;
  const last = heap.pop() as number;
  if (heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (keys[heap[child + 1] as number] as number) > (keys[heap[child] as number] as number)) child += 1;
    if ((keys[heap[child] as number] as number) <= (keys[last] as number)) break;
    heap[place] = heap[child] as number;
    place = child;
  }
  heap[place] = last;
  return first;
}

function sum({ end }: Schedule): number {
  let total = 0;
  for (const one of end) total += one;
  return total;
}
