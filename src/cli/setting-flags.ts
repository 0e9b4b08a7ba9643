/** Settings on the command line and in the environment: the same fields as in a manifest, stronger than it. */
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { ExecutorEntry, SettingsLayer } from '../manifest/schema.js';
import type { OptionTable } from './command.js';
import { usageFailure } from './usage.js';

/** Flags by name; each is also read from the environment as `PLAN_` and the name in capitals: `PLAN_PER_PLAN`. */
export const settingOptions = {
  target: { type: 'string', requiresArg: true, describe: 'the branch to land in' },
  tasks: { type: 'number', requiresArg: true, describe: 'at most so many tasks at once, over all plans' },
  plans: { type: 'number', requiresArg: true, describe: 'at most so many plans at once' },
  'per-plan': { type: 'number', requiresArg: true, describe: 'at most so many tasks of one plan at once' },
  memory: { type: 'string', requiresArg: true, describe: 'start nothing beyond this memory: 12GiB' },
  pool: { type: 'string', array: true, requiresArg: true, describe: 'size of a named pool: db=2' },
  cost: { type: 'string', requiresArg: true, describe: 'stop starting at this cost: 20 USD' },
  until: { type: 'string', requiresArg: true, describe: 'start nothing after this time: 06:30' },
  'fail-fast': { type: 'boolean', describe: 'start nothing more once something failed' },
  executor: { type: 'string', requiresArg: true, describe: 'shell, manual, agent:<name>, or a shell command' },
  timeout: { type: 'string', requiresArg: true, describe: 'end an attempt after: 30m' },
  stuck: { type: 'string', requiresArg: true, describe: 'end an attempt without output after: 10m' },
  retries: { type: 'number', requiresArg: true, describe: 'further attempts after a failed one' },
  setup: { type: 'string', requiresArg: true, describe: 'shell command run once in each new worktree' },
  copy: { type: 'string', array: true, requiresArg: true, describe: 'ignored file that a new worktree needs' },
  verify: { type: 'string', requiresArg: true, describe: 'shell command run on each candidate before it lands' },
  order: { type: 'string', choices: ['free', 'file'], describe: 'order inside a phase where the file says nothing' },
  worktrees: { type: 'string', requiresArg: true, describe: 'folder for worktrees' },
  'file-conflicts': { type: 'string', choices: ['report', 'serialise'], describe: 'what to do about plans that would write the same file' },
  hooks: { type: 'boolean', describe: "run the repository's commit hooks on commits of tasks" },
  mode: { type: 'string', choices: ['all-or-nothing', 'each', 'manual'], describe: 'when plans land' },
  strategy: { type: 'string', choices: ['merge', 'squash', 'rebase', 'ff-only'], describe: 'how plans land' },
  'on-conflict': { type: 'string', choices: ['stop', 'skip', 'ours', 'theirs', 'agent', 'command'], describe: 'what a conflict at landing does' },
  'on-failure': { type: 'string', choices: ['hold', 'land-rest'], describe: 'what a failed plan does to the others' },
  approve: { type: 'string', choices: ['auto', 'ask'], describe: 'ask: stop before the target moves' },
  push: { type: 'boolean', describe: 'push the target after landing' },
  'pull-requests': { type: 'boolean', describe: 'open pull requests instead of moving the target' },
  'delete-branches': { type: 'boolean', describe: 'delete branches that landed' },
} as const satisfies OptionTable;

/** Stages that can be switched off one by one: `--no-radar`. */
export const featureOptions = {
  'multi-plan-orchestration': { type: 'boolean', describe: 'off: one plan after another' },
  'git-worktrees': { type: 'boolean', describe: 'off: one worktree for each plan and no pool' },
  'task-dependency-graph': { type: 'boolean', describe: 'off: phases in order, tasks in file order' },
  'parallel-tasks': { type: 'boolean', describe: 'off: one task of a plan at a time' },
  'auto-file-conflict-detection': { type: 'boolean', describe: 'off: files named in tasks order nothing' },
  'pipeline-phase-overlap': { type: 'boolean', describe: 'off: every phase waits for the whole one before' },
  'background-verify': { type: 'boolean', describe: 'off: every VERIFY blocks' },
  'adaptive-limits': { type: 'boolean', describe: 'off: memory pressure changes no limit' },
  radar: { type: 'boolean', describe: 'off: conflicts between running plans are not looked for' },
  speculation: { type: 'boolean', describe: 'off: one candidate is verified at a time' },
} as const satisfies OptionTable;

type FlagValues = { readonly [name in keyof typeof settingOptions]?: unknown } & { readonly [name in keyof typeof featureOptions]?: unknown };

/** The flags as a layer of settings. */
export function layerOfFlags(given: Readonly<Record<string, unknown>>): Result<SettingsLayer, readonly Failure[]> {
  return layerOf(given as FlagValues, (name) => `--${name}`);
}

/** The environment as a layer of settings; an empty variable says nothing. */
export function layerOfEnvironment(environment: Readonly<Record<string, string | undefined>>): Result<SettingsLayer, readonly Failure[]> {
  const values: Record<string, unknown> = {};
  const failures: Failure[] = [];
  for (const [name, option] of Object.entries({ ...settingOptions, ...featureOptions } as OptionTable)) {
    const text = environment[variableOf(name)];
    if (text === undefined || text === '') continue;
    const value = valueOf(text, option);
    if (value === undefined) failures.push(usageFailure('bad-variable', `${variableOf(name)} cannot be ${JSON.stringify(text)}`, wanted(option)));
    else values[name] = value;
  }
  return failures.length > 0 ? err(failures) : layerOf(values as FlagValues, variableOf);
}

/** The variable that says the same as a flag. */
export function variableOf(name: string): string {
  return `PLAN_${name.toUpperCase().replaceAll('-', '_')}`;
}

function valueOf(text: string, option: OptionTable[string]): unknown {
  if (option.type === 'number') return Number.isFinite(Number(text)) ? Number(text) : undefined;
  if (option.type === 'boolean') return /^(1|true|yes|on)$/i.test(text) ? true : /^(0|false|no|off)$/i.test(text) ? false : undefined;
  if (option.choices !== undefined) return option.choices.map(String).includes(text) ? text : undefined;
  return option.array ? text.split(',').map((part) => part.trim()) : text;
}

function wanted(option: OptionTable[string]): string {
  if (option.type === 'number') return 'a number';
  if (option.type === 'boolean') return 'true or false';
  return `one of ${(option.choices ?? []).map(String).join(', ')}`;
}

/** Absent fields are left out: a layer says only what somebody said. */
function said(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function layerOf(given: FlagValues, nameOf: (flag: string) => string): Result<SettingsLayer, readonly Failure[]> {
  const pools: Record<string, number> = {};
  for (const text of (given.pool as readonly string[] | undefined) ?? []) {
    const match = /^([^=\s]+)=(\d+(?:\.\d+)?)$/.exec(text);
    if (match === null) return err([usageFailure('bad-pool', `\`${nameOf('pool')}\` wants a name and a size, such as db=2, not ${JSON.stringify(text)}`)]);
    Object.defineProperty(pools, match[1] ?? '', { value: Number(match[2]), enumerable: true });
  }
  const features = Object.fromEntries(Object.keys(featureOptions).map((name) => [camel(name), given[name as keyof typeof featureOptions]]));
  const layer = said({
    target: given.target,
    limits: said({ tasks: given.tasks, plans: given.plans, memory: given.memory, pools: said(pools), cost: given.cost, until: given.until }),
    defaults: said({
      executor: executorOf(given.executor as string | undefined),
      timeout: given.timeout,
      stuck: given.stuck,
      retries: given.retries,
      setup: given.setup,
      copy: given.copy,
      verify: given.verify,
      order: given.order,
      worktrees: given.worktrees,
      failFast: given['fail-fast'],
      perPlan: given['per-plan'],
      fileConflicts: given['file-conflicts'],
      commit: said({ hooks: given.hooks }),
    }),
    landing: said({
      mode: given.mode,
      strategy: given.strategy,
      onConflict: given['on-conflict'],
      onFailure: given['on-failure'],
      approve: given.approve,
      push: given.push,
      pullRequests: given['pull-requests'],
      deleteBranches: given['delete-branches'],
    }),
    features: said(features),
  });
  return ok((layer ?? {}) as SettingsLayer);
}

function executorOf(text: string | undefined): ExecutorEntry | undefined {
  if (text === undefined) return undefined;
  if (text === 'shell' || text === 'manual') return text;
  return text.startsWith('agent:') ? { agent: text.slice('agent:'.length) } : { shell: text };
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
