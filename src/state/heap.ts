/** A binary heap of numbers that can take any member out again and can be read in order without being changed. */

/** Ids ordered by a key, smallest first; equal keys by id. `position` may be shared by heaps that never hold the same id. */
export class IndexedHeap {
  private readonly items: number[] = [];
  private readonly key: ArrayLike<number>;
  /** Place of each id plus one; 0: not in any heap that shares this array. */
  private readonly position: { [id: number]: number };

  constructor(key: ArrayLike<number>, position: { [id: number]: number }) {
    this.key = key;
    this.position = position;
  }

  get size(): number {
    return this.items.length;
  }

  /** The smallest id's; undefined when empty. */
  first(): number | undefined {
    return this.items[0];
  }

  /** The id at a place of the tree; the children of place `p` are `2p + 1` and `2p + 2`. Undefined outside. */
  at(place: number): number | undefined {
    return this.items[place];
  }

  has(id: number): boolean {
    return (this.position[id] ?? 0) > 0;
  }

  add(id: number): void {
    this.items.push(id);
    this.position[id] = this.items.length;
    this.up(this.items.length - 1);
  }

  remove(id: number): void {
    const place = (this.position[id] ?? 0) - 1;
    if (place < 0) return;
    this.position[id] = 0;
    const last = this.items.pop() as number;
    if (last === id) return;
    this.items[place] = last;
    this.position[last] = place + 1;
    this.moved(last);
  }

  /** Puts an id right whose key has changed. */
  moved(id: number): void {
    const place = (this.position[id] ?? 0) - 1;
    if (place < 0) return;
    if (!this.up(place)) this.down(place);
  }

  private up(start: number): boolean {
    const items = this.items;
    const id = items[start] as number;
    const key = this.key[id] as number;
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = items[parent] as number;
      const otherKey = this.key[other] as number;
      if (otherKey < key || (otherKey === key && other < id)) break;
      items[place] = other;
      this.position[other] = place + 1;
      place = parent;
    }
    if (place === start) return false;
    items[place] = id;
    this.position[id] = place + 1;
    return true;
  }

  private down(start: number): void {
    const items = this.items;
    const id = items[start] as number;
    const key = this.key[id] as number;
    let place = start;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= items.length) break;
      let other = items[child] as number;
      let otherKey = this.key[other] as number;
      const right = items[child + 1];
      if (right !== undefined) {
        const rightKey = this.key[right] as number;
        if (rightKey < otherKey || (rightKey === otherKey && right < other)) {
          child += 1;
          other = right;
          otherKey = rightKey;
        }
      }
      if (key < otherKey || (key === otherKey && id < other)) break;
      items[place] = other;
      this.position[other] = place + 1;
      place = child;
    }
    items[place] = id;
    this.position[id] = place + 1;
  }
}
