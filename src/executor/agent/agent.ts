/** The executor for coding agents: one attempt is one run of the agent, or a few where a session is gone or another agent steps in. */
import { assert } from '../../base/assert.js';
import type { AttemptOutcome, AttemptReason } from '../../model/event.js';
import { parseContentFiles } from '../content-files.js';
import type { AttemptRequest, Executor, Progress, RunningAttempt } from '../executor.js';
import { noteOf } from '../note.js';
import { verdictRequest } from '../prompt.js';
import { writeContentFiles } from '../write-files.js';
import type { AgentRunEnd, AgentTools } from './agent-run.js';
import { AgentRun } from './agent-run.js';
import type { FoundAgent } from './find-adapter.js';
import { findAgent } from './find-adapter.js';
import { ownSession, sessionName } from './session-name.js';
import { addUsage } from './signal.js';
import type { Verdict } from './verdict.js';

/** Makes the executor for all agents. It remembers which of them are at their limit, so that a fallback is taken at once. */
export function agentExecutor(tools: AgentTools): Executor {
  const limits = new Map<string, number>();
  return {
    begin(request, report): RunningAttempt {
      const attempt = new AgentAttempt(request, tools, report, limits);
      return { finished: attempt.finished, cancel: (reason) => attempt.cancel(reason) };
    },
  };
}

class AgentAttempt {
  readonly finished: Promise<AttemptOutcome>;
  readonly #request: AttemptRequest;
  readonly #tools: AgentTools;
  readonly #report: (progress: Progress) => void;
  readonly #limits: Map<string, number>;
  #run: AgentRun | undefined;
  #turn = 0;
  #cancelled: AttemptReason | undefined;

  constructor(request: AttemptRequest, tools: AgentTools, report: (progress: Progress) => void, limits: Map<string, number>) {
    this.#request = request;
    this.#tools = tools;
    this.#report = report;
    this.#limits = limits;
    this.finished = this.#carryOut();
  }

  cancel(reason: AttemptReason): void {
    this.#cancelled ??= reason;
    this.#run?.cancel(reason);
  }

  async #carryOut(): Promise<AttemptOutcome> {
    const settings = this.#request.execution.executor;
    assert(settings.kind === 'agent', `an agent was asked to carry out a task for the executor ${settings.kind}`);
    const main = findAgent(settings.agent, settings.options);
    if (!main.ok) return { result: 'failed', reason: 'start', note: main.error };
    const spare = settings.fallback === undefined ? undefined : findAgent(settings.fallback, main.value.options.fallbackOptions ?? {});
    if (spare?.ok === false) return { result: 'failed', reason: 'start', note: spare.error };
    const limitedUntil = this.#limits.get(main.value.adapter.name) ?? 0;
    if (spare !== undefined && limitedUntil > this.#tools.clock.now()) {
      const { outcome } = await this.#runAgent(spare.value, true, false);
      return outcome.limitedUntil === undefined ? outcome : { ...outcome, limitedUntil: Math.min(outcome.limitedUntil, limitedUntil), limitedPool: main.value.adapter.name };
    }
    const first = await this.#runAgent(main.value, false, false);
    this.#rememberLimit(first);
    if (spare === undefined || !stepsIn(first, main.value)) return first.outcome;
    const second = await this.#runAgent(spare.value, true, true);
    return joined(first.outcome, second.outcome);
  }

  #rememberLimit(end: Verdict): void {
    const { limitedPool, limitedUntil } = end.outcome;
    if (limitedPool !== undefined && limitedUntil !== undefined) this.#limits.set(limitedPool, limitedUntil);
  }

  /** One agent; a session that it does not know (any more) is begun anew, once. */
  async #runAgent(agent: FoundAgent, isFallback: boolean, takesOver: boolean): Promise<AgentRunEnd> {
    // The name that this very attempt was given beforehand is no session yet: an agent that is told to go on with it refuses.
    const planned = this.#request.session === sessionName(this.#request) ? undefined : this.#request.session;
    const resume = ownSession(agent.adapter.name, planned, isFallback);
    const first = await this.#runOnce(agent, isFallback, takesOver, resume);
    if (resume === undefined || first.trouble?.cause !== 'session') return first;
    return this.#runOnce(agent, isFallback, takesOver, undefined);
  }

  async #runOnce(agent: FoundAgent, isFallback: boolean, takesOver: boolean, resume: string | undefined): Promise<AgentRunEnd> {
    const settings = this.#request.execution.executor;
    assert(settings.kind === 'agent', 'checked before');
    const turn = this.#turn++;
    // The scratch folder of the turn before is being removed; the next one gets its own under the same name.
    if (turn > 0) await this.#tools.cleanedUp();
    const prompt = takesOver ? `${this.#request.prompt}\n\n${takeOverNote}\n` : this.#request.prompt;
    const model = isFallback ? agent.options.model : (settings.model ?? agent.options.model);
    this.#run = new AgentRun(
      {
        ...agent,
        attempt: { ...this.#request, prompt },
        ...(model === undefined ? {} : { model }),
        ...(settings.maxTurns === undefined ? {} : { maxTurns: settings.maxTurns }),
        ...(settings.budget === undefined ? {} : { budget: settings.budget }),
        newSession: sessionName(this.#request, turn),
        ...(resume === undefined ? {} : { resume }),
        readOnly: settings.returns === 'files',
        isFallback,
      },
      this.#tools,
      this.#report,
    );
    if (this.#cancelled !== undefined) this.#run.cancel(this.#cancelled);
    const end = judgedByVerdict(await this.#run.ended, prompt);
    return settings.returns === 'files' && end.outcome.result === 'passed' ? this.#writeFiles(end) : end;
  }

  /** An agent that returns content has written nothing so far: all of its files are written now, or none. */
  async #writeFiles(end: AgentRunEnd): Promise<AgentRunEnd> {
    const { worktree } = this.#request;
    const files = parseContentFiles(end.answer);
    const written = files.ok ? await writeContentFiles(worktree, files.value) : files;
    if (written.ok) return end;
    const note = noteOf(written.error, this.#tools.maskFor(this.#request));
    return { ...end, outcome: { ...end.outcome, result: 'failed', reason: 'bad-output', note } };
  }
}

const takeOverNote = 'Another agent began with this task and could not go on. Look at what stands in the working tree before you continue.';

/** Where the prompt asks for a verdict, the agent's last line is one, or the check came to no end. */
function judgedByVerdict(end: AgentRunEnd, prompt: string): AgentRunEnd {
  if (end.outcome.result !== 'passed' || !prompt.includes(verdictRequest)) return end;
  const last = end.answer.trimEnd().split('\n').at(-1) ?? '';
  const verdict = /^[*`_\s]*VERDICT:[*`_\s]*(PASS|FAIL)(?:ED)?\b/i.exec(last)?.[1]?.toUpperCase();
  if (verdict === 'PASS') return end;
  if (verdict === 'FAIL') return { ...end, outcome: { ...end.outcome, result: 'failed', reason: 'executor' } };
  return { ...end, outcome: { ...end.outcome, result: 'failed', reason: 'bad-output', note: 'it gave no verdict in its last line' } };
}

/** True when the policy lets the fallback agent take over after this end. */
function stepsIn(end: AgentRunEnd, agent: FoundAgent): boolean {
  if (end.outcome.result !== 'failed') return false;
  const wanted = agent.options.fallbackOn ?? ['limit', 'start'];
  const cause = end.notStarted ? 'start' : end.trouble?.cause === 'turns' ? 'budget' : end.trouble?.cause;
  return (wanted as readonly (string | undefined)[]).includes(cause);
}

/** Both agents' use is counted. Where both are at their limit the task's own pool waits for whichever comes back first. */
function joined(first: AttemptOutcome, second: AttemptOutcome): AttemptOutcome {
  const usage = first.usage === undefined && second.usage === undefined ? undefined : addUsage(first.usage ?? {}, second.usage ?? {});
  const both = first.limitedUntil !== undefined && second.limitedUntil !== undefined;
  const limit = both ? { limitedUntil: Math.min(first.limitedUntil, second.limitedUntil), ...(first.limitedPool === undefined ? {} : { limitedPool: first.limitedPool }) } : {};
  return { ...second, ...(usage === undefined ? {} : { usage }), ...limit };
}
