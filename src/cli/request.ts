/** Wishes of a person for a run: dropped into its inbox, taken up at once by a live run, at the next start by one that is stopped. */
import { systemClock } from '../base/clock.js';
import { err, ok, type Result } from '../base/result.js';
import { dropRequest, isWaiting } from '../journal/inbox.js';
import type { RequestedEvent } from '../journal/request.js';
import type { Failure } from '../model/failure.js';
import type { NodeId, PlanId } from '../model/ids.js';
import { nodeState, type RunState } from '../state/run-state.js';
import { listed } from '../status/words.js';
import type { Answer } from './command.js';
import { withRepository, type Context } from './context.js';
import { goOnCommand } from './go-on.js';
import { liveProcess } from './live-run.js';
import { unknownNode, unknownPlan } from './nodes.js';
import { requireRun } from './runs.js';
import { usageFailure } from './usage.js';

/** A live run takes a request up within this time, or is busy. */
const patienceMs = 3000;
const pollMs = 50;

/** What a command makes of a run: the request, what it means in words (`retries A.2.3`), and what a person may not expect of it. */
export type MakeRequest = (state: RunState) => Result<{ readonly event: RequestedEvent; readonly words: string; readonly note?: string }, readonly Failure[]>;

/** Drops the request that `make` gives for the run that is meant, and says what became of it. */
export async function request(named: string | undefined, make: MakeRequest, context: Context): Promise<Answer> {
  const answer = await withRepository(context, async ({ commonDir }): Promise<Result<Answer, readonly Failure[]>> => {
    const run = await requireRun(commonDir, named);
    if (!run.ok) return run;
    const { state, paths } = run.value;
    const made = make(state);
    if (!made.ok) return made;
    const { event, words, note } = made.value;
    const pid = await liveProcess(commonDir, state.orchestration.manifest);
    const id = await dropRequest(paths.inbox, event, systemClock);
    const taken = pid !== undefined && (await takenUp(paths.inbox, id));
    const said =
      pid === undefined
        ? `${words}: taken up when the run goes on: ${await goOnCommand(commonDir, state.orchestration.manifest, context)}`
        : taken
          ? `${words}: taken up by the running process ${pid}`
          : `${words}: dropped for the running process ${pid}, which has not taken it up yet`;
    return ok({ json: { run: state.run, request: event, live: pid !== undefined, taken, ...(note === undefined ? {} : { note }) }, text: note === undefined ? said : `${said}\n${note}` });
  });
  return answer.ok ? answer.value : { failures: answer.error };
}

async function takenUp(inbox: string, id: string): Promise<boolean> {
  for (let left = patienceMs; left > 0; left -= pollMs) {
    if (!(await isWaiting(inbox, id))) return true;
    await new Promise<void>((resolve) => systemClock.after(pollMs, resolve));
  }
  return false;
}

/** The tasks and verifies that these words mean: ids, or whole plans and phases for all of theirs that `counts` accepts. */
export function nodesOf(state: RunState, words: readonly string[], counts: (id: NodeId) => boolean): Result<readonly NodeId[], readonly Failure[]> {
  const found = new Set<NodeId>();
  const failures: Failure[] = [];
  for (const word of words) {
    const node = nodeState(state, word)?.node;
    if (node === undefined) failures.push(unknownNode(word, state));
    else if (node.kind === 'task' || node.kind === 'verify') found.add(node.id);
    else for (const other of state.nodes) if (inside(other.node, node) && counts(other.node.id)) found.add(other.node.id);
  }
  if (failures.length > 0) return err(failures);
  return found.size === 0 ? err([usageFailure('nothing-to-do', `nothing of ${words.map((word) => `\`${word}\``).join(', ')} is in that state`, 'see `plan status --tasks`')]) : ok([...found]);
}

interface Placed {
  readonly plan: PlanId;
  readonly phase?: string;
  readonly kind: string;
}

function inside(node: Placed, whole: Placed): boolean {
  const isWork = node.kind === 'task' || node.kind === 'verify';
  return isWork && node.plan === whole.plan && (whole.kind === 'plan' || whole.kind === 'start' || node.phase === whole.phase);
}

/** `pause` and `resume` are one request with two words: for the plans that are named, or for the whole run. */
export function pauseOrResume(what: 'pause' | 'resume', given: { readonly run: string | undefined; readonly words: readonly string[] }, context: Context): Promise<Answer> {
  return request(
    given.run,
    (state) => {
      const plans = plansOf(state, given.words);
      if (!plans.ok) return plans;
      const words = `${what} ${plans.value === undefined ? 'the whole run' : listed(plans.value, 6)}`;
      return ok({ event: { kind: `${what}.requested`, ...(plans.value === undefined ? {} : { plans: plans.value }) }, words });
    },
    context,
  );
}

/** The plans that these words name; undefined for none: the whole run. */
export function plansOf(state: RunState, words: readonly string[]): Result<readonly PlanId[] | undefined, readonly Failure[]> {
  const unknown = words.filter((word) => !state.plans.has(word));
  if (unknown.length > 0) return err(unknown.map((word) => unknownPlan(word, state)));
  return ok(words.length === 0 ? undefined : words);
}
