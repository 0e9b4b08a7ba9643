/** A run as a stream of NDJSON lines for programs: one line for each fact, what attempts say now in between, and a line at the end. */
import type { Writable } from 'node:stream';
import type { Clock } from '../base/clock.js';
import type { Entry, Event } from '../model/event.js';
import type { NodeId } from '../model/ids.js';
import type { RunState } from '../state/run-state.js';
import type { Observer } from './observer.js';
import { iso } from './json.js';

/** The version of every line; grows when a field changes its meaning or goes, not when a kind or field is added. */
export const eventsVersion = 1;

/** A line about what an attempt does comes at most this often, for each attempt. */
const progressMs = 1000;

/** Writes the lines to `out`. A reader must ignore kinds that it does not know. */
export function eventsObserver(out: Writable, clock: Clock): Observer {
  const told = new Map<NodeId, number>();
  let last: RunState | undefined;
  const write = (line: Record<string, unknown>): void => void out.write(`${JSON.stringify({ version: eventsVersion, ...line })}\n`);
  return {
    entry(entry, state) {
      last = state;
      if (entry.event.kind === 'attempt.finished') told.delete(entry.event.node);
      write(eventLine(entry));
    },
    progress(node, progress) {
      const now = clock.now();
      if (now - (told.get(node) ?? 0) < progressMs) return;
      told.set(node, now);
      write({ kind: 'progress', at: iso(now), node, ...progress });
    },
    close() {
      if (last !== undefined) {
        const { tasks, done, failed, running } = last.counters;
        write({ kind: 'end', at: iso(clock.now()), run: last.run, entries: last.entries, outcome: last.finished ?? null, tasks: { total: tasks, done, failed, running } });
      }
      return Promise.resolve();
    },
  };
}

/** The line for a journal entry: its `seq`, when, and the event's own fields. */
export function eventLine(entry: Entry): Record<string, unknown> {
  const { kind, ...fields } = entry.event;
  return { kind, seq: entry.seq, at: iso(entry.at), ...shortened(entry.event, fields) };
}

/** The first event holds the whole orchestration with every task's body: the stream names what there is and leaves the texts out. */
function shortened(event: Event, fields: object): object {
  if (event.kind === 'run.started') {
    const { orchestration, refs: _refs, ...rest } = event;
    return { ...rest, kind: event.kind, manifest: orchestration.manifest, plans: outline(orchestration) };
  }
  if (event.kind === 'run.replanned') return { plans: outline(event.orchestration), carried: event.carried };
  if (event.kind === 'settings.changed') return {};
  return fields;
}

function outline(orchestration: Extract<Event, { kind: 'run.started' }>['orchestration']): object[] {
  return orchestration.plans.map(({ id, title, branch, priority, file, phases }) => ({
    id,
    title,
    branch,
    priority,
    file,
    phases: phases.map((phase) => ({ id: phase.id, title: phase.title, tasks: phase.tasks.map((task) => ({ id: task.id, title: task.title, done: task.done })) })),
  }));
}
