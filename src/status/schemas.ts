/** JSON Schemas of what is printed for programs. Readers must pass over fields and kinds that they do not know. */

type Schema = Readonly<Record<string, unknown>>;

const text = { type: 'string' } as const;
const whole = { type: 'integer', minimum: 0 } as const;
const seconds = { type: 'number', minimum: 0 } as const;
const flag = { type: 'boolean' } as const;
const time = { type: 'string', format: 'date-time' } as const;
const list = (items: Schema): Schema => ({ type: 'array', items });
const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({ type: 'object', properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) });
const choice = (...values: readonly (string | null)[]): Schema => ({ enum: values });

const counts = object({ total: whole, done: whole, skipped: whole, running: whole, ready: whole, waiting: whole, blocked: whole, failed: whole });
const outcome = choice('landed', 'complete', 'failed', 'person', 'interrupted', 'deadline');
const failure = object({ kind: choice('input', 'failed', 'person', 'busy'), code: text, message: text, hint: text, place: { type: 'object' } }, ['hint', 'place']);

const planRow = object(
  {
    id: text,
    title: text,
    branch: text,
    priority: { type: 'number' },
    status: choice('waiting', 'ready', 'running', 'paused', 'by-hand', 'blocked', 'failed', 'refused', 'conflict', 'complete', 'dropped', 'landed'),
    phase: object({ id: text, title: text }),
    running: list(object({ node: text, title: text, kind: choice('task', 'verify'), attempt: whole, byHand: flag, committing: flag, doing: text, startedAt: time, elapsedSeconds: seconds }, ['doing'])),
    tasks: counts,
    reasons: list({ ...object({ kind: text, words: text }), description: 'Why the next task does not go on: `kind` with its own fields, and in words.' }),
    failures: list(object({ node: text, title: text, attempts: whole, reason: text, exitCode: { type: 'integer' }, note: text, salvaged: text }, ['reason', 'exitCode', 'note', 'salvaged'])),
    refused: failure,
    conflict: object({ input: text, files: list(text) }),
    elapsedSeconds: seconds,
    tip: text,
    published: list(object({ phase: text, generation: whole, commit: text })),
    stale: list(text),
  },
  ['phase', 'refused', 'conflict', 'elapsedSeconds', 'tip'],
);

const landing = object(
  {
    mode: choice('all-or-nothing', 'each', 'manual'),
    target: text,
    landed: list(text),
    preparing: list(text),
    chain: list(text),
    verifying: list(text),
    advancing: list(text),
    conflicts: list(object({ plan: text, with: { type: ['string', 'null'] }, files: list(text) })),
    dropped: list(object({ plan: text, reason: text, note: text }, ['note'])),
    awaitsApproval: list(text),
    undone: list(text),
    proposed: list(object({ plan: text, url: text })),
    holds: list(object({ plan: text, by: list(text), reason: choice('order', 'failed') })),
    refused: failure,
  },
  ['refused'],
);

/** `plan status --json`, and `status.json` beside the journal (with a `version` that grows). */
export const statusSchemaJson: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'plan status',
  ...object(
    {
      schema: { const: 1 },
      version: { ...whole, description: 'In status.json only: grows with every picture.' },
      run: text,
      manifest: text,
      target: text,
      state: choice('running', 'paused', 'stopped', 'finished'),
      outcome,
      entries: { ...whole, description: 'Facts shown: grows with each.' },
      startedAt: time,
      at: time,
      elapsedSeconds: seconds,
      tasks: counts,
      cost: { type: 'number' },
      plans: list(planRow),
      landing,
      overlaps: list(object({ plans: list(text), files: list(text) })),
      limited: list(object({ pool: text, until: time })),
      taskList: list(object({ id: text, plan: text, phase: text, kind: choice('task', 'verify'), title: text, status: choice('waiting', 'blocked', 'ready', 'running', 'passed', 'committed', 'failed', 'skipped'), attempts: whole, startedAt: time, endedAt: time, outcome: { type: 'object' }, commit: text, note: text }, ['phase', 'startedAt', 'endedAt', 'outcome', 'commit', 'note'])),
    },
    ['version', 'outcome', 'cost', 'taskList'],
  ),
};

/** One line of `--events` and of `plan status --watch --json`. */
export const eventsSchemaJson: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'plan event',
  description: 'One line of NDJSON. `kind` is that of a journal event with its own fields, or `progress` (what an attempt does now, not journalled) or `end` (the last line). Kinds and fields may be added.',
  ...object({ version: { const: 1 }, kind: text, at: time, seq: { ...whole, description: 'Number of the fact in the journal; progress and end have none.' }, node: text, plan: text, outcome: {}, tasks: { type: 'object' } }, ['seq', 'node', 'plan', 'outcome', 'tasks']),
};

/** `plan check <plan file> --json`. */
export const checkSchemaJson: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'plan check',
  ...object({
    plan: object({
      id: text,
      title: text,
      format: choice('native', 'spec-kit', 'kiro', 'openspec', 'superpowers', 'taskmaster', 'checklist'),
      phases: list(
        object(
          {
            id: text,
            title: text,
            line: whole,
            order: choice('free', 'file'),
            parallel: flag,
            depends: list(text),
            tasks: list(object({ id: text, title: text, line: whole, done: flag, kind: choice('task', 'verify'), depends: { ...list(text), description: 'What the file states of this task, or of its parent where it says nothing of the task, ranges expanded; a parent or group by its own id.' }, dependsStated: flag, waitsFor: { ...list(text), description: 'The tasks and phases behind it: leaves in the place of parents, and what the parents of this task state beside it.' }, files: list(text), parallel: flag, optional: flag })),
            verifies: list({ type: 'object' }),
          },
          ['depends'],
        ),
      ),
      suggestions: list(object({ file: text, text, line: whole })),
    }),
    diagnostics: list(object({ severity: choice('error', 'warning', 'info'), code: text, line: whole, column: whole, endColumn: whole, message: text, hint: text }, ['endColumn', 'hint'])),
    failures: { ...list({ type: 'object' }), description: 'The errors among the diagnostics, as every command states its failures.' },
  }, ['failures']),
};

/** `plan simulate --json`. */
export const simulateSchemaJson: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'plan simulate',
  ...object({ makespanSeconds: seconds, lowerBoundSeconds: seconds, phaseByPhaseSeconds: seconds, slots: whole, utilisation: { type: 'number' }, criticalPath: list(text), comparison: list(object({ name: text, seconds })), tasks: list(object({ plan: text, task: text, startSeconds: seconds, endSeconds: seconds })) }),
};
