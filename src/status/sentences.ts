/** Facts as sentences: what happened, to whom, in words. Plain output and the story of a run are made of them. */
import { unreachable } from '../base/assert.js';
import type { AttemptEvent, Entry, PlanEvent, RequestEvent, RunEvent } from '../model/event.js';
import type { LandingEvent } from '../model/landing-event.js';
import type { NodeId } from '../model/ids.js';
import { nodeState, type RunState } from '../state/run-state.js';
import { count, duration, printable } from './printable.js';
import { listed, outcomeHeadline, outcomeWords, reasonWords } from './words.js';
import { titleOf } from './view.js';
import { shortRef } from './text.js';

/** One fact in words. */
export interface Sentence {
  /** What it is about: a node, a plan, `landing`, or the run itself (''). */
  readonly subject: string;
  readonly words: string;
  readonly tone: 'quiet' | 'plain' | 'good' | 'warning' | 'bad';
  /** True where a reader who follows along need not see it: what it announces is told by what follows. */
  readonly minor: boolean;
}

/** An event in words, without whom it is about. */
export function sentenceWords(event: Entry['event'], state: RunState): string {
  const { subject, words } = sentenceOf({ seq: state.entries, at: state.at, event }, state);
  return subject === '' || subject === 'landing' ? words : `${subject}: ${words}`;
}

/** The sentence for an entry; `state` already contains it. */
export function sentenceOf(entry: Entry, state: RunState): Sentence {
  const { event } = entry;
  switch (event.kind) {
    case 'run.started':
    case 'run.resumed':
    case 'settings.changed':
    case 'run.replanned':
    case 'run.finished':
      return runSentence(event, state);
    case 'attempt.started':
    case 'attempt.finished':
    case 'commit.prepared':
    case 'task.committed':
    case 'commit.rejected':
    case 'work.salvaged':
    case 'pool.limited':
    case 'overlap.foreseen':
    case 'overlap.cleared':
      return attemptSentence(event, state, entry.at);
    case 'retry.requested':
    case 'skip.requested':
    case 'mark.requested':
    case 'cancel.requested':
    case 'pause.requested':
    case 'resume.requested':
    case 'takeover.requested':
      return requestSentence(event);
    case 'plan.opening':
    case 'plan.opened':
    case 'plan.refused':
    case 'plan.integrating':
    case 'plan.integrated':
    case 'plan.conflicted':
    case 'plan.advanced':
    case 'phase.published':
    case 'phase.reopened':
    case 'plan.completed':
      return planSentence(event);
    default:
      return landingSentence(event, state);
  }
}

function say(subject: string, words: string, tone: Sentence['tone'] = 'plain', minor = false): Sentence {
  return { subject, words, tone, minor };
}

/** A commit as people quote it. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 10);
}

function runSentence(event: RunEvent, state: RunState): Sentence {
  switch (event.kind) {
    case 'run.started': {
      const plans = count(event.orchestration.plans.length, 'plan');
      return say('', `run ${event.run}: ${plans}, ${count(state.counters.tasks, 'task')}, into ${shortRef(event.target.ref)} at ${shortCommit(event.target.commit)}`);
    }
    case 'run.resumed':
      return say('', `goes on: ${state.counters.done} of ${count(state.counters.tasks, 'task')} done`);
    case 'settings.changed':
      return say('', 'settings were read anew', 'quiet');
    case 'run.replanned':
      return say('', `plans were taken up anew: ${count(state.counters.tasks, 'task')}, ${state.counters.done} done`, 'warning');
    case 'run.finished': {
      const good = event.outcome === 'landed' || event.outcome === 'complete';
      const words = `${outcomeHeadline(event.outcome, state.counters.failed)} after ${duration(state.at - state.startedAt)}: ${state.counters.done} of ${count(state.counters.tasks, 'task')} done`;
      return say('', state.counters.failed > 0 ? `${words}, ${state.counters.failed} failed` : words, good ? 'good' : event.outcome === 'failed' ? 'bad' : 'warning');
    }
    default:
      return unreachable(event);
  }
}

function planSentence(event: PlanEvent): Sentence {
  switch (event.kind) {
    case 'plan.opening':
      return say(event.plan, 'makes its branch', 'quiet', true);
    case 'plan.opened': {
      const inputs = event.inputs.length === 0 ? '' : `, on top of ${listed(event.inputs)}`;
      return say(event.plan, `${event.adopted ? 'goes on on the branch that is there,' : 'branch made'} at ${shortCommit(event.tip)}${inputs}`, 'quiet');
    }
    case 'plan.refused':
      return say(event.plan, `cannot go on: ${printable(event.failure.message)}${event.failure.hint === undefined ? '' : ` (${printable(event.failure.hint)})`}`, 'bad');
    case 'plan.integrating':
      return say(event.plan, `merges ${listed(event.inputs)} in`, 'quiet', true);
    case 'plan.integrated':
      return say(event.plan, `merged ${listed(event.inputs)} in`, 'quiet');
    case 'plan.conflicted':
      return say(event.plan, `${event.input} does not merge into its branch: ${listed(event.files, 5)}`, 'bad');
    case 'plan.advanced':
      return say(event.plan, `somebody moved its branch forward to ${shortCommit(event.tip)}; their commits are kept`, 'warning');
    case 'phase.published':
      return say(`${event.plan}.phase${event.phase}`, `published at ${shortCommit(event.commit)}${event.generation > 1 ? `, generation ${event.generation}` : ''}`, 'good');
    case 'phase.reopened':
      return say(`${event.plan}.phase${event.phase}`, 'is worked on again; what was built on it is stale', 'warning');
    case 'plan.completed':
      return say(event.plan, `complete at ${shortCommit(event.commit)}`, 'good');
    default:
      return unreachable(event);
  }
}

function attemptSentence(event: AttemptEvent, state: RunState, at: number): Sentence {
  switch (event.kind) {
    case 'attempt.started':
      return say(event.node, `started${event.attempt > 1 ? ` again (attempt ${event.attempt})` : ''}: ${titleWords(event.node, state)}`);
    case 'attempt.finished': {
      const { outcome } = event;
      const words = `${outcomeWords(outcome)} after ${spanOf(event.node, event.attempt, state, at)}${outcome.note === undefined || outcome.note === '' ? '' : `: ${printable(outcome.note)}`}`;
      if (outcome.result === 'passed') return say(event.node, words, 'good', nodeState(state, event.node)?.node.kind === 'task');
      return say(event.node, words, outcome.result === 'failed' ? 'bad' : 'warning');
    }
    case 'commit.prepared':
      return say(event.node, `its commit ${shortCommit(event.to)} is made`, 'quiet', true);
    case 'task.committed': {
      const span = spanOf(event.node, event.attempt, state, at);
      return say(event.node, event.changed ? `done in ${span}, committed as ${shortCommit(event.tip)}` : `done in ${span}, nothing to commit`, 'good');
    }
    case 'commit.rejected': {
      const files = event.files.length === 0 ? '' : `: ${listed(event.files, 5)}`;
      return say(event.node, `not committed, ${reasonWords(event.reason)}${files}${event.note === undefined ? '' : ` (${printable(event.note)})`}`, 'warning');
    }
    case 'work.salvaged':
      return say(event.node, `its work is kept at ${printable(event.ref)}`, 'warning');
    case 'pool.limited':
      return say(event.pool, `is limited for ${duration(event.until - at)}`, 'warning');
    case 'overlap.foreseen':
      return say(event.plans.join(' and '), `will not merge as they stand: ${listed(event.files, 5)}`, 'warning');
    case 'overlap.cleared':
      return say(event.plans.join(' and '), 'stand in each other’s way no more', 'quiet');
    default:
      return unreachable(event);
  }
}

function titleWords(node: NodeId, state: RunState): string {
  const found = nodeState(state, node);
  return found === undefined ? '' : printable(titleOf(state, found));
}

function spanOf(node: NodeId, attempt: number, state: RunState, at: number): string {
  const started = nodeState(state, node)?.attempts.find((one) => one.number === attempt);
  return started === undefined ? '?' : duration((started.endedAt ?? at) - started.startedAt);
}

function requestSentence(event: RequestEvent): Sentence {
  const note = 'note' in event && event.note !== undefined && event.note !== '' ? ` (${printable(event.note)})` : '';
  switch (event.kind) {
    case 'retry.requested':
      return say('', `somebody asked to retry ${listed(event.nodes)}`);
    case 'skip.requested':
      return say('', `somebody asked to skip ${listed(event.nodes)}${note}`);
    case 'mark.requested':
      return say(event.node, `marked ${event.as} by hand${note}`);
    case 'cancel.requested':
      return say('', `somebody asked to cancel ${listed(event.nodes)}`);
    case 'pause.requested':
      return say('', event.plans === undefined ? 'somebody paused the run' : `somebody paused ${listed(event.plans)}`, 'warning');
    case 'resume.requested':
      return say('', event.plans === undefined ? 'somebody resumed the run' : `somebody resumed ${listed(event.plans)}`);
    case 'takeover.requested':
      return say(event.plan, event.on ? 'taken over by hand' : 'given back');
    default:
      return unreachable(event);
  }
}

function landingSentence(event: LandingEvent, state: RunState): Sentence {
  const target = shortRef(state.target.ref);
  switch (event.kind) {
    case 'landing.preparing':
      return say('landing', `merges ${listed(event.plans, 8)} in memory`, 'quiet', true);
    case 'landing.prepared':
      return say('landing', event.chain.length === 0 ? 'nothing could be merged' : `${listed(event.chain.map(({ plan }) => plan), 8)} merged in memory`, 'quiet');
    case 'landing.conflicted':
      return say(event.plan, `conflicts with ${event.with ?? target} in ${listed(event.files, 5)}`, 'bad');
    case 'landing.verifying':
      return say('landing', `verifies ${chainName(event.commit, state)}`, 'quiet');
    case 'landing.verified':
      return say('landing', `${chainName(event.commit, state)} is ${event.result}${event.note === undefined ? '' : `: ${printable(event.note)}`}`, event.result === 'green' ? 'good' : event.result === 'red' ? 'bad' : 'warning');
    case 'landing.dropped':
      return say(event.plan, `does not land: ${event.reason}${event.note === undefined ? '' : `: ${printable(event.note)}`}`, 'bad');
    case 'landing.approved':
      return say('landing', `somebody let ${listed(event.plans, 8)} land`);
    case 'target.advancing':
      return say('landing', `moves ${target} to ${shortCommit(event.to)}`, 'quiet', true);
    case 'target.advanced':
      return say('landing', `${target} took ${listed(event.plans, 8)}: ${shortCommit(event.from)} → ${shortCommit(event.to)}`, 'good');
    case 'target.moved':
      return say('landing', `somebody else moved ${target} to ${shortCommit(event.to)}`, 'warning');
    case 'landing.refused':
      return say('landing', `cannot land: ${printable(event.failure.message)}${event.failure.hint === undefined ? '' : ` (${printable(event.failure.hint)})`}`, 'bad');
    case 'target.pushed':
      return say('landing', `pushed ${shortCommit(event.commit)} to ${printable(event.remote)}`, 'good');
    case 'landing.proposed':
      return say(event.plan, event.url === '' ? 'pushed for a pull request' : `proposed: ${printable(event.url)}`, 'good');
    case 'landing.abandoning':
      return say('landing', `stops verifying ${chainName(event.commit, state)}: it is not wanted any more`, 'quiet', true);
    case 'landing.proposing':
      return say('landing', `opens pull requests for ${listed(event.plans, 8)}`, 'quiet', true);
    case 'target.undone':
      return say('landing', `${event.plans === undefined ? 'the last landing was' : `${listed(event.plans, 8)} ${event.plans.length === 1 ? 'was' : 'were'}`} taken back out of ${target}: ${shortCommit(event.from)} → ${shortCommit(event.to)}`, 'warning');
    default:
      return unknownSentence(event);
  }
}

/** A kind of a later version: named, and nothing more is claimed. */
function unknownSentence(event: { readonly kind: string }): Sentence {
  return say('', printable(event.kind), 'quiet', false);
}

function chainName(commit: string, state: RunState): string {
  const candidates = state.landing.chain?.candidates ?? [];
  const at = candidates.findIndex((candidate) => candidate.commit === commit);
  return at < 0 ? shortCommit(commit) : `${listed(candidates.slice(0, at + 1).map(({ plan }) => plan), 8)} (${shortCommit(commit)})`;
}
