/** The one schema of manifest, `.planrc.yml` and front matter: validation, types and the published JSON Schema come from it. */

import { z } from 'zod';

const features = [
  'multiPlanOrchestration',
  'gitWorktrees',
  'taskDependencyGraph',
  'parallelTasks',
  'autoFileConflictDetection',
  'pipelinePhaseOverlap',
  'backgroundVerify',
  'adaptiveLimits',
  'radar',
  'speculation',
] as const;

/** Checked and turned into seconds by units.ts. */
const duration = z
  .union([z.string().regex(/^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)\s*$/), z.number().nonnegative()])
  .describe('A duration such as 90s, 30m or 1h; a number is seconds.')
  .meta({ expected: 'a duration such as `30m`, `90s` or `1h`' });
const bytes = z
  .union([z.string().regex(/^\s*\d+(\.\d+)?\s*([kKMGT]i?)?B?\s*$/), z.number().positive()])
  .describe('A size such as 12GiB or 800MB; a number is bytes.')
  .meta({ expected: 'a size such as `12GiB`' });
const cost = z
  .union([z.string().regex(/^\s*\d+(\.\d+)?\s*[A-Za-z]{3}\s*$/), z.number().nonnegative()])
  .describe('An amount of money such as 20 USD; a number is USD.')
  .meta({ expected: 'an amount such as `20 USD`' });
const clockTime = z
  .string()
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$/)
  .describe('A local time, HH:MM.')
  .meta({ expected: 'a time such as `"06:30"`' });
const priority = z
  .union([z.enum(['low', 'medium', 'high', 'critical']), z.number()])
  .describe('low 25, medium 50, high 75, critical 100, or a number; greater is sooner.')
  .meta({ expected: '`low`, `medium`, `high`, `critical` or a number' });
const text = z.string().min(1).max(100_000);
const name = z.string().min(1).max(1000);
const names = z.array(name).max(100_000);
const count = z.int().min(0).max(1_000_000);
const amounts = z.record(z.string(), z.number().min(0).max(1_000_000));
/** Wider than what a shell can name: `npm_config_some-key` is one too. */
const variableName = z
  .string()
  .regex(/^[^\s=\0]{1,1000}$/)
  .meta({ expected: 'the name of a variable, without `=` and white space' });
const variables = z.record(variableName, z.string().max(100_000).regex(/^[^\0]*$/).meta({ expected: 'text without NUL' }));

const shellExecutor = z.strictObject({ shell: text.describe('Run where a task has no sh block of its own.') }).describe('A shell command.');
const commandExecutor = z
  .strictObject({
    command: z.array(text).min(1).max(1000).describe('Program and arguments; no shell reads them.'),
    prompt: z.enum(['stdin', 'file']).optional(),
    result: z.enum(['json']).optional(),
    returns: z.enum(['files']).optional(),
  })
  .describe('A program that is told what to do on its standard input or in a file.');
const agentExecutor = z
  .strictObject({
    agent: name.describe('claude, codex, gemini, opencode, cursor, copilot, aider, or one described by the team.'),
    model: name.optional(),
    fallback: name.optional().describe('The agent that goes on when this one has reached its limit.'),
    maxTurns: z.int().min(1).max(1_000_000).optional(),
    budget: z.number().positive().optional().describe('Most that one attempt may cost, in the currency of the agent.'),
    returns: z.enum(['files']).optional(),
    options: z.record(z.string(), z.unknown()).optional().describe('Handed to the agent’s adapter as they are.'),
  })
  .describe('A coding agent.');
const executor = z
  .union([z.enum(['shell', 'manual']), shellExecutor, commandExecutor, agentExecutor])
  .describe('What carries tasks out: shell (their sh blocks), a shell command, a program, an agent, or a person (manual).')
  .meta({ expected: '`shell`, `manual`, `{ shell: … }`, `{ command: […] }` or `{ agent: … }`' });

/** How a task is carried out; may be said at every level. */
const execution = {
  executor: executor.optional(),
  timeout: duration.optional().describe('An attempt that takes longer is ended.'),
  stuck: duration.optional().describe('An attempt without output for so long is ended; default 30m.'),
  retries: count.optional().describe('Further attempts after a failed one; default 0, for agents 2.'),
  env: variables.optional().describe('Added to the environment.'),
  sandbox: z.array(text).max(1000).optional().describe('A wrapper put before the command, such as [bwrap, …].'),
};

const featureFlags = z
  .strictObject(Object.fromEntries(features.map((each) => [each, z.boolean().optional()])) as Record<(typeof features)[number], z.ZodOptional<z.ZodBoolean>>)
  .describe('Stages that can be switched off one by one.');

const defaults = z
  .strictObject({
    ...execution,
    setup: text.optional().describe('Shell command run once in each new worktree.'),
    copy: names.optional().describe('Ignored files that a new worktree needs.'),
    verify: text.optional().describe('Shell command run on each candidate before it lands.'),
    order: z.enum(['free', 'file']).optional().describe('Order of tasks inside a phase where the file says nothing.'),
    priority: priority.optional(),
    worktrees: name.optional().describe('Folder that holds the worktrees, relative to the top of the repository.'),
    failFast: z.boolean().optional().describe('Start nothing more once something failed.'),
    perPlan: z.int().min(1).max(1000).optional().describe('Attempts of one plan side by side; default: no limit but limits.tasks.'),
    fileConflicts: z.enum(['report', 'serialise']).optional().describe('What to do about tasks of different plans that would write the same file.'),
    commit: z.strictObject({ hooks: z.boolean().optional() }).optional(),
  })
  .describe('Said once for all plans.');

const limits = z
  .strictObject({
    tasks: z.int().min(1).max(10_000).optional().describe('Attempts at once, over all plans; default: the number of cores, at least 4.'),
    plans: z.int().min(1).max(100_000).optional().describe('Plans with work under way at once; default: no limit.'),
    memory: bytes.optional(),
    load: z.number().positive().max(100_000).optional().describe('Nothing is added to what runs while the load average of one minute is above it; default: the load does not count.'),
    pools: amounts.optional().describe('Capacities of named pools.'),
    cost: cost.optional(),
    until: clockTime.optional().describe('Nothing starts after this time.'),
    overrun: z.enum(['finish', 'stop']).optional().describe('What becomes of attempts that still run then: they may end (default), or are stopped and run again next time.'),
  })
  .describe('How much at once.');

const landing = z
  .strictObject({
    mode: z.enum(['all-or-nothing', 'each', 'manual']).optional(),
    strategy: z.enum(['merge', 'squash', 'rebase', 'ff-only']).optional(),
    onConflict: z.enum(['stop', 'skip', 'ours', 'theirs', 'agent', 'command']).optional(),
    command: text.optional().describe('The command of onConflict: command.'),
    onFailure: z.enum(['hold', 'land-rest']).optional(),
    approve: z.enum(['auto', 'ask']).optional(),
    push: z.boolean().optional(),
    pullRequests: z.boolean().optional().describe('Open pull requests instead of moving the target.'),
    message: text.optional().describe('Template of the landing commit’s message.'),
    speculation: z.int().min(1).max(100).optional().describe('Candidates verified ahead.'),
    deleteBranches: z.boolean().optional(),
  })
  .describe('How plans get into the target.');

const prompts = z
  .strictObject({
    task: name.optional().describe('What is told about a task, instead of templates/prompts/task.md.'),
    verify: name.optional().describe('What is told about a VERIFY without a command, instead of templates/prompts/verify.md.'),
  })
  .describe('Templates of your own for what agents and commands are told; relative to the file that names them.');

const webhook = z
  .string()
  .regex(/^(?:https?:\/\/[^\s/]\S*|\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})$/)
  .describe('An address that takes a Slack-compatible body, or $NAME: the environment variable that holds it.')
  .meta({ expected: 'an http(s) address, or `$NAME` of the environment variable that holds it' });
const notices = z
  .strictObject({
    webhook: webhook.optional(),
    command: z.array(text).min(1).max(1000).optional().describe('Program and arguments; the notice is in its environment.'),
    desktop: z.boolean().optional().describe('A notification on the desktop.'),
    on: z.array(z.enum(['end', 'person'])).optional().describe('When: at the end, and when a person is needed; default both.'),
  })
  .describe('Who is told that a run or night is over, or that a person is needed.');

const taskEntry = z
  .strictObject({
    ...execution,
    depends: names.optional().describe('Added to what the file says: A, A.phase2, A.2.3, A.landed, or phase2 and 2.3 of the own plan.'),
    files: names.optional().describe('Files, folders and globs that it writes, instead of those found in its text.'),
    waive: names.optional().describe('Files found in its text that it does not write.'),
    size: z.enum(['S', 'M', 'L', 'XL']).optional(),
    estimate: duration.optional(),
    cost: cost.optional().describe('Most that its agents may cost together, over all attempts.'),
    uses: z.union([names, amounts]).describe('Pools with amounts: [db:2, gpu] or { db: 2, gpu: 1 }.').meta({ expected: 'a list such as `[db:2, gpu]` or a map such as `{ db: 2 }`' }).optional(),
  })
  .describe('Said of one task.');

const planFields = {
  ...execution,
  branch: name.optional().describe('Default: plan/<id>.'),
  priority: priority.optional(),
  depends: names.optional().describe('What holds back the first tasks: A, A.phase2, A.2.3, A.landed.'),
  order: z.enum(['free', 'file']).optional(),
  verify: text.optional().describe('Shell command run on the plan’s branch before it counts as complete.'),
  cost: cost.optional().describe('Most that the agents of the plan may cost together, over all attempts.'),
  waive: names.optional().describe('Files found in its tasks’ texts that they do not write.'),
  features: featureFlags.optional(),
  phases: z.record(z.string(), z.strictObject({ depends: names.optional() })).optional().describe('By phase: phase2.'),
  tasks: z.record(z.string(), taskEntry).optional().describe('By the file’s own id: "2.3".'),
};

const formats = z.enum(['native', 'spec-kit', 'kiro', 'openspec', 'superpowers', 'taskmaster', 'checklist']);

/** One plan of the manifest. */
const planEntry = z.strictObject({
  plan: name.describe('Path of the plan file, relative to the manifest.'),
  format: formats.optional().describe('Read the file as this, whatever it looks like.'),
  tag: name.optional().describe('Which of the plans of a Task Master file.'),
  ...planFields,
});

const layerFields = {
  target: name.optional().describe('The branch to land in; default: the one checked out where the manifest is.'),
  defaults: defaults.optional(),
  limits: limits.optional(),
  landing: landing.optional(),
  features: featureFlags.optional(),
  secrets: names.optional().describe('Names or patterns of environment variables whose values are never shown.'),
  prompts: prompts.optional(),
  notify: notices.optional(),
};

/** Settings of one origin: `.planrc.yml`, the environment, flags. */
export const layerSchema = z.strictObject({ version: z.literal(1).optional(), ...layerFields });

/** A manifest. */
export const manifestSchema = z
  .strictObject({
    version: z.literal(1).optional(),
    ...layerFields,
    include: names.optional().describe('Globs, relative to the manifest: each file that matches is a plan.'),
    plans: z.record(z.string(), planEntry).optional().describe('By id.'),
  })
  .describe('Which plans, on which branches, with which priorities, and which waits for which.');

/** What a plan file may say of itself between `---` lines. */
export const frontMatterSchema = z.strictObject({ id: name.optional(), ...planFields });

/** Settings of one origin, as written. */
export type SettingsLayer = z.infer<typeof layerSchema>;
/** A manifest, as written. */
export type Manifest = z.infer<typeof manifestSchema>;
/** One plan of a manifest, as written. */
export type PlanEntry = z.infer<typeof planEntry>;
/** One task of a manifest, as written. */
export type TaskEntry = z.infer<typeof taskEntry>;
/** What a plan file says of itself. */
export type FrontMatter = z.infer<typeof frontMatterSchema>;
/** How a task is carried out, as written at one level. */
export type ExecutionEntry = Pick<TaskEntry, keyof typeof execution>;
/** Who is told what, as written; merged over all origins. Never journalled: an address of this kind is a secret. */
export type NotifyEntry = z.infer<typeof notices>;
/** An executor, as written. */
export type ExecutorEntry = z.infer<typeof executor>;

/** The JSON Schema of a manifest, for editors and for `plan schema`. */
export function manifestJsonSchema(): Record<string, unknown> {
  return { title: 'plan manifest', ...z.toJSONSchema(manifestSchema, { io: 'input', override: dropOurs }) };
}

function dropOurs({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void {
  delete jsonSchema.expected;
}
