/** Choosing a format, and the behaviours that other tools get wrong. */
import { findReader, readPlanFile } from '../../src/plan-file/readers.js';
import type { DocumentTask, PlanDocument } from '../../src/model/plan-document.js';

function read(text: string, path = 'plan.md'): PlanDocument {
  const [only] = readPlanFile(text, { path });
  if (!only) throw new Error('no document');
  return only.document;
}

const tasks = (document: PlanDocument): DocumentTask[] => document.phases.flatMap((phase) => phase.tasks);
const ids = (document: PlanDocument): string[] => tasks(document).map((task) => task.id);
const depends = (document: PlanDocument, id: string): string[] | undefined =>
  tasks(document)
    .find((task) => task.id === id)
    ?.depends?.map((reference) => ('id' in reference.to ? reference.to.id : reference.to.kind));
const codes = (document: PlanDocument): string[] => document.diagnostics.map((one) => one.code);

describe('the reader is found', () => {
  test.each([
    ['plans/a.md', '## Phase 1: A\n- [ ] 1.1 x\n', 'native'],
    ['plans/a.md', '', 'native'],
    ['specs/001-a/tasks.md', '## Phase 1: Setup\n- [ ] T001 x\n', 'spec-kit'],
    ['somewhere.md', '## Phase 1: Setup\n- [ ] T001 x\n- [ ] T002 x\n- [x] T003 x\n', 'spec-kit'],
    ['specs/001-a/tasks.md', '## Phase 1: A\n- [ ] 1.1 a\n- [ ] 1.2 b\n', 'spec-kit'],
    ['.kiro/specs/a/tasks.md', '# Implementation Plan\n- [ ] 1. A\n', 'kiro'],
    ['tasks.md', '- [ ] 1. A\n  - [ ] 1.1 B\n    - _Requirements: 1.1_\n', 'kiro'],
    ['openspec/changes/add-a/tasks.md', '## 1. A\n- [ ] 1.1 x\n', 'openspec'],
    ['tasks.md', '## 1. A\n- [ ] 1.1 x\n', 'openspec'],
    ['docs/superpowers/plans/2026-01-01-a.md', '### Task 1: A\n- [ ] **Step 1: x**\n', 'superpowers'],
    ['docs/plans/a.md', '# P\n## Phase 1: A\n- [ ] 1.1 x\n', 'native'],
    ['.taskmaster/tasks/tasks.json', '{"master":{"tasks":[]}}', 'taskmaster'],
    ['x.json', '{"tasks":[{"id":1}]}', 'taskmaster'],
    ['a.md', '# x\n````\n## Task 1: fake\n````\n## Phase 1: A\n- [ ] 1.1 x\n', 'native'],
  ])('%s %j is %s', (path, text, format) => {
    expect(findReader(path, text).format).toBe(format);
  });

  test('--format forces it', () => {
    const forced = readPlanFile('- [ ] 1.1 x\n', { path: 'a.md', format: 'openspec' });
    expect(forced[0]?.document.format).toBe('openspec');
  });
});

describe('what goes wrong elsewhere', () => {
  test('phases keep their order without any depends', () => {
    const document = read('## Phase 1: A\n- [ ] 1.1 a\n## Phase 2: B\n- [ ] 2.1 b\n## Phase 3: C\n- [ ] 3.1 c\n');
    expect(document.phases.map((phase) => [phase.id, phase.depends, phase.parallel])).toEqual([
      ['1', undefined, false],
      ['2', undefined, false],
      ['3', undefined, false],
    ]);
  });

  test.each([
    ['Tasks 1.1 and 1.3 are [SEQUENTIAL]', [['1.1', '1.3']]],
    ['Tasks 1.1-1.3 are [SEQUENTIAL] - same file', [['1.1', '1.2', '1.3']]],
    ['Tasks 1.1, 1.2, and 1.3 are [SEQUENTIAL] (one file)', [['1.1', '1.2', '1.3']]],
    ['Tasks 1.1–1.2 and 1.3 must be [SEQUENTIAL]', [['1.1', '1.2', '1.3']]],
    [
      'Tasks 1.1-1.2 are [SEQUENTIAL]; Tasks 1.2-1.3 are [SEQUENTIAL]',
      [
        ['1.1', '1.2'],
        ['1.2', '1.3'],
      ],
    ],
    ['[SEQUENTIAL]: Tasks 1.1-1.2', [['1.1', '1.2']]],
    ['Tasks 1.1 through 1.2 are [sequential]', [['1.1', '1.2']]],
    ['Task 1.3 depends on 9.9. Tasks 1.1-1.2 are [SEQUENTIAL] as task 1.3 says', [['1.1', '1.2']]],
  ])('%s', (note, chains) => {
    const document = read(`## Phase 1: A\n- [ ] 1.1 a\n- [ ] 1.2 b\n- [ ] 1.3 c\n\n**Execution Note:** ${note}\n`);
    expect(document.phases[0]?.sequences).toEqual(chains);
    expect(codes(document)).toEqual([]);
  });

  test.each([
    ['Phases 1-3 are [PARALLEL]', ['1', '2', '3']],
    ['Phases 1-2, 4 are [PARALLEL] - independent', ['1', '2', '4']],
    ['Phases 1 and 3 are [PARALLEL]', ['1', '3']],
    ['Phases 2, 3, and 4 are [PARALLEL]', ['2', '3', '4']],
  ])('%s', (note, parallel) => {
    const document = read(`${[1, 2, 3, 4].map((id) => `## Phase ${id}: A\n- [ ] ${id}.1 a\n`).join('')}\n**Execution Note:** ${note}\n`);
    expect(document.phases.filter((phase) => phase.parallel).map((phase) => phase.id)).toEqual(parallel);
  });

  test.each([
    ['(depends: 1.1.1-1.1.3)', ['1.1.1', '1.1.2', '1.1.3']],
    ['(depends on 1.1.2)', ['1.1.2']],
    ['(Depends On: 1.1)', ['1.1.1', '1.1.2', '1.1.3']],
    ['(depends: 1.1.1, 1.1.3 and phase1)', ['1.1.1', '1.1.3', '1']],
    ['(depends: none)', []],
    ['(depends: Tasks 1.1.1–1.1.2)', ['1.1.1', '1.1.2']],
    ['(size: M, depends: 1.1.1; retries: 1)', ['1.1.1']],
    ['(depends: 1.1.1 - it makes the table)', ['1.1.1']],
    ['(depends: `1.1.1`, **1.1.2**)', ['1.1.1', '1.1.2']],
  ])('%s', (annotation, expected) => {
    const document = read(
      `## Phase 1: A\n- [ ] 1.1 a\n  - [ ] 1.1.1 a\n  - [ ] 1.1.2 b\n  - [ ] 1.1.3 c\n## Phase 2: B\n- [ ] 2.1 x ${annotation}\n`,
    );
    expect(depends(document, '2.1')).toEqual(expected);
    expect(codes(document)).toEqual([]);
    expect(tasks(document).at(-1)?.title).toBe('x');
  });

  test('[X], other bullets, bold and code ids, indented tasks, ordered lists', () => {
    const document = read(
      '## Phase 1: A\n- [X] 1.1 a\n* [ ] **1.2** b\n+ [x] `1.3` c\n   - [ ] 1.4: d\n1. [ ] 1.5 e\n\n2) [ ] **1.6 f**\n',
    );
    expect(tasks(document).map((task) => [task.id, task.title, task.done])).toEqual([
      ['1.1', 'a', true],
      ['1.2', 'b', false],
      ['1.3', 'c', true],
      ['1.4', 'd', false],
      ['1.5', 'e', false],
      ['1.6', 'f', false],
    ]);
  });

  test('a task under an unrecognised heading does not join the phase before', () => {
    const document = read('## Phase 1: A\n- [ ] 1.1 a\n\n## Appendix\n- [ ] 1.2 b\n');
    expect(ids(document)).toEqual(['1.1']);
    expect(codes(document)).toEqual(['task-without-phase']);
  });

  test('a parent is done when its leaves are, and no task of its own', () => {
    const document = read(
      '## Phase 1: A\n- [x] 1.1 parent (depends: 1.2) (retries: 3)\n  - [x] 1.1.1 a\n  - [ ] 1.1.2 b (depends: 1.1.1)\n- [ ] 1.2 c\n',
    );
    expect(tasks(document).map((task) => [task.id, task.done, task.retries])).toEqual([
      ['1.1.1', true, 3],
      ['1.1.2', false, 3],
      ['1.2', false, undefined],
    ]);
    expect(depends(document, '1.1.1')).toEqual(['1.2']);
    expect(depends(document, '1.1.2')).toEqual(['1.1.1']);
  });

  test('an indented task that is no child keeps its parent a task', () => {
    expect(ids(read('## Phase 1: A\n- [ ] 1.1 a\n  - [ ] 1.2 b\n'))).toEqual(['1.1', '1.2']);
  });
});

describe('dependencies in the text', () => {
  test.each([
    ['**Depends on:** Task 1 (same package; serialize)', ['1']],
    ['**Depends on:** Task 1 | **Files:** `src/a.ts`', ['1']],
    ['**Phase:** One · **Depends on:** Tasks 1-2 · **Owns:** x', ['1', '2']],
    ['**Depends on:** None', []],
    ['**Depends on:** Task 1 (form), Task 2 (source).', ['1', '2']],
  ])('superpowers: %s', (line, expected) => {
    const document = read(
      `# P\n\n### Task 1: A\n\n### Task 2: B\n\n### Task 3: C\n\n${line}\n\n- [ ] **Step 1: x**\n`,
      'docs/superpowers/plans/x.md',
    );
    expect(depends(document, '3')).toEqual(expected);
  });

  test('what cannot be taken is reported', () => {
    const document = read('### Task 1: A\n\n### Task 2: B\n\n**Depends on:** Task 1.1 landing first\n\n- [ ] **Step 1: x**\n');
    expect(codes(document)).toEqual(['unknown-task']);
  });
});

describe('small things of the native format', () => {
  test.each([
    ['## Phase 2: Name', '2', 'Name'],
    ['## Phase 2 — Name', '2', 'Name'],
    ['## Phase 2 - Name', '2', 'Name'],
    ['### Phase 0: Name', '0', 'Name'],
    ['## **Phase 2:** Name', '2', 'Name'],
    ['## 🚀 Phase 2: Name', '2', 'Name'],
    ['## Phase 2', '2', ''],
    ['## Phase 2.5: Name ##', '2.5', 'Name'],
    ['Phase 2: Name\n---', '2', 'Name'],
    ['## Phase 2： 名前', '2', '名前'],
    ['## PHASE 2. Name [PARALLEL]', '2', 'Name'],
  ])('%j is a phase', (heading, id, title) => {
    const document = read(`${heading}\n\n- [ ] 2.1 a\n`);
    expect(document.phases.map((phase) => [phase.id, phase.title, phase.tasks.length])).toEqual([[id, title, 1]]);
  });

  test.each([
    ['## Phase 2: B\n\n**pipeline-start:** when 1.2 completes\n\n- [ ] 2.1 b\n', '2'],
    ['**pipeline-start:** when 1.2 completes\n\n## Phase 2: B\n- [ ] 2.1 b\n', '2'],
    ['## Phase 2: B (pipeline-start: when 1.2 completes)\n- [ ] 2.1 b\n', '2'],
    ['**pipeline-start:** when 1.2 completes\n## Phase 2: B\n- [ ] 2.1 b\n', '2'],
    ['---\n\n**Pipeline-Start:** when task 1.2 is done.\n\n---\n\n## Phase 2: B\n- [ ] 2.1 b\n', '2'],
  ])('pipeline-start in %j', (rest, phase) => {
    const document = read(`## Phase 1: A\n- [ ] 1.1 a\n- [ ] 1.2 b\n${rest}`);
    const start = document.phases.find((one) => one.id === phase)?.pipelineStart;
    expect(start && 'when' in start ? start.when.to : undefined).toEqual({ kind: 'task', id: '1.2' });
    expect(codes(document)).toEqual([]);
  });

  test('a lone or a wrong share of pipeline-start', () => {
    const share = (text: string): unknown => {
      const document = read(`## Phase 1: A\n- [ ] 1.1 a\n## Phase 2: B (pipeline-start: ${text})\n- [ ] 2.1 b\n`);
      const start = document.phases[1]?.pipelineStart;
      return start && 'percent' in start ? start.percent : codes(document);
    };
    expect(share('80%')).toBe(80);
    expect(share('when 50% of phase 1 is complete')).toBe(50);
    expect(share('180%')).toEqual(['malformed-pipeline-start']);
    expect(share('80% of phase 2')).toEqual(['malformed-pipeline-start']);
  });

  test('an sh block is the script exactly, indented or not', () => {
    const script = (text: string): string | undefined => tasks(read(`## Phase 1: A\n- [ ] 1.1 a\n${text}`))[0]?.script;
    expect(script('  ```sh\n  if a; then\n    b\n  fi\n\n  c\n  ```\n')).toBe('if a; then\n  b\nfi\n\nc\n');
    expect(script('\n```bash\nx\n```\n')).toBe('x\n');
    expect(script('  - first\n\n  ~~~~shell title\n  x\n  ~~~\n  ~~~~\n')).toBe('x\n~~~\n');
    expect(script('  ```js\n  x\n  ```\n')).toBeUndefined();
    expect(script('\nSome text.\n\n```sh\nx\n```\n')).toBeUndefined();
    expect(script('\n> quoted\n\n- x\n\n```sh\nx\n```\n')).toBeUndefined();
    expect(script('  ```sh\r\n  x\r\n  y\r\n  ```\r\n')).toBe('x\ny\n');
  });

  test('the body is dedented and holds neither title nor subtasks', () => {
    const [first] = tasks(read('## Phase 1: A\n- [ ] 1.1 a\n  - detail\n    more\n\n  Paragraph.\n- [ ] 1.2 b\n'));
    expect(first?.body).toBe('- detail\n  more\n\nParagraph.');
    const [leaf] = tasks(read('## Phase 1: A\n- [ ] 1.1 a\n  - of the parent\n  - [ ] 1.1.1 b\n    - of the leaf\n'));
    expect(leaf?.body).toBe('- of the parent\n\n- of the leaf');
  });

  test('a title cut over lines by its author is one title; a text below it is not', () => {
    const [cut, plain] = tasks(
      read(`## Phase 1: A\n- [ ] 1.1 ${'word '.repeat(14)}and\n  the rest of it (depends: 1.2)\n- [ ] 1.2 Short\n  Then some text.\n`),
    );
    expect(cut?.title).toBe(`${'word '.repeat(14)}and the rest of it`);
    expect(cut?.depends?.length).toBe(1);
    expect(plain?.title).toBe('Short');
    expect(plain?.body).toBe('Then some text.');
  });

  test('VERIFY names its phase wherever it stands', () => {
    const document = read(
      '## Phase 1: A\n- [ ] 1.1 a\n## Phase 2: B\n- [ ] 2.1 b\n\n## Verification\n\n**VERIFY Phase 1:** all is well\n\n```sh\ntrue\n```\n',
    );
    expect(document.phases.map((phase) => phase.verifies.map((verify) => [verify.criteria, verify.script]))).toEqual([
      [[['all is well'], 'true\n']],
      [],
    ]);
  });

  test('a numbered checkbox under VERIFY is a task that verifies', () => {
    const document = read('## Phase 1: A\n- [ ] 1.1 a\n\n**VERIFY Phase 1:**\n- [ ] 1.2 it exists\n\n## Phase 2: B\n- [ ] 2.1 b\n');
    expect(tasks(document).map((task) => [task.id, task.kind])).toEqual([
      ['1.1', 'task'],
      ['1.2', 'verify'],
      ['2.1', 'task'],
    ]);
    expect(codes(document)).toEqual([]);
  });

  test('places are those of the file', () => {
    const document = read('\ufeff# P\r\n\r\n## Phase 1: A\r\n\t- [ ] not here\r\n- [ ] 1.1 a (depends: 1.9)\r\n');
    expect(tasks(document)[0]?.place).toEqual({ line: 5, column: 7, endColumn: 10 });
    expect(document.diagnostics.find((one) => one.code === 'unknown-task')).toMatchObject({ line: 5, column: 23, endColumn: 26 });
  });
});
