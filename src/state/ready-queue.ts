/**
 * Tasks and verifies that may start, as far as the graph and their own history go. They are kept by lane (a plan has one for
 * tasks, which need its worktrees, and one for verifies, which do not), inside a lane by the pool that most nodes compete for,
 * and there by all that they take: where a pool is empty, everything that needs it is passed over at once.
 *
 *     lanes ─▶ groups of one lane (same contested pool) ─▶ classes of one group (same needs) ─▶ nodes of one class
 *
 * Each is a heap by the rank of the best node in it.
 */
import { IndexedHeap } from './heap.js';

/** Classes of one lane whose most contested pool is the same; `pool` -1: they need none. */
export interface ReadyGroup {
  readonly id: number;
  readonly lane: number;
  readonly pool: number;
  readonly classes: IndexedHeap;
}

/** Nodes of one lane that need the same from the same pools: they can start or cannot start together. */
export interface ReadyClass {
  readonly id: number;
  readonly group: number;
  /** Pool indices and amounts. */
  readonly uses: readonly PoolUse[];
  readonly nodes: IndexedHeap;
}

export interface PoolUse {
  readonly pool: number;
  readonly amount: number;
}

const never = Number.POSITIVE_INFINITY;

/** The nodes that may start. Changed only by the fold; the scheduler walks its heaps. */
export class ReadyQueue {
  readonly groups: ReadyGroup[] = [];
  readonly classes: ReadyClass[] = [];
  /** Lanes that have a node ready and may start nodes at all, by the rank of their best; apart, those whose plan holds a place and the others. */
  readonly placed: IndexedHeap;
  readonly unplaced: IndexedHeap;
  /** The same lanes by how long they have waited for a turn. */
  readonly turns: IndexedHeap;
  /** Groups of each lane that have a node ready, by the rank of their best. */
  readonly lanes: IndexedHeap[];
  /** Rank of each node: smaller starts sooner. */
  readonly rank: ArrayLike<number>;
  /** Starts that had been given when a lane was last served, or when it last got something to start. */
  readonly turn: number[];
  private readonly since: Int32Array;
  private readonly classOf: Int32Array;
  private readonly classRank: number[] = [];
  private readonly groupRank: number[] = [];
  private readonly laneRank: number[];
  private starts: number;
  private readonly barred: boolean[];
  private readonly isPlaced: boolean[];
  /** The class of each lane that takes nothing from any pool. */
  private readonly plainClass: (number | undefined)[] = [];
  private readonly bySignature = new Map<string, number>();
  private readonly nodePosition: Int32Array;
  private readonly classPosition: number[] = [];
  private readonly groupPosition: number[] = [];
  private readonly groupOf = new Map<string, number>();
  /** How many nodes draw from each pool. */
  private readonly contest: ArrayLike<number>;

  constructor(nodes: number, lanes: number, rank: ArrayLike<number>, starts: number, contest: ArrayLike<number>) {
    this.contest = contest;
    this.starts = starts;
    this.rank = rank;
    this.classOf = new Int32Array(nodes).fill(-1);
    this.nodePosition = new Int32Array(nodes);
    this.since = new Int32Array(nodes);
    this.laneRank = new Array<number>(lanes).fill(never);
    this.turn = new Array<number>(lanes).fill(0);
    this.barred = new Array<boolean>(lanes).fill(false);
    this.isPlaced = new Array<boolean>(lanes).fill(false);
    // A lane is either placed or not, so that both heaps may share one array of places.
    const lanePosition = new Array<number>(lanes).fill(0);
    this.placed = new IndexedHeap(this.laneRank, lanePosition);
    this.unplaced = new IndexedHeap(this.laneRank, lanePosition);
    this.turns = new IndexedHeap(this.turn, new Array<number>(lanes).fill(0));
    this.lanes = Array.from({ length: lanes }, () => new IndexedHeap(this.groupRank, this.groupPosition));
  }

  /** Says which class a node belongs to; before it is added for the first time. */
  classify(node: number, lane: number, uses: readonly PoolUse[]): void {
    if (uses.length === 0) {
      this.plainClass[lane] ??= this.newClass(lane, uses);
      this.classOf[node] = this.plainClass[lane];
      return;
    }
    const signature = `${lane} ${uses.map((use) => `${use.pool}:${use.amount}`).join(' ')}`;
    let id = this.bySignature.get(signature);
    if (id === undefined) {
      id = this.newClass(lane, uses);
      this.bySignature.set(signature, id);
    }
    this.classOf[node] = id;
  }

  private newClass(lane: number, uses: readonly PoolUse[]): number {
    const id = this.classes.length;
    this.classes.push({ id, group: this.groupFor(lane, uses), uses, nodes: new IndexedHeap(this.rank, this.nodePosition) });
    this.classRank.push(never);
    this.classPosition.push(0);
    return id;
  }

  private groupFor(lane: number, uses: readonly PoolUse[]): number {
    let pool = -1;
    for (const use of uses) if (pool < 0 || (this.contest[use.pool] ?? 0) > (this.contest[pool] ?? 0)) pool = use.pool;
    const key = `${lane} ${pool}`;
    let id = this.groupOf.get(key);
    if (id === undefined) {
      id = this.groups.length;
      this.groupOf.set(key, id);
      this.groups.push({ id, lane, pool, classes: new IndexedHeap(this.classRank, this.classPosition) });
      this.groupRank.push(never);
      this.groupPosition.push(0);
    }
    return id;
  }

  /** The best ready node of a lane; undefined when it has none. */
  bestOf(lane: number): number | undefined {
    const group = this.groups[this.lanes[lane]?.first() as number];
    return group && this.classes[group.classes.first() as number]?.nodes.first();
  }

  /** The best ready node of all, and its lane; undefined when nothing is ready. */
  best(): { readonly node: number; readonly lane: number } | undefined {
    const one = this.placed.first();
    const other = this.unplaced.first();
    if (one === undefined && other === undefined) return undefined;
    const lane = other === undefined || (one !== undefined && (this.laneRank[one] as number) <= (this.laneRank[other] as number)) ? (one as number) : other;
    return { node: this.bestOf(lane) as number, lane };
  }

  usesOf(node: number): readonly PoolUse[] {
    return this.classes[this.classOf[node] as number]?.uses ?? [];
  }

  has(node: number): boolean {
    return (this.nodePosition[node] as number) > 0;
  }

  /** True when the lane has a node ready, barred or not. */
  hasReady(lane: number): boolean {
    return (this.lanes[lane] as IndexedHeap).size > 0;
  }

  /** Starts that had been given when the node became ready. */
  readySince(node: number): number {
    return this.since[node] as number;
  }

  add(node: number): void {
    this.since[node] = this.starts;
    const own = this.classes[this.classOf[node] as number] as ReadyClass;
    own.nodes.add(node);
    if (own.nodes.first() === node) this.classChanged(own);
  }

  remove(node: number): void {
    const own = this.classes[this.classOf[node] as number] as ReadyClass;
    const first = own.nodes.first() === node;
    own.nodes.remove(node);
    if (first) this.classChanged(own);
  }

  /** A barred lane keeps its nodes and offers none. */
  setBarred(lane: number, barred: boolean): void {
    if (this.barred[lane] === barred) return;
    this.barred[lane] = barred;
    this.laneChanged(lane);
  }

  setPlaced(lane: number, placed: boolean): void {
    if (this.isPlaced[lane] === placed) return;
    this.heapOf(lane).remove(lane);
    this.isPlaced[lane] = placed;
    this.laneChanged(lane);
  }

  /** The lane was given the start of this number: it goes to the end of the line of those who wait for a turn. */
  served(lane: number, starts: number): void {
    this.starts = starts;
    this.turn[lane] = starts;
    this.turns.moved(lane);
  }

  private heapOf(lane: number): IndexedHeap {
    return this.isPlaced[lane] === true ? this.placed : this.unplaced;
  }

  private classChanged(own: ReadyClass): void {
    const group = this.groups[own.group] as ReadyGroup;
    const first = own.nodes.first();
    this.classRank[own.id] = first === undefined ? never : (this.rank[first] as number);
    place(group.classes, own.id, first !== undefined);
    const best = group.classes.first();
    this.groupRank[group.id] = best === undefined ? never : (this.classRank[best] as number);
    place(this.lanes[group.lane] as IndexedHeap, group.id, best !== undefined);
    this.laneChanged(group.lane);
  }

  private laneChanged(lane: number): void {
    const first = (this.lanes[lane] as IndexedHeap).first();
    const heap = this.heapOf(lane);
    if (first === undefined || this.barred[lane] === true) {
      heap.remove(lane);
      this.turns.remove(lane);
      this.laneRank[lane] = never;
      return;
    }
    this.laneRank[lane] = this.groupRank[first] as number;
    if (heap.has(lane)) heap.moved(lane);
    else heap.add(lane);
    if (this.turns.has(lane)) return;
    this.turn[lane] = this.starts;
    this.turns.add(lane);
  }
}

/** Brings a heap up to date after the key of a member has changed, or takes the member out. */
function place(heap: IndexedHeap, id: number, wanted: boolean): void {
  if (!wanted) heap.remove(id);
  else if (heap.has(id)) heap.moved(id);
  else heap.add(id);
}
