/** Spellings met in plan files of many teams, each cut down to the lines that matter. */
import { findReader, readPlanFile } from '../../src/plan-file/readers.js';
import { modelText } from './model-text.js';

const paths = {
  'spec-kit': 'specs/001-a/tasks.md',
  kiro: '.kiro/specs/a/tasks.md',
  openspec: 'openspec/changes/add-a/tasks.md',
  superpowers: 'docs/superpowers/plans/2026-01-01-a.md',
  native: 'plans/a.md',
  checklist: 'PLAN.md',
} as const;

/** The model without the line about the file: phases, tasks, remarks. */
function model(format: keyof typeof paths, lines: readonly string[]): string[] {
  const documents = readPlanFile(`${lines.join('\n')}\n`, { path: paths[format] });
  return documents.flatMap(({ document }) => modelText(document).trimEnd().split('\n').slice(1));
}

describe('spec-kit in the field', () => {
  const phase = ['## Phase 1: Setup', '- [ ] T001 a', '- [ ] T002 b'];
  const depends = (line: string): string | undefined => /depends=(\S+)/.exec(model('spec-kit', [...phase, ...line.split('\n')])[3] ?? '')?.[1];

  test.each([
    ['- [ ] T003 c (data.md "X"); depends on T001, T002\n  for the types.', 'T001,T002'],
    ['- [ ] T003 c (contracts/a.md; depends on T001).', 'T001'],
    ['- [ ] T003 c (depends\n  on T001, T002).', 'T001,T002'],
    ['- [ ] T003 c (depends on T001 models)', 'T001'],
    ['- [ ] T003 c (depends on T001, same file)', 'T001'],
    ['- [ ] T003 c (depends on T001;\n  data-model.md)', 'T001'],
    ['- [ ] T003 c (depends on T001: the auth fix)', 'T001'],
    ['- [ ] T003 c (depends on T001-T002)', 'T001,T002'],
    ['- [ ] T003 更新 `a.py`（依赖：T001、T002；验收：通过）', 'T001,T002'],
    ['- [ ] T003 更新（验收：通过；依赖：T001）', 'T001'],
    ['- [ ] T003 c (依存: T001)', 'T001'],
    ['- [ ] T003: c\n  - Depends: T002', 'T002'],
    ['- [ ] T003 c (owner: me) (depends: -)', 'none'],
    ['- [ ] T003 c. **Blocked on T001**', 'T001'],
    ['- [ ] T003 c (requires T001, T002)', 'T001,T002'],
    ['- [ ] T003 c (after T001, before T004)', 'T001'],
    ['- [ ] T003 c [deps: T001, T002]', 'T001,T002'],
    ['- [ ] T003 c — plik `a.kt`; wymaga T001, T002', 'T001,T002'],
    ['- [ ] T003 c after T001 is merged', 'T001'],
    ['- [ ] T003 c (can run in parallel with T001; not blocked by T002)', undefined],
    ['- [ ] T003 c like T001, after T002 as usual', undefined],
  ])('%j', (line, expected) => {
    expect(depends(line)).toBe(expected);
    expect(model('spec-kit', [...phase, ...line.split('\n')]).filter((one) => /^(?:warning|error)/.test(one))).toEqual([]);
  });

  test.each([
    ['ids with a hyphen, in bold, in brackets', ['## Phase 1: A', '- [ ] T-001 a', '- [x] **T-002**: b', '- [ ] [T-003] [P] c'], ['- T-001 «a»', 'x T-002 «b»', '- T-003 «c» parallel']],
    ['phases in another language', ['## フェーズ1: 基盤', '- [ ] T001 a', '## 阶段 2：核心', '- [ ] T002 b', '## 第三阶段：收尾', '- [ ] T003 c', '## Fase 4 - Fim', '- [ ] T004 d'], ['phase 1 «基盤» file', '- T001 «a»', 'phase 2 «核心» file', '- T002 «b»', 'phase 3 «收尾» file', '- T003 «c»', 'phase 4 «Fim» file', '- T004 «d»']],
    ['parentheses that are prose', ['## Phase 1: A', '- [ ] T001 Add A.cs (properties: Email, Password)', '- [ ] T002 Retry (timeout: 4KB)', '- [ ] T003 X (scope: `src/**`)'], ['- T001 «Add A.cs (properties: Email, Password)»', '- T002 «Retry (timeout: 4KB)»', '- T003 «X (scope: `src/**`)» files=src/**']],
    ['a phase heading one level too deep', ['## Fase 4 — A', '- [ ] T401 a', '### Fase 5: B (DONE)', '- [x] T501: b', '## Fase 6 — C', '- [ ] T601 c'], ['phase 4 «A» file', '- T401 «a»', 'phase 5 «B (DONE)» file', 'x T501 «b»', 'phase 6 «C» file', '- T601 «c»']],
    ['phases without a colon, and prose like them', ['## Phase 4.0 Start', '- [ ] **T-01** a', '## Phase 4.1 Kern', '- [ ] **T-02** b', '## Phase 2 Scope', 'words'], ['phase 4.0 «Start» file', '- T-01 «a»', 'phase 4.1 «Kern» file', '- T-02 «b»']],
    ['notes that explain labels, and no boxes', ['## Phase 1: A', '- [B] T001 a', '- [✓] T002 b', '## Notes', '- [P] tasks = different files', '- [1] a footnote'], ['- T001 «a»', 'x T002 «b»']],
    ['boxes that are none', ['## Phase 1: A', '- [ ] T001 a', '- [] T002 b', '- [ x] T003 c'], ['- T001 «a»', 'warning 3:3 checkbox-not-read', 'warning 4:3 checkbox-not-read']],
    ['blocks of Markdown that show blocks', ['## Phase 1: A', '- [ ] T001 a', '', '```markdown', '## Title', '```mermaid', 'graph', '```', '```', '- [ ] T002 b', '## Phase 2: B', '- [ ] T003 c'], ['- T001 «a»', '- T002 «b»', 'phase 2 «B» file', '- T003 «c»']],
    ['a drawing that says what the tasks do not', ['## Phase 1: A', '- [ ] T001 a', '- [ ] T002 [P] b', '- [ ] T003 c', '```mermaid', 'graph TD', '  T001 --> T003', '  T001[T001: a] --> T002 & T003', '```'], ['- T001 «a»', '- T002 «b» parallel', '- T003 «c»', 'warning 8:1 order-in-prose']],
    ['a checklist that repeats ids', ['## Phase 1: A', '- [ ] T001 a', '## Definition of Done', '- [ ] T001: works'], ['- T001 «a»']],
    ['a phase heading with a dependency', ['## Phase 1: A', '- [ ] T001 a', '## Phase 2: B', '- [ ] T002 b', '## Phase 3: C (depends on Phase 1)', '- [ ] T003 c'], ['- T001 «a»', 'phase 2 «B» file', '- T002 «b»', 'phase 3 «C» file depends=phase1', '- T003 «c»']],
  ])('%s', (_name, lines, expected) => {
    const found = model('spec-kit', lines).map((one) => one.trim());
    expect(found).toEqual(expected[0]?.startsWith('phase') ? expected : ['phase 1 «A» file', ...expected]);
  });

  test.each([
    [['### Rename (depends on T001)', '- [ ] T003 c'], 'warning 4:24 unclear-dependency'],
    [['- [ ] T003 must precede T004', '- [ ] T004 d'], 'warning 4:12 unclear-dependency'],
    [['## Dependencies', '- T001 must be done before T002'], 'warning 5:3 order-in-prose'],
    [['## Dependencies', '- T002 depends on T001', '- T001 → T002'], 'warning 5:8 order-in-prose'],
    [['## Dependencies', '- **US1 (Phase 3)**: Depends on Phase 1'], 'info 5:22 order-in-prose'],
  ])('%j is reported', (lines, expected) => {
    expect(model('spec-kit', [...phase, ...lines]).filter((one) => /^(?:warning|info|error)/.test(one))).toEqual([expected]);
  });
});

describe('Kiro in the field', () => {
  test.each([
    ['an escaped star', ['- [ ] 1. A', '  - [ ] 1.1 a', '  - [ ]\\* 1.2 b', '  - [x]* 1.3 c'], ['phase 1 «A» file', '- 1.1 «a» in A', '- 1.2 «b» optional in A', 'x 1.3 «c» optional in A']],
    ['(P) behind the title', ['- [ ] 1. A', '- [ ] 1.1 a (P)'], ['phase 1 «A» file', '- 1.1 «a» parallel in A']],
    ['headings in the place of major tasks', ['## 2. Core', '- [ ] 2.1 a', '## Phase 3 — Wiring', '- [ ] 3.1 b', '## Task 4: End', '- [ ] 4.1 c'], ['phase 2 «Core» file', '- 2.1 «a» in 2. Core', 'phase 3 «Wiring» file', '- 3.1 «b» in Phase 3 — Wiring', 'phase 4 «End» file', '- 4.1 «c» in Task 4: End']],
    ['dependencies in another language', ['- [ ] 1. A', '- [ ] 1.1 a', '- [ ] 2. B', '  - _Dependencies: タスク1完了（データ、環境）_', '- [ ] 2.1 b', '- [ ] 3. C', '- [ ] 3.1 c', '  - _依存: タスク1.1_'], ['phase 1 «A» file', '- 1.1 «a» in A', 'phase 2 «B» file', '- 2.1 «b» depends=1.1 in B', 'phase 3 «C» file', '- 3.1 «c» depends=1.1 in C']],
    ['numbers behind a T', ['## Done', '- [x] T1 a', '- [ ] T9a b', '- [ ] T10 c', '- [ ] T11 d', '- [ ] T12 e'], ['phase T1 «a» file', 'x T1 «a» in Done', 'phase T9a «b» file', '- T9a «b» in Done', 'phase T10 «c» file', '- T10 «c» in Done', 'phase T11 «d» file', '- T11 «d» in Done', 'phase T12 «e» file', '- T12 «e» in Done']],
    ['a dependency whose word stands behind it', ['- [ ] 1. A', '- [ ] 1.1 a', '- [ ] 1.2 b', '- [ ] 2.1 c（1.1, 1.2に依存）'], ['phase 1 «A» file', '- 1.1 «a» in A', '- 1.2 «b» in A', 'phase 2 «» file', '- 2.1 «c（1.1, 1.2に依存）» depends=1.1,1.2']],
    ['files in emphasis, none of them cut', ['- [ ] 1. A', '- [ ] 1.1 a', '  - _Files: b/c.json, b/README.md_', '  - png/jpeg/**gif** are taken'], ['phase 1 «A» file', '- 1.1 «a» files=b/c.json!,b/README.md! in A']],
    ['majors that are called 1.0', ['- [ ] 1.0 A', '  - [x] 1.1 a', '- [ ] 2.0 B'], ['phase 1 «A» file', 'x 1.1 «a» in A', 'phase 2 «B» file', '- 2.0 «B»']],
    ['a zeroth task of a major', ['- [ ] 1. A', '  - [ ] 1.0 a', '    - [ ] 1.0.1 b'], ['phase 1 «A» file', '- 1.0.1 «b» in A / a']],
    ['waves as headings', ['## Wave 1: A', '- [ ] 1.1 a', '  - _Depends: -_'], ['phase 1 «A» file', '- 1.1 «a» depends=none in Wave 1: A']],
    ['a count is no task', ['- [ ] 1. A', '- [ ] 2. B', '  - Dependencies: 2 new packages'], ['phase 1 «A» file', '- 1 «A»', 'phase 2 «B» file', '- 2 «B»']],
    ['waves that leave a checkpoint out', ['- [ ] 1. A', '  - [ ] 1.1 a', '- [ ] 2. Checkpoint', '- [ ] 3. C', '  - [ ] 3.1 c', '```json', '{"waves":[{"wave":1,"tasks":["1"]},{"wave":2,"tasks":["3.1"]}]}', '```'], ['waves 1.1 | 2 | 3.1', 'phase 1 «A» file', '- 1.1 «a» in A', 'phase 2 «Checkpoint» file', '- 2 «Checkpoint»', 'phase 3 «C» file', '- 3.1 «c» in C', 'info 6:1 waves-incomplete']],
  ])('%s', (_name, lines, expected) => {
    expect(model('kiro', lines).map((one) => one.trim())).toEqual(expected);
  });
});

describe('OpenSpec in the field', () => {
  test.each([
    ['a flat list', ['# Tasks', '', '- [x] Draft', '- [ ] `openspec` runs'], ['phase 1 «» file', 'x 1.1 «Draft»', '- 1.2 «`openspec` runs»', 'info 3:7 task-without-id']],
    ['tasks as headings with criteria alone', ['## Task 1.1: Keys', '### Acceptance Criteria', '- [x] a', '## Task 1.2: Endpoints', '**Dependencies**: Task 1.1', '### Acceptance Criteria', '- [ ] b'], ['phase 1.1 «Keys» file', 'x 1.1.1 «a» in Acceptance Criteria', 'phase 1.2 «Endpoints» file', '- 1.2.1 «b» in Acceptance Criteria', 'info 3:7 task-without-id', 'warning 5:1 order-in-prose']],
    ['numbers behind a T', ['### 阶段 1: 基础', '- [ ] **T1.1** a', '- [x] **T1.2** b', '## 技术依赖', '- T1.1 → T1.2'], ['phase 1 «基础» file', '- T1.1 «a»', 'x T1.2 «b»', 'warning 5:3 order-in-prose']],
    ['criteria beside tasks', ['## 1. A', '- [ ] 1.1 a', '## Acceptance Criteria', '- [ ] b'], ['phase 1 «A» file', '- 1.1 «a»', 'info 4:7 checkbox-set-aside']],
    ['groups that say how they run', ['## 1. A (parallel)', '- [ ] 1.1 a | files: b.ts', '- [ ] 1.2 c | depends: 1.1 | agent: d', '## 2. E (sequential, depends: 1)', '- [ ] 2.1 f'], ['phase 1 «A (parallel)» free', '- 1.1 «a | files: b.ts» files=b.ts', '- 1.2 «c | depends: 1.1 | agent: d» depends=1.1', 'phase 2 «E (sequential, depends: 1)» file depends=phase1', '- 2.1 «f»']],
    ['what a task waits for in its text', ['## 1. A', '- [ ] 1.1 a. **Depends on:** none. **Acceptance:** b.', '- [ ] 1.2 c. **Depends on:** 1.1.', '- [ ] 1.3 depends on `x`.'], ['phase 1 «A» file', '- 1.1 «a. Depends on: none. Acceptance: b.» depends=none', '- 1.2 «c. Depends on: 1.1.» depends=1.1', '- 1.3 «depends on `x`.»']],
    ['lines that are twice as wide', ['## 1. A', '- [x] 1.1 フォローアップの保存形式を質問と回答の配列に変更し、', '  回答が空でも送信する'], ['phase 1 «A» file', 'x 1.1 «フォローアップの保存形式を質問と回答の配列に変更し、 回答が空でも送信する»']],
    ['parentheses', ['## 1. A', '- [ ] 1.1 a (depends: none)', '- [ ] 1.2 b [parallel:group1] (depends: 1.1)'], ['phase 1 «A» file', '- 1.1 «a» depends=none', '- 1.2 «b [parallel:group1]» parallel depends=1.1']],
  ])('%s', (_name, lines, expected) => {
    expect(model('openspec', lines).map((one) => one.trim())).toEqual(expected);
  });
});

describe('superpowers in the field', () => {
  const tasks = (lines: readonly string[]): string[] => model('superpowers', lines).map((one) => one.trim());

  test('blocks of Markdown that show blocks of code hold no headings and lose none behind them', () => {
    const text = ['### Task 1: A', '- [x] **Step 1: x**', '```markdown', '## Before', '```bash', 'ls', '```', '## Task 1: fake', '```bash', 'ls', '```', '### Report', '```', '- [x] **Step 2: y**', '### Task 2: B', '- [ ] **Step 1: x**'];
    expect(tasks(text)).toEqual(['phase 1 «» file', 'x 1 «A»', '- 2 «B»']);
  });

  test('a block of Markdown that is never closed ends where Markdown says', () => {
    const text = ['### Task 1: A', '```markdown', '```bash', 'ls', '```', '### Task 2: B'];
    expect(tasks(text)).toEqual(['phase 1 «» file', '- 1 «A»', '- 2 «B»']);
  });

  test.each([
    ['**Depends on:** Task 1 GREEN passing.', '1'],
    ['**Depends on:** Task 1 and Task 2 (needs its output)', '1,2'],
    ['**Depends on:** Task 1 | **Files:** `a.ts`', '1'],
    ['**Depends on:** Task 1 (`useNav`).', '1'],
    ['**Depends On:** Task 1 (the delta. layer). Not Task 2 — why', '1'],
    ['**Depends on:** Tasks 1–2', '1,2'],
    ['**Dependencies**: None (can start at once)', 'none'],
    ['- **Depends on:** none', 'none'],
    ['**What:** x. **Depends on:** Task 1. **Acceptance:** y', '1'],
    ['- Test: `a.ts`\n**Depends on:** Task 1, Task 2\n**More:** x', '1,2'],
    ['**Prerequisites:** Task 2', '2'],
    ['**Requires:** Node 18.2', undefined],
    ['**前置条件**: Task 1 完成', '1'],
    ['**depends_on**: [first, 2]', '1,2'],
    ['**depends_on**: []', 'none'],
  ])('%s', (line, expected) => {
    const found = tasks(['### Task 1: A', '**id**: first', '', '### Task 2: B', '', '### Task 3: C', '', ...line.split('\n')]);
    expect(found.filter((one) => /^(?:warning|error)/.test(one))).toEqual([]);
    expect(/depends=(\S+)/.exec(found[3] ?? '')?.[1]).toBe(expected);
  });

  test('a title keeps its code, and files that are left alone are none', () => {
    expect(tasks(['### Task 1: `@a/b` — C', '', '**Files:**', '- Create: `a/My Guide.md`', '- No changes to `b.ts`'])).toEqual(['phase 1 «» file', '- 1 «`@a/b` — C» files=a/My Guide.md!']);
  });

  test('headings with letters in their numbers, criteria as steps', () => {
    const text = ['## Track A', '### Task A1: Find', '**Dependencies:** None', '**Acceptance Criteria:**', '- [x] a', '### Task B2: Panel', '**Depends on:** Task A1 completion', '- [ ] b'];
    expect(tasks(text)).toEqual(['phase 1 «» file', 'x A1 «Find» depends=none', '- B2 «Panel» depends=A1']);
  });

  test('numbered headings under phases are the tasks of a file without checkboxes', () => {
    const text = ['## 1. Findings', '### 1.1 One', '## Phase 1: Base', '### 1.1 Install', '```bash', 'ls', '```', '### 1.2 Set up', '- Create `a.ts`', '### 1.3 Success Criteria', '## Phase 2: Core', '### ✅ 2.1 Types'];
    expect(tasks(text)).toEqual(['phase 1 «Base» file', '- 1.1 «Install» script="ls\\n" in Base', '- 1.2 «Set up» files=a.ts in Base', 'phase 2 «Core» file', 'x 2.1 «Types» in Core', 'info 12:5 task-marked-done']);
  });

  test('a dependency in a block quote is reported', () => {
    expect(tasks(['### Task 1: A', '', '### Task 2: B', '', '> **Depends on:** Task 1']).at(-1)).toBe('warning 5:3 unclear-dependency');
  });
});

test('a file whose tasks are rows of a table says so', () => {
  const [read] = readPlanFile('# P\n\n| ID | Task | Status |\n| --- | --- | --- |\n| T1 | a | done |\n', { path: 'PLAN.md' });
  expect(read?.document.diagnostics).toMatchObject([{ code: 'no-tasks', line: 3, message: 'this file has no task: rows of a table are none' }]);
});

test('in Task Master a number that no sibling has is a task of the plan, and a done parent of open subtasks is said', () => {
  const tasks = [{ id: 32, title: 'a' }, { id: 37, title: 'b', status: 'done', subtasks: [{ id: 1, title: 'c', dependencies: [32] }, { id: 2, title: 'd', dependencies: [1] }] }];
  const [read] = readPlanFile(JSON.stringify({ master: { tasks } }), { path: '.taskmaster/tasks/tasks.json' });
  expect(read?.document.phases[0]?.tasks.map((task) => task.depends?.map((one) => one.text))).toEqual([undefined, ['32'], ['37.1']]);
  expect(read?.document.diagnostics.map((one) => one.code)).toEqual(['parent-done']);
});

describe('native plans in the field', () => {
  test.each([
    ['VERIFY with a checkbox below a VERIFY line', ['## Phase 1: A', '- [ ] 1.1 a', '', '**VERIFY Phase 1:**', '- [ ] 1.2 b', '- [ ] **VERIFY 1:** c'], ['phase 1 «A» free', '- 1.1 «a»', '- 1.2 VERIFY «b»', '- VERIFY-1 VERIFY «c»']],
    ['a VERIFY line with a command', ['## Phase 1: A', '- [ ] 1.1 a', '', '**Verify phase 1:** `pnpm test` green'], ['phase 1 «A» free', '- 1.1 «a»', 'verify blocking «`pnpm test` green»']],
    ['what a parent waits for', ['## Phase 1: A', '- [ ] 1.1 a', '- [ ] 1.2 b (depends: 1.1)', '  - [ ] 1.2.1 c', '  - [ ] 1.2.2 d (depends: 1.2.1)', '  - [ ] 1.2.3 e (depends: 1.3)', '  - [ ] 1.2.4 f (depends: none)', '- [ ] 1.3 g'], ['phase 1 «A» free', '- 1.1 «a»', '- 1.2.1 «c» depends=1.1 in b', '- 1.2.2 «d» depends=1.2.1 in b', '- 1.2.3 «e» depends=1.3,1.1 in b', '- 1.2.4 «f» depends=none in b', '- 1.3 «g»']],
    ['what a task waits for in other words', ['## Phase 1: A', '- [ ] 1.1 a', '- [ ] 1.2 b (blocked by 1.1)', '- [ ] 1.3 c — needs 1.1 and 1.2', '- [ ] 1.4 d requires 3.11 of Python', '- [ ] 1.5 e [depends: 1.1]'], ['phase 1 «A» free', '- 1.1 «a»', '- 1.2 «b (blocked by 1.1)» depends=1.1', '- 1.3 «c — needs 1.1 and 1.2» depends=1.1,1.2', '- 1.4 «d requires 3.11 of Python»', '- 1.5 «e [depends: 1.1]» depends=1.1']],
    ['sizes in brackets', ['## Phase 1: A [PENDING]', '- [ ] 1.1: a [SMALL]', '- [ ] 1.2: b [MEDIUM] (depends: 1.1)'], ['phase 1 «A [PENDING]» free', '- 1.1 «a [SMALL]»', '- 1.2 «b [MEDIUM]» depends=1.1']],
  ])('%s', (_name, lines, expected) => {
    expect(model('native', lines).map((one) => one.trim())).toEqual(expected);
  });
});

describe('checklists in the field', () => {
  test.each([
    ['a flat list with bullets, numbers and nested boxes', ['# TODO', '- [ ] a', '- [x] b', '  - [x] b1', '  - [ ] b2', '* [ ] c', '1. [ ] d', '2. [X] e'], ['phase 1 «» file', '- 1.1 «a»', 'x 1.2 «b»', '- 1.3 «c»', '- 1.4 «d»', 'x 1.5 «e»', 'info 2:7 task-without-id']],
    ['sections as phases, marks that are not done', ['# P', '## CLI', '- [x] `a` — [b.go](b.go)', '- [~] c', '## Modules', '### RBAC', '- [-] d'], ['phase 1 «CLI» file', 'x 1.1 «`a` — [b.go](b.go)» files=b.go', '- 1.2 «c»', 'phase 2 «Modules» file', '- 2.1 «d» in RBAC', 'info 3:7 task-without-id']],
    ['phases with numbered groups', ['## 功能', '### Phase 1: 核心', '#### 1.1 配置', '- [ ] a', '- [ ] b', '#### 1.2 CLI', '- [ ] c (depends on 1.1)', '### Phase 2: 通道', '- [ ] d'], ['phase 1 «核心» file', '- 1.1.1 «a» in 功能 / 1.1 配置', '- 1.1.2 «b» in 功能 / 1.1 配置', '- 1.2.1 «c» depends=1.1.1,1.1.2 in 功能 / 1.2 CLI', 'phase 2 «通道» file', '- 2.1 «d» in 功能', 'info 4:7 task-without-id']],
    ['ids of the team', ['## Backend', '- [ ] BE-01: a', '- [ ] **BE-02** b (depends on BE-01)', '## Frontend', '- [ ] FE-01 c', '  - Depends on: BE-01, BE-02', '- [ ] FE-02 S3 bucket'], ['phase 1 «Backend» file', '- BE-01 «a»', '- BE-02 «b» depends=BE-01', 'phase 2 «Frontend» file', '- FE-01 «c» depends=BE-01,BE-02', '- FE-02 «S3 bucket»']],
    ['words with digits are no ids', ['- [ ] S3 bucket', '- [ ] H2 database', '- [ ] 3 tests', '- [ ] 2.0 release'], ['phase 1 «» file', '- 1.1 «S3 bucket»', '- 1.2 «H2 database»', '- 1.3 «3 tests»', '- 1.4 «2.0 release»', 'info 1:7 task-without-id']],
    ['tasks of a story', ['# Story 1.2', '## Acceptance Criteria', '1. a', '## Tasks / Subtasks', '- [x] Task 1: b (AC: 1)', '  - [x] Subtask 1.1: c', '- [ ] Task 2 (AC: #1): d', '  - [ ] 2.1 e', '  - [ ] f', '## Dev Notes'], ['phase 1 «Tasks / Subtasks» file', 'x 1.1 «c» in b (AC: 1)', '- 2.1 «e» in (AC: #1): d', 'warning 9:9 task-without-id']],
    ['what is to be checked, and what may come later', ['## Work', '- [ ] a', '', '**Acceptance criteria:**', '- [ ] b', '', 'Then:', '- [ ] c', '- **Definition of done**', '  - [ ] d', '## Success Metrics', '- [ ] e', '## Future Enhancements', '- [ ] f'], ['phase 1 «Work» file', '- 1.1 «a»', '- 1.2 «c»', 'info 2:7 task-without-id', 'info 5:7 checkbox-set-aside']],
    ['a checklist is work where a phase or nothing else is', ['## Phase 7: Demo', '### 7.4 Deployment Checklist', '- [ ] a'], ['phase 7 «Demo» file', '- 7.4.1 «a» in 7.4 Deployment Checklist', 'info 3:7 task-without-id']],
    ['weeks and milestones', ['## Week 1: A', '- [ ] a', '## Milestone 2 - B', '### Step 1: x', '- [ ] b'], ['phase 1 «Week 1: A» file', '- 1.1 «a»', 'phase 2 «Milestone 2 - B» file', '- 2.1 «b» in Step 1: x', 'info 2:7 task-without-id']],
    ['a dependency on a task by the name it is given', ['- [ ] a', '- [ ] b', '- [ ] c (depends on 1.1)'], ['phase 1 «» file', '- 1.1 «a»', '- 1.2 «b»', '- 1.3 «c» depends=1.1', 'info 1:7 task-without-id']],
    ['phases in bold, marks of all kinds', ['# P', '**Phase 1: Setup**', '- [ ] a', '', '**Notes:**', '', 'x', '', '**Phase 2: Build**', '1) [ ] ~~b~~', '+ [/] 🔥 c', '- ✅ no box'], ['phase 1 «Setup» file', '- 1.1 «a»', 'phase 2 «Build» file', '- 2.1 «b»', '- 2.2 «🔥 c»', 'info 3:7 task-without-id']],
    ['boxes that Markdown takes for code', ['## A', '', '    - [ ] a', '    - [ ] b', '', '- [ ] c'], ['phase 1 «A» file', '- 1.1 «c»', 'warning 3:5 task-in-code', 'info 6:7 task-without-id']],
    ['order in a table that the tasks do not state', ['## A', '- [ ] T1: a', '- [P]', '- [ ] T2: [P] b', '- [ ] T3: c', '', '| Task | Depends on |', '| --- | --- |', '| T1 | T3 |', '| T3 | T2 |'], ['phase 1 «A» file', '- T1 «a»', '- T2 «[P] b» parallel', '- T3 «c»', 'warning 9:1 order-in-prose']],
    ['phases of one number: the first announces the second', ['## Goals', '### Phase 1: Fix', '#### 1.1 login', '- **Files**: `a.js`', '## Log', '### Phase 1: Fixing', '- [x] 1.1 login'], ['phase 1 «Fixing» free', 'x 1.1 «login»']],
  ])('%s', (_name, lines, expected) => {
    expect(model('checklist', lines).map((one) => one.trim())).toEqual(expected);
  });

  test.each([
    [['## Phase 1: A', '- [ ] a', '', '**VERIFY Phase 1:**', '- b'], 'warning 2:7 task-without-id'],
    [['## Phase 1: A', '- [ ] 1.1 a', '- [ ] b'], 'warning 3:7 task-without-id'],
  ])('%j is native, and the id is asked for', (lines, expected) => {
    expect(model('native', lines)).toContain(expected);
  });
});

test.each([
  ['## Phase 1: A\n- [ ] T-001 a\n- [ ] T-002 b\n- [ ] T-003 c\n', 'spec-kit'],
  ['## Phase 1 — A\n- [x] 1.1 a\n  - _Requirements: 1.1_\n- [ ] 1.2 b\n  - _Depends: 1.1_\n', 'kiro'],
  ['## 2. Core\n- [ ] 2.1 (P) a\n  - _Requirements: 1.3_\n  - _Boundary: X_\n', 'kiro'],
  ['## Tasks\n- [ ] 1.0 A\n  - [ ] 1.1 a\n', 'kiro'],
  ['## 1. A\n- [ ] 1.1 a\n## 2. B\n- [ ] 2.1 b\n', 'openspec'],
  ['# P\n\n### Task 1: A\n\n**Files:**\n- Modify: `a.ts`\n\n- [ ] **Step 1: x**\n', 'superpowers'],
])('%j is found out without a path', (text, format) => {
  expect(findReader('plan.md', text).format).toBe(format);
});
