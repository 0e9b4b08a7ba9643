/** The main job as both of its commands give it: load, show what will be or do it, watch it, say how it ended. */
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../base/clock.js';
import { err, ok, type Result } from '../base/result.js';
import { localTimeZone } from '../base/zoned-time.js';
import type { OrchestrateEnd } from '../engine/orchestrate.js';
import { withoutLocalVariables } from '../git/environment.js';
import type { Repository } from '../git/repository.js';
import type { Loaded } from '../manifest/load-orchestration.js';
import type { Failure } from '../model/failure.js';
import { eventsObserver } from '../status/events.js';
import { statusJson } from '../status/json.js';
import type { Observer } from '../status/observer.js';
import { plainObserver } from '../status/plain.js';
import { plainPaint, ansiPaint } from '../status/paint.js';
import { count } from '../status/printable.js';
import { commandWord, runCommand } from '../status/run-command.js';
import { nextSteps } from '../status/text.js';
import { viewRun } from '../status/view.js';
import { nodeState, type RunState } from '../state/run-state.js';
import type { Answer } from './command.js';
import { withRepository, type Context } from './context.js';
import { exit, exitOfOutcome } from './exit.js';
import { explainDiagnostic, explainWarning } from './explain.js';
import { findIdle } from './idle.js';
import { load, type LoadRequest } from './load.js';
import { packageFolder } from './package-folder.js';
import { noteRest, nothingToDo } from './rest.js';
import { tickFile } from './tick.js';
import { topOf } from './top.js';

/** What both commands pass on. */
export interface RunRequest extends LoadRequest {
  readonly dryRun: boolean;
  readonly fresh: boolean;
  readonly events: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  readonly tick?: boolean | undefined;
  /** Milliseconds since the epoch: nothing starts from then on. A time of day would mean the next day once it has come. */
  readonly deadline?: number | undefined;
  /** Other manifests wait for their turn: one that only waits for an agent's limit, longer than this, gives its turn up. */
  readonly patienceMs?: number;
  /** A night tells itself that it is over: this run says only when a person is needed. */
  readonly endIsTold?: boolean;
}

/** Runs the manifest or plan file to its end, or as far as it goes without a person. */
export async function runOrchestration(request: RunRequest, context: Context): Promise<Answer> {
  const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
    const loaded = await load({ ...request, toRun: true }, context, repository);
    if (!loaded.ok) return loaded;
    sayRemarks(loaded.value, context);
    if (request.dryRun) {
      const { dryRun } = await import('./dry-run.js');
      return ok(await dryRun(loaded.value, request.file, repository, context));
    }
    return perform(request, loaded.value, repository, context);
  });
  return answer.ok ? answer.value : { failures: answer.error };
}

/** Remarks that do not stop a run are said before it begins, on stderr, and not so many that they hide it. */
function sayRemarks({ diagnostics }: Loaded, { terminal }: Context): void {
  const said = diagnostics.filter(({ severity }) => severity !== 'info');
  for (const diagnostic of said.slice(0, mostRemarks)) {
    terminal.stderr.write(`${explainDiagnostic(diagnostic, { colours: terminal.errorColours, width: terminal.columns() })}\n`);
  }
  if (said.length > mostRemarks) terminal.stderr.write(`… and ${count(said.length - mostRemarks, 'more remark')}: \`plan check\` shows them all\n`);
}

const mostRemarks = 10;

async function perform(request: RunRequest, loaded: Loaded, repository: Repository, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const { terminal } = context;
  const idle = request.fresh ? undefined : await findIdle(repository.commonDir, loaded.orchestration);
  if (idle !== undefined) {
    // A kill between landing and ticking leaves that to do.
    const unticked = request.tick === true ? await tickLanded(idle.state(), await topOf(repository), request) : [];
    if (loaded.inputs !== undefined && loaded.diagnostics.every(({ severity }) => severity === 'info')) noteRest(request, context, [...loaded.inputs, ...idle.files, ...targetFiles(repository, loaded.orchestration.target)]);
    const answer = context.json ? answerOf({ outcome: 'idle', state: idle.state(), changed: false }, request, context) : { exit: exit.done, text: nothingToDo };
    return ok({ ...answer, failures: unticked });
  }
  const { orchestrate } = await import('../engine/orchestrate.js');
  const interrupt = new Interrupt(terminal.stderr, request.quiet || (terminal.live && !request.plain));
  const silence = terminal.onSignal((signal) => interrupt.came(signal));
  try {
    const ended = await orchestrate({
      repository,
      orchestration: loaded.orchestration,
      typed: request.file,
      graph: loaded.graph,
      clock: systemClock,
      environment: withoutLocalVariables(terminal.environment),
      temporary: tmpdir(),
      // Asked only where a limit has a time of day: finding it out takes longer than starting.
      get timeZone() {
        return localTimeZone();
      },
      templates: path.join(packageFolder(), 'templates'),
      observer: await withNotices(await observerFor(request, context, () => interrupt.words()), request, loaded, repository, context),
      fresh: request.fresh,
      ...(request.deadline === undefined ? {} : { deadline: request.deadline }),
      ...(request.patienceMs === undefined ? {} : { patienceMs: request.patienceMs }),
      warn: (warning) => terminal.stderr.write(`${explainWarning(warning, { colours: terminal.errorColours, width: terminal.columns() })}\n`),
      onInterrupt: (handler) => interrupt.subscribe(handler),
    });
    if (!ended.ok) return err(ended.error);
    const unticked = request.tick === true ? await tickLanded(ended.value.state, await topOf(repository), request) : [];
    const answer = answerOf(ended.value, request, context);
    return ok({ ...answer, failures: [...(answer.failures ?? []), ...unticked] });
  } finally {
    silence();
  }
}

/** Ctrl-C once lets what runs end; a second one, or a wish of the system, stops it. */
class Interrupt {
  readonly #stderr: NodeJS.WritableStream;
  readonly #silent: boolean;
  #handler: ((hard: boolean) => void) | undefined;
  #state: 'none' | 'soft' | 'hard' = 'none';
  #begun = false;

  constructor(stderr: NodeJS.WritableStream, silent: boolean) {
    this.#stderr = stderr;
    this.#silent = silent;
  }

  subscribe(handler: (hard: boolean) => void): () => void {
    this.#handler = handler;
    this.#begun = true;
    // One that came while the run was being opened is not lost.
    if (this.#state !== 'none') handler(this.#state === 'hard');
    return () => (this.#handler = undefined);
  }

  came(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
    const hard = signal !== 'SIGINT' || this.#state !== 'none';
    this.#state = hard ? 'hard' : 'soft';
    if (!this.#silent) for (const line of this.words()) this.#stderr.write(`${line}\n`);
    // Before anything runs there is nothing to end, and what opens a run may wait for a disk that never answers.
    if (hard && !this.#begun) process.exit(exit.interrupted);
    this.#handler?.(hard);
  }

  words(): readonly string[] {
    if (this.#state === 'none') return [];
    return [this.#state === 'soft' ? 'stopping: nothing new starts, what runs may end; Ctrl-C again stops it' : 'stopping: what runs is ended, its work is kept'];
  }
}

async function observerFor(request: RunRequest, context: Context, footer: () => readonly string[]): Promise<Observer> {
  const { terminal, json, paint } = context;
  if (request.events) return eventsObserver(terminal.stdout, systemClock);
  if (request.quiet) return silent;
  if (json) return plainObserver(terminal.stderr, terminal.errorColours ? ansiPaint : plainPaint);
  if (!terminal.live || request.plain) return plainObserver(terminal.stdout, paint);
  const { liveObserver } = await import('../status/live.js');
  const screen = { stdout: terminal.stdout as NodeJS.WriteStream, stderr: terminal.stderr as NodeJS.WriteStream, columns: () => terminal.columns(), rows: () => terminal.rows() };
  return liveObserver(screen, systemClock, paint, { footer, goOn: runCommand(request.file) });
}

/** Beside those who watch, whoever the manifest wants to be told. */
async function withNotices(observer: Observer, { endIsTold = false }: RunRequest, { notify }: Loaded, repository: Repository, { terminal }: Context): Promise<Observer> {
  if (notify === undefined) return observer;
  const { noticesObserver, observers } = await import('./notices.js');
  const tools = { clock: systemClock, fetch, platform: process.platform, folder: repository.worktree ?? repository.commonDir, environment: withoutLocalVariables(terminal.environment) };
  const problem = (sentence: string): void => void terminal.stderr.write(`${sentence}\n`);
  return observers([observer, noticesObserver({ settings: notify, tools, clock: systemClock, endIsTold, problem })]);
}

/** Where a branch may stand. */
function targetFiles({ commonDir }: Repository, target: string): readonly string[] {
  return [path.join(commonDir, 'refs', 'heads', target), path.join(commonDir, 'packed-refs')];
}

const silent: Observer = { entry: () => undefined, progress: () => undefined, close: () => Promise.resolve() };

function answerOf({ outcome, state, changed }: OrchestrateEnd, request: RunRequest, context: Context): Answer {
  const view = viewRun(state, { now: systemClock.now(), live: false, goOn: runCommand(request.file) });
  if (changed) {
    const words = { severity: 'warning', code: 'structure-changed', message: 'the manifest or its plans were changed since this run began; it went on with what it began with', file: request.file, line: 1, column: 1, hint: `plan replan ${commandWord(request.file)}` } as const;
    context.terminal.stderr.write(`${explainDiagnostic(words, { colours: context.terminal.errorColours, width: context.terminal.columns() })}\n`);
  }
  const json = request.events ? {} : { json: { ...statusJson(view), ended: outcome, changed } };
  if (outcome === 'idle') return { exit: exit.done, ...json, text: nothingToDo };
  const code = exitOfOutcome(outcome);
  // The live list shows the next steps itself.
  const shown = request.events || (context.terminal.live && !request.plain && !request.quiet);
  const steps = shown ? [] : nextSteps(view).map((step) => `→ ${step}`);
  return { exit: code, ...json, ...(steps.length > 0 ? { text: steps.join('\n') } : {}) };
}

/** Ticks what is in the target and done by this run in the plan files as they stand in the user's worktree. */
async function tickLanded(state: RunState, top: string, request: RunRequest): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const { plan, landed } of state.plans.values()) {
    if (!landed && !state.landing.landed.has(plan.id)) continue;
    const tasks = plan.phases.flatMap((phase) => phase.tasks).filter((task) => nodeState(state, task.id)?.stage === 'committed');
    const named = tasks.map(({ id, title }) => ({ id: id.slice(plan.id.length + 1), title }));
    if (named.length > 0) failures.push(...(await tickFile(path.join(top, plan.file), named, { format: plan.format, tag: request.tag })));
  }
  return failures;
}
