/** A night as it might have been, for the report's tests. */
import { buildGraph } from '../../src/graph/build-graph.js';
import type { Entry, Event } from '../../src/model/event.js';
import { apply, emptyState } from '../../src/state/apply.js';
import type { RunState } from '../../src/state/run-state.js';
import { reportRun } from '../../src/status/report.js';
import type { Report } from '../../src/status/report.js';
import { orchestrationOf } from '../graph/orchestration-of.js';

const commit = (letter: string): string => letter.repeat(40);
const start = Date.UTC(2026, 6, 9, 20, 0);

export const hostile = '<script>alert(1)</script> & "quotes" \u001b[31m\u202ejs [link](http://x) `tick` | pipe';

/** Tells events at given minutes after the beginning. */
class Night {
  readonly state: RunState;
  #minute = 0;
  #seq = 0;
  #tips: Record<string, string> = {};

  constructor(titles: Readonly<Record<string, string>>) {
    const bare = orchestrationOf({
      auth: { phases: [{ tasks: ['1.1', '1.2', '1.3'] }, { tasks: ['2.1', '2.2'] }] },
      ui: { depends: ['auth.phase1'], phases: [{ tasks: ['1.1', '1.2'] }, { tasks: ['2.1', '2.2', '2.3'] }] },
      billing: { phases: [{ tasks: ['1.1', '1.2'] }, { tasks: ['2.1'] }] },
      mail: { depends: ['billing'], phases: [{ tasks: ['1.1'] }] },
      docs: { phases: [{ tasks: ['1.1', '1.2'] }] },
    });
    const orchestration = {
      ...bare,
      manifest: 'orchestrations/release.yml',
      plans: bare.plans.map((plan) => ({
        ...plan,
        title: titles[plan.id] ?? plan.title,
        phases: plan.phases.map((phase) => ({ ...phase, tasks: phase.tasks.map((task) => ({ ...task, title: titles[task.id] ?? task.title, files: task.id === 'ui.2.2' || task.id === 'auth.2.1' ? ['src/session.ts'] : [] })) })),
      })),
    };
    const graph = buildGraph(orchestration);
    if (!graph.ok) throw new Error('a cycle in a test');
    this.state = emptyState(orchestration, graph.value);
    this.tell({ kind: 'run.started', run: 'release-1a2b-7', orchestration, target: { ref: 'refs/heads/main', commit: commit('a') }, refs: {} });
  }

  at(minute: number): this {
    this.#minute = minute;
    return this;
  }

  tell(...events: readonly Event[]): this {
    for (const event of events) {
      const entry: Entry = { seq: this.#seq++, at: start + this.#minute * 60_000, event };
      apply(this.state, entry);
    }
    return this;
  }

  open(plan: string): this {
    return this.tell({ kind: 'plan.opening', plan, from: null, to: commit('a'), adopted: false, inputs: [] }, { kind: 'plan.opened', plan, tip: commit('a'), adopted: false, inputs: [] });
  }

  start(node: string, slot = 0, attempt = 1): this {
    return this.tell({ kind: 'attempt.started', node, attempt, slot, base: commit('a') });
  }

  pass(node: `${string}.${string}`, tokens: number, attempt = 1): this {
    const plan = node.slice(0, node.indexOf('.'));
    const from = this.#tips[plan] ?? commit('a');
    const to = `${this.#seq}`.padStart(40, '0');
    this.#tips[plan] = to;
    const usage = { model: 'opus', inputTokens: tokens, outputTokens: Math.round(tokens / 9), cachedTokens: tokens * 8, cost: tokens / 90_000 };
    return this.tell(
      { kind: 'attempt.finished', node, attempt, outcome: { result: 'passed', head: commit('a'), dirty: true, usage } },
      { kind: 'commit.prepared', node, attempt, from, to },
      { kind: 'task.committed', node, attempt, tip: to, changed: true },
    );
  }

  fail(node: string, attempt: number, note: string, minute: number): this {
    this.at(minute);
    return this.tell({ kind: 'attempt.finished', node, attempt, outcome: { result: 'failed', reason: 'exit', exitCode: 2, note, usage: { inputTokens: 80_000, outputTokens: 4000, cost: 0.9 } } }, { kind: 'work.salvaged', node, attempt, ref: `refs/plan-runs/release-1a2b-7/salvage/${node}/${attempt}`, commit: commit('e') });
  }

  complete(plan: string, phases: readonly string[]): this {
    const tip = this.#tips[plan] ?? commit('a');
    return this.tell(...phases.map((phase) => ({ kind: 'phase.published', plan, phase, generation: 1, commit: tip }) as const), { kind: 'plan.completed', plan, commit: tip });
  }

  publish(plan: string, phase: string): this {
    return this.tell({ kind: 'phase.published', plan, phase, generation: 1, commit: this.#tips[plan] ?? commit('a') });
  }
}

const plainTitles: Readonly<Record<string, string>> = {
  auth: 'Log in with passkeys', ui: 'New account pages', billing: 'Invoices by mail', mail: 'Mail templates', docs: 'Handbook for operators',
  'auth.1.1': 'Store credentials', 'auth.1.2': 'Challenge and response', 'auth.1.3': 'Session cookie', 'auth.2.1': 'Refresh tokens', 'auth.2.2': 'Revoke sessions',
  'ui.1.1': 'Account page layout', 'ui.1.2': 'Passkey list', 'ui.2.1': 'Rename a passkey', 'ui.2.2': 'Sign out everywhere', 'ui.2.3': 'Empty states',
  'billing.1.1': 'Invoice model', 'billing.1.2': 'Number ranges', 'billing.2.1': 'Render invoices as PDF', 'mail.1.1': 'Invoice mail', 'docs.1.1': 'Backup and restore', 'docs.1.2': 'Alerts',
};

export const failedOutput = [
  '> jest src/billing', '', '\u001b[31mFAIL\u001b[0m src/billing/pdf.test.ts', '  ● renders an invoice', '', "    TypeError: Cannot read properties of undefined (reading 'rows')", '', '      41 |   const table = invoice.table;', '    > 42 |   for (const row of table.rows) {', '         |                           ^', '', 'Tests:       1 failed, 12 passed, 13 total', '{"type":"result","subtype":"error"}', '',
].join('\n');

/** The state of a night with everything in it: landed, failed, blocked, in conflict, by hand. */
export function nightState(titles: Readonly<Record<string, string>> = plainTitles, note = "Cannot read properties of undefined (reading 'rows')"): RunState {
  const night = new Night(titles);
  night.at(0).open('auth').start('auth.1.1').start('auth.1.2', 1).open('billing').start('billing.1.1').open('docs').start('docs.1.1').start('docs.1.2', 1);
  night.at(18).pass('docs.1.1', 120_000).at(24).pass('auth.1.1', 210_000).start('auth.1.3');
  night.at(41).pass('docs.1.2', 160_000).complete('docs', ['1']).pass('billing.1.1', 190_000).start('billing.1.2');
  night.at(55).pass('auth.1.2', 340_000).at(70).pass('auth.1.3', 280_000).publish('auth', '1');
  night.start('auth.2.1').start('auth.2.2', 1).open('ui').start('ui.1.1').start('ui.1.2', 1);
  night.at(83).pass('billing.1.2', 130_000).publish('billing', '1').start('billing.2.1');
  night.at(110).pass('ui.1.1', 260_000).at(118).pass('auth.2.1', 410_000).at(125).pass('ui.1.2', 150_000).publish('ui', '1');
  night.start('ui.2.1').start('ui.2.2', 1).start('ui.2.3', 2);
  night.fail('billing.2.1', 1, note, 131).at(133).start('billing.2.1', 0, 2);
  night.at(150).pass('auth.2.2', 300_000).complete('auth', ['2']);
  night.fail('billing.2.1', 2, note, 171);
  night.at(180).pass('ui.2.1', 90_000).at(188).pass('ui.2.3', 70_000).at(214).pass('ui.2.2', 380_000).complete('ui', ['2']);
  night.at(221).tell(
    { kind: 'target.advanced', plans: ['docs', 'auth'], from: commit('a'), to: commit('d') },
    { kind: 'landing.conflicted', plan: 'ui', head: commit('c'), onto: commit('d'), with: 'auth', files: ['src/session.ts', 'src/session.test.ts'] },
    { kind: 'run.finished', outcome: 'person' },
  );
  return night.state;
}

export function nightReport(titles?: Readonly<Record<string, string>>, note?: string): Report {
  const state = nightState(titles, note);
  return {
    title: 'The night in shop',
    generatedAt: Date.UTC(2026, 6, 10, 4, 31),
    timeZone: 'Europe/Berlin',
    runs: [reportRun(state, { now: state.at, live: false, tailOf: (node) => (node === 'billing.2.1' ? failedOutput : '') })],
  };
}
