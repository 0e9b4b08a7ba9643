/** Settings as written in several places → the settings of a run: flag > environment > plan's entry > front matter > defaults > rc. */

import type { ExecutorSettings, Execution, Features, LandingSettings, Limits, Settings } from '../model/orchestration.js';
import type { PlanId, TaskId } from '../model/ids.js';
import type { ExecutionEntry, ExecutorEntry, SettingsLayer } from './schema.js';
import { parseBytes, parseCost, parseDuration } from './units.js';

/** The layers, weakest first: what `.planrc.yml` says, the manifest, the environment, the flags. */
export interface Layers {
  readonly rc: SettingsLayer;
  readonly manifest: SettingsLayer;
  readonly environment: SettingsLayer;
  readonly flags: SettingsLayer;
}

/** What one plan says of execution, and what its tasks do: the plan's front matter, the file's tasks, the manifest's entry. */
export interface PlanExecution {
  readonly id: PlanId;
  readonly frontMatter: ExecutionEntry;
  readonly entry: ExecutionEntry;
  readonly tasks: readonly { readonly id: TaskId; readonly file: ExecutionEntry; readonly entry: ExecutionEntry; readonly cost?: number }[];
  readonly features?: Partial<Features>;
  readonly verify?: string;
  readonly cost?: number;
}

type Written<Key extends keyof SettingsLayer> = NonNullable<SettingsLayer[Key]>;

/** What a manifest can switch off, all on. */
export const allFeatures: Features = {
  multiPlanOrchestration: true,
  gitWorktrees: true,
  taskDependencyGraph: true,
  parallelTasks: true,
  autoFileConflictDetection: true,
  pipelinePhaseOverlap: true,
  backgroundVerify: true,
  adaptiveLimits: true,
  radar: true,
  speculation: true,
};

const secondsUntilStuck = 1800;
/** Values of variables so named are masked wherever nothing else is said. */
const usualSecrets = ['*TOKEN*', '*SECRET*', '*PASSWORD*', '*PASSWD*', '*API_KEY*', '*APIKEY*', '*PRIVATE_KEY*', '*CREDENTIAL*'];

/** Merges the layers over our own defaults. `cores` is the machine's number of processors. */
export function mergeSettings(layers: Layers, plans: readonly PlanExecution[], cores: number): Settings {
  const inOrder = [layers.rc, layers.manifest, layers.environment, layers.flags];
  const features = override(allFeatures, ...inOrder.map((layer) => layer.features));
  const limits = mergeLimits(inOrder, features, cores);
  const defaults = override<Written<'defaults'>>({}, ...inOrder.map((layer) => layer.defaults));
  const oneAtATime = !features.parallelTasks || !features.gitWorktrees;
  const secrets = inOrder.flatMap((layer) => layer.secrets ?? []);
  const planFeatures = plans.flatMap(({ id, features: own }) => (own === undefined || Object.keys(own).length === 0 ? [] : [[id, override({}, own)] as const]));
  const execution = mergeExecutions(layers, plans);
  const budgets = plans.flatMap((plan) => [plan, ...plan.tasks].flatMap(({ id, cost }) => (cost === undefined ? [] : [[id, cost] as const])));
  return {
    limits: { ...limits, pools: withAgents(limits, execution) },
    landing: mergeLanding(inOrder, features),
    features,
    ...(planFeatures.length === 0 ? {} : { planFeatures: Object.fromEntries(planFeatures) }),
    ...(defaults.fileConflicts === undefined ? {} : { crossPlanFiles: defaults.fileConflicts }),
    execution,
    ...(defaults.setup === undefined ? {} : { setup: defaults.setup }),
    copy: defaults.copy ?? [],
    ...(defaults.verify === undefined ? {} : { verify: defaults.verify }),
    planVerify: Object.fromEntries(plans.flatMap(({ id, verify }) => (verify === undefined ? [] : [[id, verify]]))),
    ...(defaults.worktrees === undefined ? {} : { worktrees: defaults.worktrees }),
    failFast: defaults.failFast ?? false,
    perPlan: oneAtATime ? 1 : (defaults.perPlan ?? limits.tasks),
    secrets: [...new Set([...usualSecrets, ...secrets])],
    commit: { hooks: defaults.commit?.hooks ?? true },
    ...(budgets.length === 0 ? {} : { budgets: Object.fromEntries(budgets) }),
  };
}

function mergeLimits(layers: readonly SettingsLayer[], features: Features, cores: number): Limits {
  const merged = override<Written<'limits'>>({}, ...layers.map((layer) => layer.limits));
  const memory = merged.memory === undefined ? undefined : parseBytes(merged.memory);
  const cost = merged.cost === undefined ? undefined : parseCost(merged.cost);
  const plans = features.multiPlanOrchestration ? merged.plans : 1;
  return {
    tasks: merged.tasks ?? Math.max(4, cores),
    ...(plans === undefined ? {} : { plans }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(merged.load === undefined ? {} : { load: merged.load }),
    pools: override({}, ...layers.map((layer) => layer.limits?.pools)),
    ...(cost === undefined ? {} : { cost }),
    ...(merged.until === undefined ? {} : { until: merged.until.padStart(5, '0') }),
    ...(merged.overrun === undefined ? {} : { overrun: merged.overrun }),
  };
}

function mergeLanding(layers: readonly SettingsLayer[], features: Features): LandingSettings {
  const merged = override<Written<'landing'>>({}, ...layers.map((layer) => layer.landing));
  return {
    mode: merged.mode ?? 'all-or-nothing',
    strategy: merged.strategy ?? 'merge',
    onConflict: merged.onConflict ?? 'stop',
    ...(merged.command === undefined ? {} : { conflictCommand: merged.command }),
    onFailure: merged.onFailure ?? 'hold',
    approve: merged.approve ?? 'auto',
    push: merged.push ?? false,
    pullRequests: merged.pullRequests ?? false,
    ...(merged.message === undefined ? {} : { message: merged.message }),
    speculation: features.speculation ? (merged.speculation ?? 4) : 1,
    deleteBranches: merged.deleteBranches ?? false,
  };
}

function mergeExecutions(layers: Layers, plans: readonly PlanExecution[]): Settings['execution'] {
  const weak = [layers.rc.defaults ?? {}, layers.manifest.defaults ?? {}];
  const strong = [layers.environment.defaults ?? {}, layers.flags.defaults ?? {}];
  const general = executionOfLevels([...weak, ...strong]);
  const execution: Record<string, Execution> = Object.assign(Object.create(null) as object, { '': general });
  const known = JSON.stringify(general);
  for (const plan of plans) {
    const ofPlan = [...weak, plan.frontMatter, plan.entry];
    const whole = executionOfLevels([...ofPlan, ...strong]);
    const planText = JSON.stringify(whole);
    if (planText !== known) execution[plan.id] = whole;
    for (const task of plan.tasks) {
      if (Object.keys(task.file).length === 0 && Object.keys(task.entry).length === 0) continue;
      const own = executionOfLevels([...ofPlan, task.file, task.entry, ...strong]);
      if (JSON.stringify(own) !== planText) execution[task.id] = own;
    }
  }
  return { ...execution, '': general };
}

function executionOfLevels(levels: readonly ExecutionEntry[]): Execution {
  const merged = override<ExecutionEntry>({}, ...levels);
  const executor = executorOf(merged.executor ?? 'shell');
  const timeout = merged.timeout === undefined ? undefined : parseDuration(merged.timeout);
  const stuck = merged.stuck === undefined ? undefined : parseDuration(merged.stuck);
  return {
    executor,
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
    stuckSeconds: stuck ?? secondsUntilStuck,
    retries: merged.retries ?? (executor.kind === 'agent' ? 2 : 0),
    env: Object.assign({}, ...levels.map((level) => level.env ?? {})) as Record<string, string>,
    ...(merged.sandbox === undefined || merged.sandbox.length === 0 ? {} : { sandbox: merged.sandbox }),
  };
}

function executorOf(entry: ExecutorEntry): ExecutorSettings {
  if (entry === 'shell' || entry === 'manual') return { kind: entry };
  if ('shell' in entry) return { kind: 'shell', shell: entry.shell };
  if ('command' in entry) return { kind: 'command', prompt: 'stdin', ...given(entry) };
  return { kind: 'agent', ...given(entry), options: entry.options ?? {} };
}

/** Agents share a pool of their name, as wide as everything unless it is limited. */
function withAgents(limits: Limits, execution: Settings['execution']): Limits['pools'] {
  const pools: Record<string, number> = { ...limits.pools };
  for (const { executor } of Object.values(execution)) {
    if (executor.kind !== 'agent') continue;
    for (const agent of [executor.agent, executor.fallback]) if (agent !== undefined && !Object.hasOwn(pools, agent)) pools[agent] = limits.tasks;
  }
  return pools;
}

/** The entries that are there: a key that is undefined counts as not given. */
function given<T extends object>(entry: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}

/** Later entries win, key by key; one that is undefined says nothing. */
function override<T extends object>(base: T, ...entries: readonly (object | undefined)[]): T {
  return Object.assign({}, base, ...entries.map((entry) => (entry === undefined ? {} : given(entry)))) as T;
}
