/** Watches a run for whoever is to be told: that a person is needed, as soon as that is so, and how it ended. */
import type { Clock } from '../base/clock.js';
import type { Entry, RunOutcome } from '../model/event.js';
import { executionOf } from '../model/orchestration.js';
import { notify, type Notice, type NotifySettings, type NotifyTools } from '../queue/notify.js';
import type { RunState } from '../state/run-state.js';
import type { Observer } from '../status/observer.js';
import { personNeeds, reportRun, type Need } from '../status/report.js';
import { viewRun } from '../status/view.js';

/** What telling about one run stands on. */
export interface NoticesParts {
  readonly settings: NotifySettings;
  readonly tools: NotifyTools;
  readonly clock: Clock;
  /** Somebody else tells that it is over, for all manifests of a night together. */
  readonly endIsTold: boolean;
  /** Takes a sentence about each notice that could not be sent. */
  readonly problem: (sentence: string) => void;
}

/** Things come together: a conflict of one plan is often one of several. */
const gatherMs = 2_000;
/** Nobody wants to be told every few seconds. */
const pauseMs = 60_000;
const mostNeeds = 10;

/** Tells about a run, seen as one of its observers. Never holds the run up; its end waits until the last notice is sent. */
export function noticesObserver(parts: NoticesParts): Observer {
  const { clock } = parts;
  const told = new Set<string>();
  const sending = new Set<Promise<void>>();
  let revoke: (() => void) | undefined;
  let quietUntil = 0;
  let ended: { readonly state: RunState; readonly outcome: RunOutcome } | undefined;

  const send = (notice: Notice): void => {
    const sent = notify(parts.settings, notice, parts.tools).then((problems) => problems.forEach(parts.problem));
    sending.add(sent);
    void sent.finally(() => sending.delete(sent));
  };
  const look = (state: RunState): void => {
    revoke = undefined;
    const needs = personNeeds(viewRun(state, { now: clock.now() })).filter(({ what }) => !told.has(what));
    if (needs.length === 0) return;
    for (const { what } of needs) told.add(what);
    quietUntil = clock.now() + pauseMs;
    send({ kind: 'person-needed', title: `${state.orchestration.manifest}: a person is needed`, text: needLines(needs) });
  };
  return {
    entry(entry, state) {
      if (entry.event.kind === 'run.finished') ended = { state, outcome: entry.event.outcome };
      else if (mayNeedPerson(entry, state)) revoke ??= clock.after(Math.max(gatherMs, quietUntil - clock.now()), () => look(state));
    },
    progress: () => undefined,
    async close() {
      revoke?.();
      if (ended !== undefined) tellEnd(ended.state, ended.outcome);
      await Promise.all(sending);
    },
  };

  function tellEnd(state: RunState, outcome: RunOutcome): void {
    const { manifest, headline, needs } = reportRun(state, { now: clock.now(), live: false, tailOf: () => '' });
    const person = outcome === 'person';
    if (person ? needs.every(({ what }) => told.has(what)) : parts.endIsTold) return;
    send({ kind: person ? 'person-needed' : 'run-over', title: `${manifest}: ${headline}`, text: needLines(needs) });
  }
}

/** What may have made a person necessary; whether it did is looked at later. */
function mayNeedPerson({ event }: Entry, state: RunState): boolean {
  switch (event.kind) {
    case 'plan.refused':
    case 'plan.conflicted':
    case 'plan.completed':
    case 'landing.conflicted':
    case 'landing.refused':
    case 'landing.prepared':
    case 'landing.verified':
      return true;
    case 'attempt.started':
      return executionOf(state.settings, event.node).executor.kind === 'manual';
    default:
      return false;
  }
}

function needLines(needs: readonly Need[]): string {
  const lines = needs.slice(0, mostNeeds).map(({ what, commands }) => [what, ...commands.map((command) => `    ${command}`)].join('\n'));
  return [...lines, ...(needs.length > mostNeeds ? [`… and ${needs.length - mostNeeds} more`] : [])].join('\n');
}

/** One observer made of several. */
export function observers(all: readonly Observer[]): Observer {
  return {
    entry: (entry, state) => all.forEach((each) => each.entry(entry, state)),
    progress: (node, progress) => all.forEach((each) => each.progress(node, progress)),
    close: async () => void (await Promise.all(all.map((each) => each.close()))),
  };
}
