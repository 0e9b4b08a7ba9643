/** A whole run: lock, journal, recovery, the loop, and the end. What the main command calls. */
import { rm } from 'node:fs/promises';
import type { ProcessIdentity } from '../base/process-identity.js';
import { err, ok, type Result } from '../base/result.js';
import { recoverRepository } from '../git/recover-git.js';
import { JournalError } from '../journal/append.js';
import { readInbox } from '../journal/inbox.js';
import { lockFolder, scratchRoot } from '../journal/layout.js';
import { findLockOwner, takeRunLock } from '../journal/run-lock.js';
import { openStatusFile } from '../journal/status-file.js';
import type { Entry, Event, RunOutcome } from '../model/event.js';
import { plannedSession } from '../executor/agent/session-name.js';
import type { Failure } from '../model/failure.js';
import type { NodeId } from '../model/ids.js';
import { executionOf } from '../model/orchestration.js';
import { attemptName } from '../state/attempt-name.js';
import { apply } from '../state/apply.js';
import type { RunState } from '../state/run-state.js';
import { statusJson } from '../status/json.js';
import { viewRun } from '../status/view.js';
import { adaptiveLimits } from './adaptive-limits.js';
import { watchPlanFiles } from './edited-files.js';
import { claimedBranches } from './claims.js';
import { Engine } from './engine.js';
import { failureOf } from './failure-of.js';
import { Inbox } from './inbox.js';
import { learn } from './learned.js';
import { openRun, type OpenedRun } from './open-run.js';
import { Performer } from './perform.js';
import { watchRadar } from './radar-watch.js';
import { realHands, type RealHands } from './real-hands.js';
import { recover } from './recover.js';
import type { OrchestrateRequest } from './orchestrate-request.js';
import { takeRequests } from './requests.js';

export interface OrchestrateEnd {
  /** `idle`: everything had landed before, nothing was done. */
  readonly outcome: RunOutcome | 'idle';
  readonly state: RunState;
  /** The structure differs from what the run was begun with; it waits for `plan replan`. */
  readonly changed: boolean;
}

/** Runs an orchestration to its end, or as far as it goes without a person. Failures are what kept it from beginning or going on. */
export async function orchestrate(request: OrchestrateRequest): Promise<Result<OrchestrateEnd, readonly Failure[]>> {
  const { repository, orchestration } = request;
  const folder = lockFolder(repository.commonDir, orchestration.manifest);
  const former = await findLockOwner(folder);
  const lock = await takeRunLock(folder);
  if (!lock.ok) return err([lock.error]);
  try {
    const opened = await openRun(request);
    if (!opened.ok) return err(opened.error);
    const { state, idle, changed, journal } = opened.value;
    try {
      if (idle && !request.fresh && !(await isWanted(opened.value))) return ok({ outcome: 'idle', state, changed });
      const taken = opened.value.resumed ? await takenMeanwhile(request, state) : [];
      if (taken.length > 0) return err(taken);
      return ok({ outcome: await carryOn(request, opened.value, former?.owner), state, changed });
    } finally {
      await journal.close().catch(() => undefined);
    }
  } catch (error) {
    const failure = error instanceof JournalError ? error.failure : failureOf(error);
    if (!failure) throw error;
    return err([failure]);
  } finally {
    await lock.value.release();
  }
}

/** True when a person wants something of a run that had come to its end: a request waits, or plans were taken back. */
async function isWanted({ state, paths, requests }: OpenedRun): Promise<boolean> {
  const waiting = await readInbox(paths.inbox, (id) => requests.includes(id));
  return waiting.requests.length > 0 || state.landing.undone.size > 0;
}

/**
 * Failures for branches that another manifest's run took while this one stood still. Compare-and-swap would lose nothing, but each would
 * take the other's commits for a person's, and land them before they are complete. What has landed is not written any more.
 */
async function takenMeanwhile({ repository }: OrchestrateRequest, state: RunState): Promise<readonly Failure[]> {
  const plans = state.orchestration.plans.filter(({ id }) => !state.landing.landed.has(id));
  return claimedBranches(repository.commonDir, state.orchestration.manifest, plans);
}

async function carryOn(request: OrchestrateRequest, run: OpenedRun, former: ProcessIdentity | undefined): Promise<RunOutcome> {
  const { clock, observer } = request;
  const { state, journal, paths } = run;
  const status = await openStatusFile(paths.status, clock);
  const inbox = new Inbox();
  const hands = realHands(request, run);
  const radar = watchRadar(request.repository, state, clock, (events) => inbox.post({ kind: 'noticed', events }));
  const known = new Set(run.requests);
  const observe = (entry: Entry): void => {
    if (entry.request !== undefined) known.add(entry.request);
    observer.entry(entry, state);
    hands.observe(entry);
    radar.observe(entry);
    status.publish(() => statusJson(viewRun(state, { now: clock.now() })));
  };
  const record = (events: readonly Event[]): void => {
    for (const entry of journal.append(events)) {
      apply(state, entry);
      observe(entry);
    }
  };
  const performer = new Performer(hands);
  const ends: (() => void)[] = [];
  try {
    if (run.resumed) await takeOver(request, run, former, hands, record);
    const limits = adaptiveLimits(state, clock, request.timeZone, () => inbox.post({ kind: 'woken' }), request.deadline);
    ends.push(
      () => limits.close(),
      watchPlanFiles(request.repository.worktree ?? request.repository.commonDir, state.orchestration, request.typed ?? state.orchestration.manifest, clock, (warning) => request.warn?.(warning)),
      request.onInterrupt((hard) => inbox.post({ kind: 'interrupted', hard })),
      await takeRequests(paths.inbox, clock, inbox, known, (failure) => request.warn?.(failure)),
    );
    return await new Engine({ state, journal, inbox, clock, performer, limits: limits.now, session: (node, attempt) => sessionOf(state, node, attempt), observe, ...(request.patienceMs !== undefined && { patienceMs: request.patienceMs }) }).run();
  } finally {
    for (const end of ends) end();
    // After an error of ours or of the disk, nothing that we started may go on by itself.
    await performer.stopAll();
    await radar.close();
    await hands.close();
    await learn(request.repository.commonDir, state);
    await status.flush();
    await observer.close();
    await rm(scratchRoot(request.temporary, paths), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The session that an agent will have, where it can be said before it starts: after a crash it is known all the same. */
function sessionOf(state: RunState, node: NodeId, attempt: number): string | undefined {
  return plannedSession(executionOf(state.settings, node).executor, { run: state.run, node: attemptName(state, node), attempt });
}

/** Ends what the dead process left running, compares the journal with git, and takes up settings that were changed meanwhile. */
async function takeOver(request: OrchestrateRequest, run: OpenedRun, former: ProcessIdentity | undefined, hands: RealHands, record: (events: readonly Event[]) => void): Promise<void> {
  const { state, journal } = run;
  await hands.endLeftovers();
  const branches = [...state.plans.values()].map(({ plan }) => plan.branch);
  await recoverRepository(request.repository, { run: state.run, branches, ...(former && { process: former }) });
  const waiting = await readInbox(run.paths.inbox, (id) => run.requests.includes(id));
  for (const failure of waiting.rejected) request.warn?.(failure);
  const marked = waiting.requests.flatMap(({ event }) => (event.kind === 'mark.requested' && event.as === 'completed' ? [event.node] : []));
  for await (const events of recover(state, hands, new Set(marked))) record(events);
  const { settings } = request.orchestration;
  if (JSON.stringify(settings) !== JSON.stringify(state.settings)) record([{ kind: 'settings.changed', settings }]);
  await journal.durable();
}

