import type { Clock } from '../base/clock.js';
import { assert } from '../base/assert.js';
import type { Entry, Event, RunOutcome } from '../model/event.js';
import type { NodeId } from '../model/ids.js';
import type { Decision } from '../scheduler/decision.js';
import { decide, decisionKey, type EffectiveLimits } from '../scheduler/decide.js';
import { apply } from '../state/apply.js';
import type { RunState } from '../state/run-state.js';
import type { Journal } from '../journal/append.js';
import type { Inbox, Message } from './inbox.js';
import type { Performer } from './perform.js';

/** What the loop stands on. */
export interface EngineParts {
  /** Folded up to now; only the loop folds further. */
  readonly state: RunState;
  readonly journal: Pick<Journal, 'append' | 'durable'>;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly performer: Performer;
  /** Limits of the moment: the settings' own, less what memory pressure takes. */
  readonly limits: () => EffectiveLimits;
  /** The session that an attempt will have, where its executor lets us choose it. */
  readonly session?: (node: NodeId, attempt: number) => string | undefined;
  /** Others wait for this run to end: where only an agent's limit is waited for, or a person's word, longer than this, it ends and is gone on with later. */
  readonly patienceMs?: number;
  /** Told of every entry after it was folded. Must not throw and must not wait. */
  readonly observe: (entry: Entry, state: RunState) => void;
}

/**
 * The loop, and the only one: take what came in, fold it, decide, make the intents durable, begin the deeds.
 * Resolves with how the run ended; rejects when the journal cannot be written or our own code threw.
 */
export class Engine {
  private readonly underWay = new Set<string>();
  /** Set by an interrupt: nothing new starts, what runs may end. */
  private draining = false;
  private revokeTimer: (() => void) | undefined;

  private readonly parts: EngineParts;

  constructor(parts: EngineParts) {
    this.parts = parts;
  }

  async run(): Promise<RunOutcome> {
    const { inbox, journal } = this.parts;
    try {
      // What a person asked for while nothing ran comes before the first decision.
      await this.takeIn(inbox.drain());
      for (;;) {
        const outcome = await this.decideAndBegin();
        if (outcome) {
          this.record([{ kind: 'run.finished', outcome }]);
          await journal.durable();
          return outcome;
        }
        await this.takeIn(await inbox.take());
      }
    } finally {
      this.revokeTimer?.();
    }
  }

  /** Folds a batch of messages in the order in which they came. */
  private async takeIn(messages: readonly Message[]): Promise<void> {
    const taken: (() => Promise<void> | void)[] = [];
    for (const message of messages) {
      switch (message.kind) {
        case 'ended':
          this.underWay.delete(message.key);
          this.record(message.events);
          break;
        case 'noticed':
          this.record(message.events);
          break;
        case 'asked':
          this.record([message.event], message.request);
          taken.push(message.taken);
          break;
        case 'woken':
          break;
        case 'interrupted':
          this.draining = true;
          if (message.hard) this.parts.performer.cancelAll('interrupted');
          break;
        case 'broke':
          throw message.error;
      }
    }
    if (taken.length === 0) return;
    // A wish is only forgotten by its sender once it cannot be lost.
    await this.parts.journal.durable();
    for (const done of taken) await done();
  }

  /** Decides until nothing more is wanted for this state. Gives the outcome when the run is over. */
  private async decideAndBegin(): Promise<RunOutcome | undefined> {
    const { state, clock, limits } = this.parts;
    for (;;) {
      const { decisions, wakeAt } = decide(state, limits(), clock.now(), this.underWay);
      this.wakeAt(wakeAt);
      const wanted = this.draining ? decisions.filter(finishesWhatBegan) : decisions;
      const end = wanted.find((decision) => decision.kind === 'finish');
      if (end) return end.outcome;
      if (wanted.length === 0) {
        if (this.draining && this.underWay.size === 0) return 'interrupted';
        if (this.underWay.size === 0 && this.waitsInVain(wakeAt)) return 'deadline';
        assert(this.underWay.size > 0 || wakeAt !== undefined || state.paused, 'stuck: nothing runs, and no person, timer or limit is waited for');
        return undefined;
      }
      await this.begin(wanted);
    }
  }

  /** Nothing is under way, and nothing would begin before the deadline, or before others have lost their patience. */
  private waitsInVain(wakeAt: number | undefined): boolean {
    const { state, clock, limits, patienceMs } = this.parts;
    const { untilMs } = limits();
    if (wakeAt !== undefined && untilMs !== undefined && wakeAt >= untilMs) return true;
    if (patienceMs === undefined) return false;
    const limited = [...state.limited.values()].some((until) => until > clock.now());
    return state.paused || (limited && wakeAt !== undefined && wakeAt - clock.now() > patienceMs);
  }

  private withSession(decision: Decision): Decision {
    if (decision.kind !== 'start' || decision.session !== undefined) return decision;
    const session = this.parts.session?.(decision.node, decision.attempt);
    return session === undefined ? decision : { ...decision, session };
  }

  private async begin(decisions: readonly Decision[]): Promise<void> {
    const begun: Decision[] = [];
    const { journal, performer, inbox } = this.parts;
    for (const wanted of decisions) {
      const decision = this.withSession(wanted);
      begun.push(decision);
      this.underWay.add(decisionKey(decision));
      this.record(intentOf(decision));
    }
    // A crash after this line is a lost attempt, not a secret one.
    await journal.durable();
    for (const decision of begun) {
      const key = decisionKey(decision);
      performer.perform(decision).then(
        (events) => inbox.post({ kind: 'ended', key, events }),
        (error: unknown) => inbox.post({ kind: 'broke', error }),
      );
    }
  }

  private record(events: readonly Event[], request?: string): void {
    if (events.length === 0) return;
    const { journal, state, observe } = this.parts;
    for (const entry of journal.append(events, request)) {
      apply(state, entry);
      observe(entry, state);
    }
  }

  private wakeAt(time: number | undefined): void {
    this.revokeTimer?.();
    this.revokeTimer = undefined;
    if (time === undefined) return;
    const { clock, inbox } = this.parts;
    this.revokeTimer = clock.after(Math.max(0, time - clock.now()), () => inbox.post({ kind: 'woken' }));
  }
}

/** What is recorded before a deed begins. Deeds without one find out what to do, and record their own intent. */
function intentOf(decision: Decision): readonly Event[] {
  switch (decision.kind) {
    case 'start':
      return [{ kind: 'attempt.started', node: decision.node, attempt: decision.attempt, slot: decision.slot, base: decision.base, ...(decision.session === undefined ? {} : { session: decision.session }) }];
    case 'prepare-landing':
      return [{ kind: 'landing.preparing', onto: decision.onto, plans: decision.plans, heads: decision.heads }];
    case 'verify-landing':
      return [{ kind: 'landing.verifying', commit: decision.commit, tree: decision.tree, attempt: decision.attempt, key: decision.key }];
    case 'abandon-verify':
      return [{ kind: 'landing.abandoning', commit: decision.commit }];
    case 'propose':
      return [{ kind: 'landing.proposing', plans: decision.plans, heads: decision.heads }];
    case 'advance-target':
      return [{ kind: 'target.advancing', plans: decision.plans, from: decision.from, to: decision.to }];
    default:
      return [];
  }
}

/** What is still done after an interrupt: work that passed reaches its branch, a landing under way ends. */
function finishesWhatBegan(decision: Decision): boolean {
  return decision.kind === 'cancel' || decision.kind === 'commit' || decision.kind === 'move' || decision.kind === 'publish';
}
