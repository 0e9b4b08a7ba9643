/** Settings on the command line: the same fields as in a manifest, stronger than it. */
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { OptionTable } from './command.js';
import { usageFailure } from './usage.js';

/** Flags by name. What they hold is checked with the rest of the settings. */
export const settingOptions = {
  target: { type: 'string', requiresArg: true, describe: 'the branch to land in' },
  tasks: { type: 'number', requiresArg: true, describe: 'at most so many tasks at once, over all plans' },
  plans: { type: 'number', requiresArg: true, describe: 'at most so many plans at once' },
  'per-plan': { type: 'number', requiresArg: true, describe: 'at most so many tasks of one plan at once' },
  memory: { type: 'string', requiresArg: true, describe: 'start nothing beyond this memory: 12GiB' },
  load: { type: 'number', requiresArg: true, describe: 'add nothing to what runs above this load average' },
  pool: { type: 'string', array: true, requiresArg: true, describe: 'size of a named pool: db=2' },
  cost: { type: 'string', requiresArg: true, describe: 'stop starting at this cost: 20 USD' },
  until: { type: 'string', requiresArg: true, describe: 'start nothing after this time: 06:30' },
  overrun: { type: 'string', choices: ['finish', 'stop'], describe: 'what still runs then may end, or is stopped and runs again next time' },
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
  'adaptive-limits': { type: 'boolean', describe: 'off: memory pressure and load change no limit' },
  radar: { type: 'boolean', describe: 'off: conflicts between running plans are not looked for' },
  speculation: { type: 'boolean', describe: 'off: one candidate is verified at a time' },
} as const satisfies OptionTable;

/** The flags in the shape of a settings file, not checked yet; only what was given. */
export function layerOfFlags(given: Readonly<Record<string, unknown>>): Result<Record<string, unknown>, readonly Failure[]> {
  const pools: Record<string, number> = {};
  for (const text of (given['pool'] as readonly string[] | undefined) ?? []) {
    const match = /^([^=\s]+)=(\d+(?:\.\d+)?)$/.exec(text);
    if (match === null) return err([usageFailure('bad-pool', `\`--pool\` wants a name and a size, such as db=2, not ${JSON.stringify(text)}`)]);
    Object.defineProperty(pools, match[1] ?? '', { value: Number(match[2]), enumerable: true });
  }
  return ok(layerOf(given, pools) ?? {});
}

/** Absent fields are left out: a layer says only what somebody said. */
function said(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function layerOf(given: Readonly<Record<string, unknown>>, pools: Readonly<Record<string, number>>): Record<string, unknown> | undefined {
  return said({
    target: given['target'],
    limits: said({ tasks: given['tasks'], plans: given['plans'], memory: numberOrText(given['memory']), load: given['load'], pools: said(pools), cost: numberOrText(given['cost']), until: given['until'], overrun: given['overrun'] }),
    defaults: said({
      executor: executorOf(given['executor'] as string | undefined),
      timeout: numberOrText(given['timeout']),
      stuck: numberOrText(given['stuck']),
      retries: given['retries'],
      setup: given['setup'],
      copy: given['copy'],
      verify: given['verify'],
      order: given['order'],
      worktrees: given['worktrees'],
      failFast: given['fail-fast'],
      perPlan: given['per-plan'],
      fileConflicts: given['file-conflicts'],
      commit: said({ hooks: given['hooks'] }),
    }),
    landing: said({
      mode: given['mode'],
      strategy: given['strategy'],
      onConflict: given['on-conflict'],
      onFailure: given['on-failure'],
      approve: given['approve'],
      push: given['push'],
      pullRequests: given['pull-requests'],
      deleteBranches: given['delete-branches'],
    }),
    features: said(Object.fromEntries(Object.keys(featureOptions).map((name) => [camel(name), given[name]]))),
  });
}

/** A bare number has a meaning of its own in settings: bytes, seconds, dollars. */
function numberOrText(value: unknown): unknown {
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function executorOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (text === 'shell' || text === 'manual') return text;
  return text.startsWith('agent:') ? { agent: text.slice('agent:'.length) } : { shell: text };
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
