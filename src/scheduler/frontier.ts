/** Reads ready nodes in order of rank out of the queue's heaps without changing them, only as far as asked. */
import type { IndexedHeap } from '../state/heap.js';
import type { ReadyClass, ReadyGroup, ReadyQueue } from '../state/ready-queue.js';

interface Item {
  readonly rank: number;
  /** A lane, a group and a class are looked into before a node of the same rank is given out. */
  readonly level: 0 | 1 | 2 | 3;
  readonly heap: IndexedHeap | undefined;
  readonly place: number;
  readonly id: number;
  readonly lane: number;
  readonly class: ReadyClass | undefined;
}

/** A ready node with what it shares with others. */
export interface Candidate {
  readonly node: number;
  readonly lane: number;
  readonly class: ReadyClass | undefined;
}

/** What is to be looked at next when a candidate was considered. */
export type Next = 'same-class' | 'other-class' | 'other-lane';

/** A cursor over ready nodes, best first. The cost of a step is logarithmic in what was looked at so far, not in what is ready. */
export class Frontier {
  private readonly queue: ReadyQueue;
  /** False where a pool has nothing left: its groups are not looked into. */
  private readonly hasAny: (pool: number) => boolean;
  private readonly items: Item[] = [];
  private readonly closed = new Set<number>();
  private current: Item | undefined;

  constructor(queue: ReadyQueue, hasAny: (pool: number) => boolean) {
    this.queue = queue;
    this.hasAny = hasAny;
  }

  /** Adds all lanes of a heap of lanes. */
  addLanes(heap: IndexedHeap): void {
    this.addLane(heap, 0);
  }

  /** Adds one lane alone. */
  addOneLane(lane: number): void {
    this.addGroup(lane, 0);
  }

  /** Adds a node that is in no lane: its back-off has ended since. */
  addNode(node: number, lane: number): void {
    this.push({ rank: this.queue.rank[node] as number, level: 3, heap: undefined, place: 0, id: node, lane, class: undefined });
  }

  /** The best node not given out yet; undefined when there is none. `next` says what the last one allows to be left out. */
  take(next: Next): Candidate | undefined {
    this.settle(next);
    for (let item = this.pop(); item !== undefined; item = this.pop()) {
      if (item.level === 0) {
        this.addLane(item.heap as IndexedHeap, 2 * item.place + 1);
        this.addLane(item.heap as IndexedHeap, 2 * item.place + 2);
        if (!this.closed.has(item.id)) this.addGroup(item.id, 0);
      } else if (this.closed.has(item.lane)) {
        continue;
      } else if (item.level === 1) {
        this.addGroup(item.lane, 2 * item.place + 1);
        this.addGroup(item.lane, 2 * item.place + 2);
        const group = this.queue.groups[item.id] as ReadyGroup;
        if (group.pool < 0 || this.hasAny(group.pool)) this.addClass(item.lane, group.classes, 0);
      } else if (item.level === 2) {
        const own = this.queue.classes[item.id] as ReadyClass;
        const group = this.queue.groups[own.group] as ReadyGroup;
        if (group.pool >= 0 && !this.hasAny(group.pool)) continue;
        this.addClass(item.lane, group.classes, 2 * item.place + 1);
        this.addClass(item.lane, group.classes, 2 * item.place + 2);
        this.addFrom(own, item.lane, 0);
      } else {
        this.current = item;
        return { node: item.id, lane: item.lane, class: item.class };
      }
    }
    this.current = undefined;
    return undefined;
  }

  private settle(next: Next): void {
    const last = this.current;
    if (last === undefined) return;
    if (next === 'other-lane') this.closed.add(last.lane);
    else if (next === 'same-class' && last.class) {
      this.addFrom(last.class, last.lane, 2 * last.place + 1);
      this.addFrom(last.class, last.lane, 2 * last.place + 2);
    }
  }

  private addLane(heap: IndexedHeap, place: number): void {
    const lane = heap.at(place);
    if (lane === undefined) return;
    const best = this.queue.bestOf(lane) as number;
    this.push({ rank: this.queue.rank[best] as number, level: 0, heap, place, id: lane, lane, class: undefined });
  }

  private addGroup(lane: number, place: number): void {
    const id = (this.queue.lanes[lane] as IndexedHeap).at(place);
    if (id === undefined) return;
    const { classes } = this.queue.groups[id] as ReadyGroup;
    const best = (this.queue.classes[classes.first() as number] as ReadyClass).nodes.first() as number;
    this.push({ rank: this.queue.rank[best] as number, level: 1, heap: undefined, place, id, lane, class: undefined });
  }

  private addClass(lane: number, heap: IndexedHeap, place: number): void {
    const id = heap.at(place);
    if (id === undefined) return;
    const best = (this.queue.classes[id] as ReadyClass).nodes.first() as number;
    this.push({ rank: this.queue.rank[best] as number, level: 2, heap, place, id, lane, class: undefined });
  }

  private addFrom(own: ReadyClass, lane: number, place: number): void {
    const node = own.nodes.at(place);
    if (node !== undefined) this.push({ rank: this.queue.rank[node] as number, level: 3, heap: undefined, place, id: node, lane, class: own });
  }

  private push(item: Item): void {
    const { items } = this;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = items[parent] as Item;
      if (!before(item, other)) break;
      items[place] = other;
      place = parent;
    }
    items[place] = item;
  }

  private pop(): Item | undefined {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1] as Item, items[child] as Item)) child += 1;
      if (!before(items[child] as Item, last)) break;
      items[place] = items[child] as Item;
      place = child;
    }
    items[place] = last;
    return first;
  }
}

function before(a: Item, b: Item): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  return a.level === b.level ? a.id < b.id : a.level < b.level;
}
