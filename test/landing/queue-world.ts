/**
 * A world for the landing queue: plans, verifications and a target as plain words. Candidates are called by the plans that they
 * hold (`AB` is A, then B, on the target), so that a history of decisions reads as a story.
 */
import type { LandingEvent } from '../../src/model/landing-event.js';
import type { LandingSettings } from '../../src/model/orchestration.js';
import { decideLanding, landingStanding, type LandingStanding } from '../../src/scheduler/landing.js';
import type { LandingDecision } from '../../src/scheduler/landing-decision.js';
import type { LandingPlan, LandingView } from '../../src/scheduler/landing-view.js';
import { applyLanding, initialLanding, type LandingState } from '../../src/state/landing-state.js';

export interface Scenario {
  /** In manifest order, by one letter: `A`; `B>A` rests on A; `C!` has high priority; `D?` still runs; `E#` failed. */
  readonly plans: string;
  readonly settings?: Partial<LandingSettings>;
  readonly lanes?: number;
  /** False: there is no verify command. */
  readonly verified?: boolean;
  /** The verdict about a candidate by the plans that it holds (`''` is the target itself); green when absent. */
  readonly verdict?: (plans: string, attempt: number) => 'green' | 'red' | 'inconclusive';
  /** Pairs of plans that do not merge: `BA` is B onto A; `B-` is B onto the target. */
  readonly conflicts?: readonly string[];
  /** What happens when the queue rests: `complete D`, `fail D`, `move` (the target, by somebody else), `retip B`, `approve A B`, `end B` (that verification ends next). */
  readonly happenings?: readonly string[];
}

export interface Story {
  readonly lines: readonly string[];
  readonly landed: string;
  readonly standing: LandingStanding;
  readonly state: LandingState;
}

const defaults: LandingSettings = {
  mode: 'all-or-nothing', strategy: 'merge', onConflict: 'stop', onFailure: 'hold', approve: 'auto', push: false, pullRequests: false, speculation: 1, deleteBranches: false,
};
const manySteps = 2_000;

export class QueueWorld {
  readonly lines: string[] = [];
  state: LandingState = initialLanding('T0');
  readonly #scenario: Scenario;
  #plans: LandingPlan[];
  #running: { commit: string; tree: string; attempt: number; key: string }[] = [];
  #conflicts: Set<string>;
  #moves = 0;
  #next: string | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#plans = parsePlans(scenario.plans);
    this.#conflicts = new Set(scenario.conflicts ?? []);
  }

  view(): LandingView {
    const { settings, lanes, verified } = this.#scenario;
    return { plans: this.#plans, settings: { ...defaults, ...settings }, lanes: lanes ?? 1, paused: false, landing: this.state, ...(verified !== false && { verify: 'v' }) };
  }

  /** Goes on until nothing is wanted, nothing runs, and nothing more happens. */
  run(): Story {
    const happenings = [...(this.#scenario.happenings ?? [])];
    for (let step = 0; step < manySteps; step += 1) {
      const decisions = decideLanding(this.view());
      if (decisions.length > 0) {
        for (const decision of decisions) this.#perform(decision);
        continue;
      }
      const end = happenings[0]?.startsWith('end ') ? happenings.shift()?.slice(4) : undefined;
      if (end !== undefined) this.#next = end;
      else if (this.#running.length > 0) this.#endVerification();
      else if (happenings.length > 0) this.#happen(happenings.shift() ?? '');
      else return { lines: this.lines, landed: [...this.state.landed.keys()].join(''), standing: landingStanding(this.view()), state: this.state };
    }
    throw new Error(`no end: ${this.lines.slice(-20).join(' | ')}`);
  }

  #apply(event: LandingEvent): void {
    this.state = applyLanding(this.state, event);
  }

  #say(line: string): void {
    this.lines.push(line);
  }

  #perform(decision: LandingDecision): void {
    switch (decision.kind) {
      case 'prepare-landing':
        return this.#prepare(decision);
      case 'verify-landing': {
        const { commit, tree, attempt, key } = decision;
        this.#say(`verify ${nameOf(commit)}${attempt > 1 ? ' again' : ''}`);
        this.#apply({ kind: 'landing.verifying', commit, tree, attempt });
        this.#running.push({ commit, tree, attempt, key });
        return;
      }
      case 'abandon-verify': {
        this.#say(`abandon ${nameOf(decision.commit)}`);
        this.#apply({ kind: 'landing.abandoning', commit: decision.commit });
        const run = this.#running.find((one) => one.commit === decision.commit);
        if (run === undefined) throw new Error('abandoned what does not run');
        this.#running = this.#running.filter((one) => one !== run);
        this.#apply({ kind: 'landing.verified', commit: run.commit, tree: run.tree, attempt: run.attempt, key: run.key, result: 'abandoned' });
        return;
      }
      case 'drop':
        this.#say(`drop ${decision.plan} (${decision.reason})`);
        return this.#apply({ kind: 'landing.dropped', plan: decision.plan, reason: decision.reason, ...(decision.head !== undefined && { head: decision.head }) });
      case 'advance-target': {
        this.#say(`land ${decision.plans.join('')}`);
        const { plans, from, to } = decision;
        if (from !== this.state.target) throw new Error('lands on an old target');
        this.#apply({ kind: 'target.advancing', plans, from, to });
        return this.#apply({ kind: 'target.advanced', plans, from, to });
      }
      case 'propose':
        this.#say(`propose ${decision.plans.join('')}`);
        this.#apply({ kind: 'landing.proposing', plans: decision.plans, heads: decision.heads });
        decision.plans.forEach((plan, index) => this.#apply({ kind: 'landing.proposed', plan, head: decision.heads[index] ?? '', url: `pull/${plan}` }));
    }
  }

  #prepare(decision: LandingDecision & { kind: 'prepare-landing' }): void {
    const { onto, plans, heads, keep } = decision;
    this.#say(`prepare ${plans.join('')}${keep.length > 0 ? ` after ${keep.map((one) => one.plan).join('')}` : ''}`);
    this.#apply({ kind: 'landing.preparing', onto, plans, heads });
    const chain = [...keep];
    const out = new Set<string>();
    for (const [index, plan] of plans.entries()) {
      if (index < keep.length) continue;
      const head = heads[index] ?? '';
      const restsOn = this.#plans.find((one) => one.id === plan)?.restsOn ?? [];
      if (restsOn.some((id) => out.has(id))) {
        out.add(plan);
        continue;
      }
      const before = chain.at(-1)?.commit ?? onto;
      const earlier = [...this.state.landed.keys(), ...chain.map((one) => one.plan)];
      const other = earlier.find((one) => this.#conflicts.has(`${plan}${one}`));
      if (other !== undefined || this.#conflicts.has(`${plan}-`)) {
        const withHead = chain.find((one) => one.plan === other)?.head;
        this.#say(`${plan} meets ${other ?? 'the target'}`);
        this.#apply({ kind: 'landing.conflicted', plan, head, onto: before, with: other ?? null, ...(withHead !== undefined && { withHead }), files: ['f'] });
        out.add(plan);
        if (this.view().settings.onConflict === 'skip') continue;
        break;
      }
      const commit = `${before}+${plan}${head.endsWith('2') ? '2' : ''}`;
      chain.push({ plan, head, commit, tree: `tree ${commit}` });
    }
    this.#apply({ kind: 'landing.prepared', onto, ontoTree: `tree ${onto}`, chain });
  }

  #endVerification(): void {
    const wanted = this.#running.findIndex((one) => nameOf(one.commit) === this.#next);
    this.#next = undefined;
    const [run] = this.#running.splice(Math.max(0, wanted), 1);
    if (run === undefined) return;
    const name = nameOf(run.commit);
    const result = this.#scenario.verdict?.(name === 'target' ? '' : name, run.attempt) ?? 'green';
    this.#say(`${name} is ${result}`);
    this.#apply({ kind: 'landing.verified', commit: run.commit, tree: run.tree, attempt: run.attempt, key: run.key, result });
  }

  #happen(what: string): void {
    this.#say(`-- ${what}`);
    const [verb = '', ...ids] = what.split(' ');
    const change = (to: Partial<LandingPlan>): void => {
      this.#plans = this.#plans.map((plan) => (ids.includes(plan.id) ? { ...plan, ...to } : plan));
    };
    if (verb === 'complete') this.#plans = this.#plans.map((plan) => (ids.includes(plan.id) ? { ...plan, condition: 'complete', tip: `${plan.id}1` } : plan));
    else if (verb === 'fail') change({ condition: 'failed' });
    else if (verb === 'retip') {
      this.#plans = this.#plans.map((plan) => (ids.includes(plan.id) ? { ...plan, condition: 'complete', tip: `${plan.id}2` } : plan));
      this.#conflicts = new Set([...this.#conflicts].filter((pair) => !ids.includes(pair[0] ?? '')));
    } else if (verb === 'approve') this.#apply({ kind: 'landing.approved', plans: ids, heads: ids.map((id) => this.#plans.find((plan) => plan.id === id)?.tip ?? '') });
    else if (verb === 'move') {
      this.#moves += 1;
      this.#apply({ kind: 'target.moved', from: this.state.target, to: `U${this.#moves}` });
    } else throw new Error(`unknown happening: ${what}`);
  }
}

/** Runs a scenario to its end. */
export function tell(scenario: Scenario): Story {
  return new QueueWorld(scenario).run();
}

function nameOf(commit: string): string {
  const name = commit.split('+').slice(1).join('');
  return name === '' ? 'target' : name;
}

function parsePlans(words: string): LandingPlan[] {
  const direct = new Map<string, string[]>();
  const read = words.split(' ').map((word) => {
    const match = /^([A-Z])([!?#]*)(?:>([A-Z,]+))?$/.exec(word);
    if (match === null) throw new Error(`no plan: ${word}`);
    const [, id = '', marks = '', rests = ''] = match;
    direct.set(id, rests === '' ? [] : rests.split(','));
    return { id, marks };
  });
  const closure = (id: string, seen = new Set<string>()): Set<string> => {
    for (const one of direct.get(id) ?? []) if (!seen.has(one)) closure(one, seen.add(one));
    return seen;
  };
  return read.map(({ id, marks }) => ({
    id,
    priority: marks.includes('!') ? 75 : 50,
    condition: marks.includes('?') ? 'working' : marks.includes('#') ? 'failed' : 'complete',
    ...(marks.includes('?') || marks.includes('#') ? {} : { tip: `${id}1` }),
    restsOn: [...closure(id)],
  }));
}
