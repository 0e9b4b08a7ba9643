/** Finds the run that a manifest means — one to go on with, or a new one — and opens it for writing. */
import type { Clock } from '../base/clock.js';
import { assert } from '../base/assert.js';
import { err, ok, type Result } from '../base/result.js';
import { buildGraph } from '../graph/build-graph.js';
import type { Graph } from '../graph/graph.js';
import type { Repository } from '../git/repository.js';
import { preflight, resolveTarget } from '../git/preflight.js';
import { backupRefs } from '../git/refs.js';
import { openJournal, type Journal } from '../journal/append.js';
import { createRun, findRuns, runPaths, type RunPaths } from '../journal/layout.js';
import type { Event } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import type { Orchestration } from '../model/orchestration.js';
import { apply, emptyState } from '../state/apply.js';
import { foldRun } from '../state/fold-run.js';
import type { RunState } from '../state/run-state.js';
import { claimedBranches } from './claims.js';
import { orderToFollow } from './plan-ahead.js';

/** A run that this process may write. */
export interface OpenedRun {
  readonly paths: RunPaths;
  readonly journal: Journal;
  readonly state: RunState;
  /** It was begun by an earlier process and has to be compared with git first. */
  readonly resumed: boolean;
  /** Everything has landed and nothing has changed since: there is nothing to do. */
  readonly idle: boolean;
  /** The manifest or its plans say something else than when the run began; that waits for `plan replan`. */
  readonly changed: boolean;
  /** Ids of requests that were taken up already. */
  readonly requests: readonly string[];
}

/** What opening needs to know. */
export interface OpenRequest {
  readonly repository: Repository;
  readonly orchestration: Orchestration;
  readonly graph: Graph;
  readonly clock: Clock;
  /** Start over, whatever there is. */
  readonly fresh: boolean;
  /** Told what a person should know and nothing stops for. */
  readonly warn?: (warning: Failure) => void;
}

/** Opens the newest run of the manifest, or begins a new one. The caller holds the manifest's lock. */
export async function openRun(request: OpenRequest): Promise<Result<OpenedRun, readonly Failure[]>> {
  const { repository, orchestration, fresh } = request;
  const runs = fresh ? [] : await findRuns(repository.commonDir, orchestration.manifest);
  for (const run of runs) {
    const opened = await reopen(request, runPaths(repository.commonDir, run));
    if (!opened.ok) return err([opened.error]);
    // A run that was killed before its first entry reached the disk never was.
    if (opened.value !== undefined) return ok(opened.value);
  }
  return begin(request);
}

async function reopen({ orchestration, clock }: OpenRequest, paths: RunPaths): Promise<Result<OpenedRun | undefined, Failure>> {
  const opened = await openJournal(paths.journal, clock);
  if (!opened.ok) return opened;
  const { journal, entries } = opened.value;
  if (entries.length === 0) {
    await journal.close();
    return ok(undefined);
  }
  const state = foldRun(entries, requireGraph, orderToFollow);
  assert(state !== undefined, 'a journal begins with run.started');
  const changed = state.orchestration.digest !== orchestration.digest;
  const idle = (state.finished === 'landed' || (state.finished === 'complete' && state.settings.landing.mode === 'manual')) && !changed;
  const requests = entries.flatMap(({ request }) => request ?? []);
  return ok({ paths, journal, state, resumed: true, idle, changed, requests });
}

async function begin(request: OpenRequest): Promise<Result<OpenedRun, readonly Failure[]>> {
  const { repository, orchestration, graph, clock } = request;
  const target = await resolveTarget(repository, orchestration.target);
  if (!target.ok) return err([target.error]);
  const branches = Object.fromEntries(orchestration.plans.map((plan) => [plan.id, plan.branch]));
  const looked = await preflight(repository, { target: target.value, branches });
  const failures = [...looked.failures.map(({ failure }) => failure), ...(await claimedBranches(repository.commonDir, orchestration.manifest, orchestration.plans))];
  if (failures.length > 0) return err(failures);
  for (const warning of looked.warnings) request.warn?.(warning);
  const { ref, commit, local } = target.value;
  const refs = await backupRefs(repository, [...(local ? [ref] : []), ...orchestration.plans.map((plan) => `refs/heads/${plan.branch}`)]);
  const paths = await createRun(repository.commonDir, orchestration.manifest);
  const opened = await openJournal(paths.journal, clock);
  if (!opened.ok) return err([opened.error]);
  const { journal } = opened.value;
  const state = emptyState(orchestration, graph, { buildGraph: requireGraph, ...orderToFollow(orchestration, graph) });
  const started: Event = { kind: 'run.started', run: paths.run, orchestration, target: { ref, commit }, refs };
  for (const entry of journal.append([started])) apply(state, entry);
  await journal.durable();
  return ok({ paths, journal, state, resumed: false, idle: false, changed: false, requests: [] });
}

/** The graph of an orchestration that was proved sound when it was read. */
export function requireGraph(orchestration: Orchestration): Graph {
  const graph = buildGraph(orchestration);
  assert(graph.ok, 'an orchestration that was resolved has no cycle');
  return graph.value;
}
