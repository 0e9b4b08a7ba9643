/** Puts activities into time one after another: the serial schedule generation scheme, forwards and backwards (Kolisch 1996). */
import type { Project } from './project.js';

/** When each activity begins and ends, in milliseconds from 0. */
export interface Schedule {
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly makespan: number;
}

/** Use of one resource over time: constant from each time to the next; nothing after the last. */
class Profile {
  private times: Float64Array;
  private used: Float64Array;
  private length = 1;
  private readonly capacity: number;

  constructor(capacity: number, activities: number) {
    this.capacity = capacity;
    this.times = new Float64Array(2 * activities + 2);
    this.used = new Float64Array(2 * activities + 2);
  }

  clear(): void {
    this.length = 1;
    this.times[0] = 0;
    this.used[0] = 0;
  }

  /** The first time from `from` on at which `amount` is free for `duration`. */
  earliest(from: number, duration: number, amount: number): number {
    const { times, used, length } = this;
    const most = this.capacity - amount;
    let place = this.at(from);
    let start = from;
    for (;;) {
      if ((used[place] as number) > most) {
        place += 1;
        start = times[place] as number;
      } else {
        place += 1;
        if (place >= length || (times[place] as number) >= start + duration) return start;
      }
    }
  }

  take(start: number, end: number, amount: number): void {
    const first = this.cut(start);
    const last = this.cut(end);
    for (let place = first; place < last; place++) this.used[place] = (this.used[place] as number) + amount;
  }

  /** The last place whose time is not after `time`. */
  private at(time: number): number {
    const { times } = this;
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((times[middle] as number) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The place that begins at `time`, made where there is none. */
  private cut(time: number): number {
    const place = this.at(time);
    if (this.times[place] === time) return place;
    this.times.copyWithin(place + 2, place + 1, this.length);
    this.used.copyWithin(place + 2, place + 1, this.length);
    this.times[place + 1] = time;
    this.used[place + 1] = this.used[place] as number;
    this.length += 1;
    return place + 1;
  }
}

/** Builds schedules of one project again and again, with memory that it keeps. */
export class Placer {
  private readonly project: Project;
  private readonly profiles: readonly Profile[];
  private readonly start: Float64Array;
  private readonly end: Float64Array;
  /** Steps taken so far: a measure of time spent that is the same on every machine. */
  steps = 0;

  constructor(project: Project) {
    this.project = project;
    const users = new Int32Array(project.capacity.length);
    for (const demands of project.demands) for (const demand of demands) users[demand.resource] = (users[demand.resource] as number) + 1;
    this.profiles = Array.from(project.capacity, (capacity, resource) => new Profile(capacity, users[resource] as number));
    this.start = new Float64Array(project.size);
    this.end = new Float64Array(project.size);
  }

  /** Each activity as early as it can, in the order of a list that has everything after what it waits for. Valid until the next call. */
  forward(list: Int32Array): Schedule {
    const { project, start, end } = this;
    this.begin();
    // What a list places later has no end yet: one of the schedule before must not count for a quorum.
    if (project.quorum.size > 0) end.fill(Number.POSITIVE_INFINITY);
    let makespan = 0;
    for (const activity of list) {
      let from = 0;
      const quorum = project.quorum.get(activity);
      if (quorum !== undefined) from = this.quorumTime(activity, quorum);
      else for (const before of project.before[activity] as readonly number[]) if ((end[before] as number) > from) from = end[before] as number;
      const finish = this.place(activity, from);
      start[activity] = finish - (project.duration[activity] as number);
      end[activity] = finish;
      if (finish > makespan) makespan = finish;
    }
    return { start, end, makespan };
  }

  /** Each activity as late as it can before `horizon`, in the order of a list that has everything before what waits for it. Times may be below 0. */
  backward(list: Int32Array, horizon: number): Schedule {
    const { project, start, end } = this;
    this.begin();
    let earliest = horizon;
    // Time runs backwards: what is `from` here is measured down from the horizon.
    for (const activity of list) {
      let from = 0;
      for (const after of project.after[activity] as readonly number[]) {
        const distance = horizon - (start[after] as number);
        if (distance > from) from = distance;
      }
      const finish = this.place(activity, from);
      start[activity] = horizon - finish;
      end[activity] = (start[activity]) + (project.duration[activity] as number);
      if ((start[activity]) < earliest) earliest = start[activity];
    }
    return { start, end, makespan: horizon - earliest };
  }

  private begin(): void {
    for (const profile of this.profiles) profile.clear();
    this.steps += this.project.size;
  }

  private quorumTime(activity: number, quorum: number): number {
    const ends = (this.project.before[activity] as readonly number[]).map((before) => this.end[before] as number).sort((a, b) => a - b);
    return quorum <= 0 ? 0 : (ends[quorum - 1] as number);
  }

  private place(activity: number, earliest: number): number {
    const duration = this.project.duration[activity] as number;
    const demands = this.project.demands[activity] as Project['demands'][number];
    if (duration === 0 || demands.length === 0) return earliest + duration;
    let from = earliest;
    for (let agreed = 0, place = 0; agreed < demands.length; place = (place + 1) % demands.length) {
      const demand = demands[place] as (typeof demands)[number];
      const time = (this.profiles[demand.resource] as Profile).earliest(from, duration, demand.amount);
      agreed = time === from ? agreed + 1 : 1;
      from = time;
    }
    for (const demand of demands) (this.profiles[demand.resource] as Profile).take(from, from + duration, demand.amount);
    return from + duration;
  }
}
