/** Plans are generated, printed in the many spellings of each format, and read back as the same model; mutations never break a reader. */
import { fc } from '../rig/property.js';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPlanFile, readers } from '../../src/plan-file/readers.js';
import type { PlanDocument, PlanFormat } from '../../src/model/plan-document.js';

const runs = Number(process.env['FUZZ_RUNS'] ?? 60);

interface Task {
  readonly title: string;
  readonly done: boolean;
  readonly parallel: boolean;
  /** Positions of earlier leaves it waits for; undefined when it states nothing. */
  readonly depends: readonly number[] | undefined;
  readonly children: readonly { readonly title: string; readonly done: boolean }[];
}
interface Plan {
  readonly phases: readonly { readonly title: string; readonly tasks: readonly Task[] }[];
}

const title = fc
  .stringMatching(/^[A-Z][a-z]{1,8}( [a-z]{2,7}){0,4}$/)
  .filter((text) => !/^(?:Verify|Depend|Phase|Task|Upstream|Note)/.test(text) && !/\b(?:depends? on|e g)\b/.test(text));
const plan: fc.Arbitrary<Plan> = fc.record({
  phases: fc.array(
    fc.record({
      title,
      tasks: fc.array(
        fc.record({
          title,
          done: fc.boolean(),
          parallel: fc.boolean(),
          depends: fc.option(fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }), { nil: undefined, freq: 2 }),
          children: fc.oneof(
            { weight: 3, arbitrary: fc.constant([]) },
            { weight: 1, arbitrary: fc.array(fc.record({ title, done: fc.boolean() }), { minLength: 1, maxLength: 3 }) },
          ),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Choices of spelling, taken one after the other. */
type Pick = <T>(...options: readonly T[]) => T;
const picks = fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }).map((numbers): (() => Pick) => () => {
  let at = 0;
  return (...options) => options[(numbers[at++ % numbers.length] ?? 0) % options.length] as (typeof options)[number];
});

interface Row {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly depends: string | undefined;
}

/** The model as rows: what every format has to give back. */
function rows(document: PlanDocument): Row[] {
  return document.phases.flatMap((phase) =>
    phase.tasks.map((task) => ({
      id: task.id,
      // A dependency said in passing stays in the title.
      title: task.title.replace(/\. Depends on: .*$/, ''),
      done: task.done,
      depends: task.depends
        ?.map((reference) => ('id' in reference.to ? reference.to.id : '?'))
        .sort()
        .join(','),
    })),
  );
}

/** Ids of the leaves in file order, by a format's numbering. */
function expected(
  wanted: Plan,
  id: (phase: number, task: number, running: number) => string,
  child: (parent: string, index: number) => string,
  inherits = true,
): { rows: Row[]; parents: string[]; depends: Map<string, string[] | undefined> } {
  const found: Row[] = [];
  const parents: string[] = [];
  const depends = new Map<string, string[] | undefined>();
  let running = 0;
  for (const [phaseIndex, phase] of wanted.phases.entries()) {
    for (const [taskIndex, task] of phase.tasks.entries()) {
      const own = id(phaseIndex + 1, taskIndex + 1, ++running);
      const before = found.map((row) => row.id);
      const list = task.depends && before.length > 0 ? [...new Set(task.depends.map((at) => before[at % before.length] ?? ''))] : undefined;
      depends.set(own, list);
      const text = list && [...list].sort().join(',');
      if (task.children.length === 0) found.push({ id: own, title: task.title, done: task.done, depends: text });
      else {
        parents.push(own);
        for (const [index, one] of task.children.entries())
          found.push({ id: child(own, index + 1), title: one.title, done: one.done, depends: inherits ? text : undefined });
      }
    }
  }
  return { rows: found, parents, depends };
}

const box = (pick: Pick, done: boolean): string => (done ? `[${pick('x', 'X')}]` : '[ ]');
const noise = [
  '',
  '\n```text\n- [ ] 9.9 T999 fake\n```\n',
  '\n~~~~\n```\n- [ ] 8.8 fake\n~~~~\n',
  '\n<!--\n- [ ] 7.7 T777 fake\n-->\n',
  '\n> - [ ] 6.6 T666 fake\n',
];

function finish(pick: Pick, text: string): string {
  const ended = pick(text, text.trimEnd(), `${text}\n\n`);
  const broken = pick(ended, ended.replace(/\n/g, '\r\n'));
  return pick(broken, `\ufeff${broken}`);
}

function printNative(wanted: Plan, pick: Pick): string {
  const { depends } = expected(
    wanted,
    (phase, task) => `${phase}.${task}`,
    (parent, index) => `${parent}.${index}`,
  );
  let text = `# Plan\n`;
  for (const [phaseIndex, phase] of wanted.phases.entries()) {
    text += `\n${pick('##', '###', '##')} ${pick('Phase', 'PHASE', '**Phase')} ${phaseIndex + 1}`;
    text += text.endsWith(`**Phase ${phaseIndex + 1}`) ? `:** ${phase.title}\n` : `${pick(': ', ' — ', ' - ', '： ')}${phase.title}\n`;
    text += pick(...noise);
    for (const [taskIndex, task] of phase.tasks.entries()) {
      const id = `${phaseIndex + 1}.${taskIndex + 1}`;
      const list = depends.get(id);
      const annotation = list
        ? ` ${pick('(depends: ', '(depends on ', '(Depends on: ', '(depends: Tasks ')}${list.join(pick(', ', ' and ', ',', ', and '))})`
        : '';
      text += `${pick('-', '*', '+')} ${box(pick, task.done)} ${pick(id, `**${id}**`, `\`${id}\``, `${id}:`, `${id}.`)} ${task.title}${annotation}${pick('', ' ', ' (a remark)').replace(' (a remark)', '')}\n`;
      const indent = pick('  ', '    ', '\t');
      for (const [index, child] of task.children.entries())
        text += `${indent}- ${box(pick, child.done)} ${id}.${index + 1} ${child.title}\n${pick('', `${indent}  - detail\n`)}`;
      text += pick('', '\n', '  - a detail\n', '  - [ ] a step without an id\n');
    }
  }
  return finish(pick, text);
}

function printSpecKit(wanted: Plan, pick: Pick): string {
  const number = (running: number): string => `T${String(running).padStart(3, '0')}`;
  const { depends } = expected(
    wanted,
    (_, __, running) => number(running),
    (parent, index) => `${parent}${'abc'.charAt(index - 1)}`,
  );
  let text = '# Tasks: X\n\n## Format: `[ID] [P?] [Story] Description`\n\n- **[P]**: parallel\n';
  let running = 0;
  for (const [phaseIndex, phase] of wanted.phases.entries()) {
    text += `\n## Phase ${phaseIndex + 1}: ${phase.title}\n\n**Purpose**: x\n${pick(...noise)}\n`;
    for (const task of phase.tasks) {
      const id = number(++running);
      const list = depends.get(id);
      const annotation = list
        ? pick(` (depends on ${list.join(', ')})`, `. **Depends on**: ${list.join(', ')}.`, ` (depends: ${list.join(' and ')})`)
        : '';
      text += `- ${box(pick, task.done)} ${id} ${task.parallel ? '[P] ' : ''}${pick('', '[US1] ')}${task.title}${annotation}\n`;
      for (const [index, child] of task.children.entries())
        text += `${pick('  ', '\t')}- ${box(pick, child.done)} ${id}${'abc'.charAt(index)} ${child.title}\n`;
    }
    text += pick('', '\n**Checkpoint**: done\n\n---\n');
  }
  return finish(pick, `${text}\n## Dependencies & Execution Order\n\n- models before services\n\n\`\`\`bash\n- [ ] T998 x\n\`\`\`\n`);
}

function printKiro(wanted: Plan, pick: Pick): string {
  const { depends } = expected(
    wanted,
    (phase, task) => `${phase}.${task}`,
    (parent, index) => `${parent}.${index}`,
  );
  const flat = pick(true, false);
  let text = `# ${pick('Implementation Plan', '実装計画')}\n${pick('', '\n## Tasks\n')}\n`;
  for (const [phaseIndex, phase] of wanted.phases.entries()) {
    text += `- [${pick(' ', '-', '~')}] ${phaseIndex + 1}. ${phase.title}\n`;
    for (const [taskIndex, task] of phase.tasks.entries()) {
      const id = `${phaseIndex + 1}.${taskIndex + 1}`;
      const indent = flat ? '' : '  ';
      const list = depends.get(id);
      text += `${indent}- ${box(pick, task.done)}${pick('', '*')} ${id} ${task.parallel ? '(P) ' : ''}${task.title}\n`;
      text += `${pick('', `${indent}  - detail\n`)}${indent}  - _Requirements: 1.1, 2.2_\n${list ? `${indent}  - _Depends: ${list.join(', ')}_\n` : ''}`;
      for (const [index, child] of task.children.entries())
        text += `${indent}  - ${box(pick, child.done)} ${id}.${index + 1} ${child.title}\n`;
    }
    text += pick('', '\n');
  }
  return finish(pick, `${text}\n## Notes\n\n- Tasks marked with \`*\` are optional\n`);
}

function printOpenSpec(wanted: Plan, pick: Pick): string {
  let text = pick('# Tasks\n\n', '# Implementation Tasks\n\n', '');
  for (const [phaseIndex, phase] of wanted.phases.entries()) {
    text += `## ${phaseIndex + 1}. ${phase.title}\n${pick('', '\n')}`;
    for (const [taskIndex, task] of phase.tasks.entries()) {
      const id = `${phaseIndex + 1}.${taskIndex + 1}`;
      text += `- ${box(pick, task.done)} ${pick(id, `**${id}**`)} ${task.title}\n`;
      for (const [index, child] of task.children.entries()) text += `  - ${box(pick, child.done)} ${id}.${index + 1} ${child.title}\n`;
    }
    text += '\n';
  }
  return finish(pick, text);
}

function printSuperpowers(wanted: Plan, pick: Pick): string {
  const { depends } = expected(
    wanted,
    (_, __, running) => String(running),
    (parent) => parent,
  );
  let text = '# Plan\n\n> superpowers:executing-plans\n\n**Goal:** x\n\n---\n\n';
  let running = 0;
  for (const phase of wanted.phases) {
    for (const task of phase.tasks) {
      const id = String(++running);
      const list = depends.get(id);
      text += `${pick('##', '###')} Task ${id}${pick(': ', ' - ', ': ')}${task.title}\n\n**Files:**\n- Create: \`src/a${id}.ts\`\n- Modify: \`src/b.ts:1-20\`\n\n`;
      if (list) text += `**Depends on:** ${list.map((one) => `Task ${one}`).join(', ')}\n\n`;
      text += `- ${box(pick, task.done)} **Step 1: x**\n\n\`\`\`\`md\n## Task 1: fake\n\`\`\`\n- [ ] fake\n\`\`\`\n\`\`\`\`\n\n- ${box(pick, task.done)} **Step 2: y**\n\n`;
    }
  }
  return finish(pick, text);
}

function printTaskMaster(wanted: Plan, pick: Pick): string {
  const { depends } = expected(
    wanted,
    (_, __, running) => String(running),
    (parent, index) => `${parent}.${index}`,
  );
  let running = 0;
  const tasks = wanted.phases.flatMap((phase) =>
    phase.tasks.map((task) => {
      const id = String(++running);
      return {
        id: pick<string | number>(id, running),
        title: task.title,
        status: task.done ? 'done' : pick('pending', 'in-progress', 'review'),
        dependencies: (depends.get(id) ?? []).map((one) => (one.includes('.') ? one : pick<string | number>(one, Number(one)))),
        subtasks: task.children.map((child, index) => ({
          id: index + 1,
          title: child.title,
          status: child.done ? 'done' : 'pending',
          dependencies: [],
        })),
      };
    }),
  );
  const text = JSON.stringify(pick<unknown>({ master: { tasks, metadata: {} } }, { tasks }), undefined, pick(2, 0, 4));
  return pick(text, `${text}\n`);
}

const dotted = (phase: number, task: number): string => `${phase}.${task}`;
const childDotted = (parent: string, index: number): string => `${parent}.${index}`;

function roundTrip(format: PlanFormat, path: string, print: (wanted: Plan, pick: Pick) => string, want: (wanted: Plan) => Row[]): void {
  fc.assert(
    fc.property(plan, picks, (wanted, choose) => {
      const text = print(wanted, choose());
      const document = readPlanFile(text, { path })[0]?.document;
      expect(document?.format).toBe(format);
      expect(document && rows(document)).toEqual(want(wanted));
      expect(document?.diagnostics.filter((one) => one.severity !== 'info')).toEqual([]);
    }),
    { numRuns: runs },
  );
}

describe('a plan that is printed is read back', () => {
  test('native', () => roundTrip('native', 'plans/a.md', printNative, (wanted) => expected(wanted, dotted, childDotted).rows));
  test('spec-kit', () => {
    const number = (_: number, __: number, running: number): string => `T${String(running).padStart(3, '0')}`;
    roundTrip(
      'spec-kit',
      'specs/001-x/tasks.md',
      printSpecKit,
      (wanted) => expected(wanted, number, (parent, index) => `${parent}${'abc'.charAt(index - 1)}`).rows,
    );
  });
  test('kiro', () => roundTrip('kiro', '.kiro/specs/x/tasks.md', printKiro, (wanted) => expected(wanted, dotted, childDotted).rows));
  test('openspec', () =>
    roundTrip('openspec', 'openspec/changes/x/tasks.md', printOpenSpec, (wanted) =>
      expected(wanted, dotted, childDotted).rows.map((row) => ({ ...row, depends: undefined })),
    ));
  test('superpowers', () => {
    const flat = (wanted: Plan): Plan => ({
      phases: wanted.phases.map((phase) => ({ ...phase, tasks: phase.tasks.map((task) => ({ ...task, children: [] })) })),
    });
    roundTrip(
      'superpowers',
      'docs/superpowers/plans/x.md',
      (wanted, pick) => printSuperpowers(flat(wanted), pick),
      (wanted) => expected(flat(wanted), (_, __, running) => String(running), childDotted).rows,
    );
  });
  test('taskmaster', () =>
    roundTrip('taskmaster', '.taskmaster/tasks/tasks.json', printTaskMaster, (wanted) => {
      const found = expected(wanted, (_, __, running) => String(running), childDotted);
      // A leaf without dependencies has an empty list in this format.
      return found.rows.map((row) => ({ ...row, depends: row.depends ?? (row.id.includes('.') ? undefined : '') }));
    }));
});

describe('mutated files', () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
  const texts = readdirSync(root).flatMap((format) =>
    readdirSync(join(root, format))
      .filter((file) => !file.endsWith('.txt'))
      .map((file) => readFileSync(join(root, format, file), 'utf8')),
  );
  const pieces = fc.constantFrom(
    '',
    '(',
    ')',
    '`',
    '```',
    '~~~',
    '- [ ] ',
    '[x]',
    '<!--',
    '-->',
    '\n',
    '\r',
    '\t',
    '    ',
    '#',
    '> ',
    '(depends: ',
    '1.1-',
    '**',
    '\u0000',
    '\ud800',
    '{',
    '"',
    '[',
    '🚀',
    '[PARALLEL]',
    'Phase 1:',
    '\\',
    '_',
    '1.',
    '---',
  );

  test('are read by every reader without an exception, with ids that are unique and references that exist', () => {
    const edits = fc.array(fc.tuple(fc.nat(4000), fc.nat(12), pieces), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        edits,
        fc.constantFrom(...readers.map((reader) => reader.format)),
        fc.boolean(),
        (text, changes, format, forced) => {
          let mutated = text;
          for (const [at, length, piece] of changes)
            mutated = mutated.slice(0, at % (mutated.length + 1)) + piece + mutated.slice((at % (mutated.length + 1)) + length);
          for (const { document } of readPlanFile(mutated, forced ? { path: 'x.md', format } : { path: 'x.md' })) {
            const tasks = document.phases.flatMap((phase) => phase.tasks);
            const ids = new Set(tasks.map((task) => task.id));
            expect(ids.size).toBe(tasks.length);
            expect(new Set(document.phases.map((phase) => phase.id)).size).toBe(document.phases.length);
            for (const task of tasks) {
              for (const reference of task.depends ?? [])
                if (reference.plan === undefined && reference.to.kind === 'task') expect(ids.has(reference.to.id)).toBe(true);
              if (task.checkbox !== undefined) expect(mutated.charAt(task.checkbox - 1) + mutated.charAt(task.checkbox + 1)).toBe('[]');
            }
            for (const wave of document.waves ?? []) for (const id of wave) expect(ids.has(id)).toBe(true);
            for (const one of document.diagnostics) expect(one.line >= 1 && one.column >= 1).toBe(true);
          }
        },
      ),
      { numRuns: runs * 5 },
    );
  });
});
