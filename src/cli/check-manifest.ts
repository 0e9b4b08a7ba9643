/** What was understood of a manifest: its plans, what waits for what, and every setting in force, defaults too. */
import { findOverlaps } from '../graph/overlap.js';
import type { Loaded } from '../manifest/load-orchestration.js';
import { executionOf, featuresOf, type Execution, type Settings } from '../model/orchestration.js';
import { count, duration, fit, flow, padEnd, printable, wrap } from '../status/printable.js';
import { commandWord } from '../status/run-command.js';
import { listed } from '../status/words.js';
import type { Context } from './context.js';

/** The object that `plan check --json` prints for a manifest. */
export function manifestJson({ orchestration, graph, diagnostics }: Loaded): object {
  return {
    manifest: orchestration.manifest,
    target: orchestration.target,
    plans: orchestration.plans.map((plan) => ({
      id: plan.id,
      file: plan.file,
      title: plan.title,
      format: plan.format,
      branch: plan.branch,
      priority: plan.priority,
      depends: plan.depends,
      phases: plan.phases.map((phase) => ({
        id: phase.id,
        title: phase.title,
        depends: phase.depends,
        ...(phase.after === undefined ? {} : { after: phase.after }),
        tasks: phase.tasks.map(({ id, title, line, done, after, depends, files }) => ({ id, title, line, done, ...(after === undefined ? {} : { after }), depends, files })),
      })),
    })),
    settings: orchestration.settings,
    overlaps: findOverlaps(orchestration, graph),
    diagnostics,
  };
}

/** One screen of it; `file` is the manifest as typed. */
export function manifestText({ orchestration, graph, notify }: Loaded, file: string, context: Context): string {
  const { paint } = context;
  const columns = context.terminal.columns();
  const { plans, settings } = orchestration;
  const tasks = plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks));
  const idRoom = Math.max(...plans.map(({ id }) => id.length), 1);
  const lines = [`${paint.bold(printable(orchestration.manifest))}: ${count(plans.length, 'plan')}, ${count(tasks.length, 'task')} (${tasks.filter((task) => task.done).length} done), into ${paint.bold(printable(orchestration.target))}`, ''];
  for (const plan of plans) {
    const own = plan.phases.flatMap((phase) => phase.tasks);
    const waits = [...plan.depends, ...plan.phases.flatMap((phase) => phase.depends)];
    const facts = [`priority ${plan.priority}`, `${count(plan.phases.length, 'phase')}, ${count(own.length, 'task')}`, fit(executorWords(executionOf(settings, plan.id)), 48)];
    if (waits.length > 0) facts.push(`waits for ${listed([...new Set(waits)], 6)}`);
    const indent = Math.min(idRoom, 24) + 4;
    lines.push(`  ${paint.bold(padEnd(plan.id, idRoom))}  ${flow([`on ${printable(plan.branch)}`, printable(plan.file), ...facts], columns, indent)}`);
  }
  const overlaps = findOverlaps(orchestration, graph);
  const across = overlaps.filter((overlap) => overlap.plans.length > 1);
  if (overlaps.length > 0) lines.push('', wrap(`${paint.bold('Files that several tasks name')}: ${overlaps.length}, ${across.length} of them in several plans (plan conflicts ${commandWord(file)})`, columns, 2));
  lines.push('', paint.bold('Settings in force'), ...settingLines(settings, notify).map((facts) => `  ${flow(facts, columns, 4)}`));
  const differing = plans.filter((plan) => JSON.stringify(featuresOf(settings, plan.id)) !== JSON.stringify(settings.features));
  if (differing.length > 0) lines.push(`  features differ for ${listed(differing.map((plan) => plan.id), 8)}`);
  return lines.join('\n');
}

function executorWords({ executor }: Execution): string {
  switch (executor.kind) {
    case 'shell':
      return executor.shell === undefined ? 'shell' : `shell: ${printable(executor.shell)}`;
    case 'command':
      return `command: ${printable(executor.command.join(' '))}`;
    case 'manual':
      return 'by hand';
    case 'agent':
      return `agent ${printable(executor.agent)}${executor.model === undefined ? '' : ` (${printable(executor.model)})`}`;
  }
}

/** Every setting in the manifest's own words, those together that belong together. */
function settingLines(settings: Settings, notify: Loaded['notify']): readonly (readonly string[])[] {
  const { limits, landing, features } = settings;
  const usual = executionOf(settings, '');
  const none = (value: string | number | undefined, words = 'none'): string => (value === undefined ? words : printable(String(value)));
  const off = Object.entries(features).flatMap(([name, on]) => (on ? [] : [name]));
  const pools = Object.entries(limits.pools).map(([pool, size]) => `${printable(pool)}: ${size}`);
  return [
    [`limits.tasks ${limits.tasks}`, `limits.plans ${none(limits.plans, 'unlimited')}`, `perPlan ${settings.perPlan}`, `memory ${limits.memoryBytes === undefined ? 'unlimited' : `${(limits.memoryBytes / 2 ** 30).toFixed(1)} GiB`}`, `load ${none(limits.load, 'does not count')}`, `cost ${limits.cost === undefined ? 'unlimited' : `${limits.cost.amount} ${limits.cost.currency}`}`, `until ${none(limits.until)}`, `overrun ${limits.overrun ?? 'finish'}`],
    [`limits.pools ${pools.length === 0 ? 'none named' : `{ ${pools.join(', ')} }`}`],
    [`executor ${executorWords(usual)}`, `timeout ${usual.timeoutSeconds === undefined ? 'none' : duration(usual.timeoutSeconds * 1000)}`, `stuck ${duration(usual.stuckSeconds * 1000)}`, `retries ${usual.retries}`, `failFast ${settings.failFast}`],
    [`setup ${none(settings.setup)}`, `copy ${settings.copy.length === 0 ? 'nothing' : listed(settings.copy)}`, `verify ${none(settings.verify)}`],
    [`landing ${landing.mode}`, `strategy ${landing.strategy}`, `onConflict ${landing.onConflict}`, `onFailure ${landing.onFailure}`, `approve ${landing.approve}`, `push ${landing.push}`, `pullRequests ${landing.pullRequests}`, `speculation ${landing.speculation}`, `deleteBranches ${landing.deleteBranches}`],
    [`worktrees ${none(settings.worktrees, '../<repository>.worktrees')}`, `commit.hooks ${settings.commit.hooks}`, `fileConflicts ${settings.crossPlanFiles ?? 'report'}`, `secrets ${settings.secrets.length === 0 ? 'by name only' : listed(settings.secrets)}`],
    [`prompts ${Object.keys(settings.prompts ?? {}).length === 0 ? 'as shipped' : `your own for ${listed(Object.keys(settings.prompts ?? {}))}`}`, `notify ${noticeWords(notify)}`],
    ...(settings.budgets === undefined ? [] : [Object.entries(settings.budgets).map(([id, amount]) => `cost of ${printable(id)} ${amount}`)]),
    [`features ${off.length === 0 ? 'all on' : `all on but ${off.join(', ')}`}`],
  ];
}

/** The ways, never the address: it is a secret unless it stands for a variable. */
function noticeWords(notify: Loaded['notify']): string {
  if (notify === undefined) return 'nobody';
  const ways = [
    ...(notify.webhook === undefined ? [] : [notify.webhook.startsWith('$') ? `webhook ${notify.webhook}` : 'webhook']),
    ...(notify.command === undefined ? [] : [`command ${printable(notify.command.join(' '))}`]),
    ...(notify.desktop === true ? ['desktop'] : []),
  ];
  return ways.length === 0 ? 'nobody' : `${ways.join(', ')} at ${(notify.on ?? ['end', 'person']).join(' and ')}`;
}
