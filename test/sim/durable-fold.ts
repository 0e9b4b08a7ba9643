/** The fold of what is on the disk. Each life begins with a copy of it: to fold a journal anew for every life took most of the time. */
import { isDeepStrictEqual } from 'node:util';
import { assert } from '../../src/base/assert.js';
import type { KnownEntries } from '../../src/journal/append.js';
import { decodeLines } from '../../src/journal/codec.js';
import type { Entry } from '../../src/model/event.js';
import { apply, emptyState } from '../../src/state/apply.js';
import type { RunState } from '../../src/state/run-state.js';
import { sabotagedEntry, sabotagedGraphs, type Sabotage } from './sabotage.js';
import type { Scenario } from './scenario.js';
import type { SimDisk } from './sim-disk.js';

/** In one story of so many each life reads and folds the whole journal, and that is compared with the copies. */
const checkedEvery = 64;

export class DurableFold {
  /** Folded up to the end of what was read; not to be changed by others. */
  readonly state: RunState;
  private readonly disk: SimDisk;
  private readonly makeState: () => RunState;
  private readonly isChecked: boolean;
  private readonly sabotage: Sabotage | undefined;
  private bytes = Buffer.alloc(0);
  private readonly entries: Entry[] = [];

  constructor(scenario: Scenario, disk: SimDisk, sabotage: Sabotage | undefined) {
    this.disk = disk;
    this.sabotage = sabotage;
    const graphOf = sabotagedGraphs(sabotage);
    this.makeState = () => emptyState(scenario.orchestration, graphOf(scenario.orchestration), { buildGraph: graphOf });
    this.isChecked = scenario.draw.seed % checkedEvery === 0;
    this.state = this.makeState();
  }

  /** Reads and folds what came to the disk since the last time. What was there then has to be there still. */
  readOn(): readonly Entry[] {
    const bytes = this.disk.bytes('journal');
    const known = this.bytes.length;
    const end = bytes.lastIndexOf(10) + 1;
    assert(end >= known && bytes.subarray(0, known).equals(this.bytes), 'the journal lost entries that were durable');
    const decoded = decodeLines(bytes.toString('utf8', known, end), this.state.entries);
    assert(decoded.ok, 'the journal is damaged');
    this.bytes = Buffer.from(bytes.subarray(0, end));
    this.entries.push(...decoded.value);
    for (const entry of decoded.value) apply(this.state, sabotagedEntry(entry, this.sabotage));
    return decoded.value;
  }

  /** What a process need not read again. */
  get known(): KnownEntries | undefined {
    return this.isChecked ? undefined : { entries: this.entries, validBytes: this.bytes.length };
  }

  /** A state of its own for a process that found these entries. */
  stateOf(entries: readonly Entry[]): RunState {
    assert(entries.length === this.state.entries, `a process found ${entries.length} entries where ${this.state.entries} are on the disk`);
    const copied = copyOf(this.state);
    if (this.isChecked) {
      const folded = this.makeState();
      for (const entry of entries) apply(folded, sabotagedEntry(entry, this.sabotage));
      assert(isDeepStrictEqual(folded, copied), 'the journal folded at once is another state than the journal folded as it grew');
    }
    return copied;
  }
}

/** Copies all that the fold changes. Structure, settings and the landing's picture, which are only ever replaced, stay the same objects. */
function copyOf(state: RunState): RunState {
  const { graph, orchestration, settings, landing, refs } = state;
  const copies = new Map<object, object>();
  for (const shared of [graph, ...graph.nodes, orchestration, ...orchestration.plans, settings, landing, refs]) copies.set(shared, shared);
  return copyValue(state, copies) as RunState;
}

function copyValue(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const copy = emptyCopy(value);
  copies.set(value, copy);
  if (ArrayBuffer.isView(value)) return copy;
  if (Array.isArray(value)) {
    const items = copy as unknown[];
    for (let index = 0; index < items.length; index += 1) if (typeof items[index] === 'object') items[index] = copyValue(items[index], copies);
  } else if (value instanceof Map) {
    for (const [key, inner] of value as Map<unknown, unknown>) (copy as Map<unknown, unknown>).set(key, copyValue(inner, copies));
  } else if (value instanceof Set) {
    for (const inner of value as Set<unknown>) (copy as Set<unknown>).add(copyValue(inner, copies));
  } else {
    const record = copy as Record<string, unknown>;
    for (const key in record) if (typeof record[key] === 'object') record[key] = copyValue(record[key], copies);
  }
  return copy;
}

/** One level of a value; maps and sets empty. */
function emptyCopy(value: object): object {
  if (Array.isArray(value)) return value.slice();
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (ArrayBuffer.isView(value)) return (value as Int32Array).slice();
  const prototype = Object.getPrototypeOf(value) as object;
  // Spread keeps the engine's hidden class, so that copies are as fast as what they are made from.
  return prototype === Object.prototype ? { ...value } : (Object.assign(Object.create(prototype) as object, value));
}
