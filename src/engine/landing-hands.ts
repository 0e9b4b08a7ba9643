/** The landing queue's decisions, carried out on a real repository. */
import { unreachable } from '../base/assert.js';
import type { Repository } from '../git/repository.js';
import { advanceTarget } from '../landing/advance-target.js';
import { prepareLanding, type SettleConflict } from '../landing/prepare-landing.js';
import type { LandingSubject } from '../landing/landing-step.js';
import type { Proposal } from '../landing/pull-requests.js';
import type { Event } from '../model/event.js';
import type { CommitId, PlanId } from '../model/ids.js';
import type { LandingDecision } from '../scheduler/landing-decision.js';
import type { Advance } from '../state/landing-state.js';
import { lastAttempt, type RunState } from '../state/run-state.js';
import type { LandingHands } from './hands.js';
import { requirePlan } from './run-view.js';

type Of<K extends LandingDecision['kind']> = Extract<LandingDecision, { kind: K }>;

/** What landing needs besides git. */
export interface LandingTools {
  readonly repository: Repository;
  readonly state: RunState;
  /** Runs the verify command on a candidate in a scratch worktree; `stop` ends it early. */
  readonly verify: (wanted: Of<'verify-landing'>, stop: AbortSignal) => Promise<readonly Event[]>;
  /** Settles a conflict as the policy says; absent: a person has to. */
  readonly settle: () => Promise<SettleConflict | undefined>;
  /** Ends an agent that settles a conflict now. */
  readonly stopSettling: () => void;
  /** Pushes branches and opens pull requests. */
  readonly propose: (wanted: Of<'propose'>) => Promise<readonly Event[]>;
}

export function createLandingHands(tools: LandingTools): LandingHands {
  const { repository, state } = tools;
  const verifying = new Map<CommitId, AbortController>();
  let stopped = false;
  return {
    perform(decision) {
      switch (decision.kind) {
        case 'prepare-landing':
          // A conflict that nobody had the time to settle is none that waits for a person: the next run builds the chain again.
          return prepare(tools, decision).then((events) => (stopped && events.some((event) => event.kind === 'landing.conflicted') ? [] : events));
        case 'verify-landing':
          return verify(tools, decision, verifying);
        case 'abandon-verify':
          verifying.get(decision.commit)?.abort();
          return Promise.resolve([]);
        case 'drop':
          return Promise.resolve([{ kind: 'landing.dropped', plan: decision.plan, reason: decision.reason, ...(decision.head !== undefined && { head: decision.head }) }]);
        case 'advance-target':
          return advance(repository, state, decision);
        case 'propose':
          return tools.propose(decision);
        default:
          return unreachable(decision);
      }
    },
    recover: (pending) => advance(repository, state, pending),
    cancelAll() {
      stopped = true;
      for (const running of verifying.values()) running.abort();
      tools.stopSettling();
    },
  };
}

async function prepare({ repository, state, settle }: LandingTools, { plans, heads, onto, keep }: Of<'prepare-landing'>): Promise<readonly Event[]> {
  const { landing } = state.settings;
  const subjects = plans.map((plan, index) => subjectOf(state, plan, heads[index] as CommitId));
  const landed = [...state.landing.landed].flatMap(([plan, head]) => (head === null ? [] : [{ plan, head }]));
  return prepareLanding(
    repository,
    {
      run: state.run,
      target: state.orchestration.target,
      onto,
      plans: subjects,
      keep,
      strategy: landing.strategy,
      skipConflicts: landing.onConflict === 'skip',
      ...(landing.message !== undefined && { message: landing.message }),
      hooks: state.settings.commit.hooks,
      landed,
    },
    await settle(),
  );
}

/** What a landing says of a plan. */
export function subjectOf(state: RunState, plan: PlanId, head: CommitId): LandingSubject {
  const found = requirePlan(state, plan);
  const { branch, title, goal } = found.plan;
  return { plan, head, branch, title, goal, restsOn: found.restsOn, commits: commitsOf(state, plan) };
}

/** The commits that the plan's tasks ended with; of those only that changed something. */
export function commitsOf(state: RunState, plan: PlanId): readonly CommitId[] {
  return requirePlan(state, plan).plan.phases.flatMap((phase) =>
    phase.tasks.flatMap(({ id }) => {
      const node = state.nodes[state.graph.indexOf.get(id) ?? -1];
      return node?.commit !== undefined && lastAttempt(node)?.changed === true ? [node.commit] : [];
    }),
  );
}

/** What a pull request says of a plan. */
export function proposalOf(state: RunState, plan: PlanId, head: CommitId): Proposal {
  const { phases } = requirePlan(state, plan).plan;
  return { ...subjectOf(state, plan, head), tasks: phases.flatMap((phase) => phase.tasks.map((task) => task.title)) };
}

async function verify(tools: LandingTools, wanted: Of<'verify-landing'>, verifying: Map<CommitId, AbortController>): Promise<readonly Event[]> {
  const { commit } = wanted;
  const stop = new AbortController();
  verifying.set(commit, stop);
  try {
    return await tools.verify(wanted, stop.signal);
  } finally {
    verifying.delete(commit);
  }
}

function advance(repository: Repository, state: RunState, { plans, from, to }: Advance): Promise<readonly Event[]> {
  return advanceTarget(repository, { target: state.orchestration.target, plans, from, to, push: state.settings.landing.push });
}
