import { buildGraph } from '../../src/graph/build-graph.js';
import { criticalPath, lowerBound } from '../../src/graph/critical-path.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Features, Settings } from '../../src/model/orchestration.js';
import { allFeatures } from '../../src/manifest/parse-settings.js';
import { orchestrationOf, settingsOf, type PhaseWords, type PlanWords } from './orchestration-of.js';

type Plans = Readonly<Record<string, PlanWords>>;

function graphOf(plans: Plans, settings: Partial<Settings> = {}): Graph {
  const built = buildGraph(orchestrationOf(plans, settings));
  if (!built.ok) throw new Error(built.error.map((cycle) => cycle.path.join(' → ')).join('; '));
  return built.value;
}

function without(...features: readonly (keyof Features)[]): Partial<Settings> {
  return { features: { ...allFeatures, ...Object.fromEntries(features.map((each) => [each, false])) } };
}

/** Tasks and verifications that have to be done before each, without those that others of them imply: `A.2.1 < A.1.1 A.1.2`. */
function order(graph: Graph, settled: RegExp = /./): readonly string[] {
  const nearest: (readonly string[])[] = [];
  const all: ReadonlySet<string>[] = [];
  const lines: string[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    const before = graph.before[index] ?? [];
    const found = [...new Set(before.flatMap((each) => nearest[each] ?? []))];
    all.push(new Set([node.id, ...before.flatMap((each) => [...(all[each] ?? [])])]));
    const runs = node.kind === 'task' || node.kind === 'verify';
    nearest.push(runs ? [node.id] : found);
    const implied = (id: string): boolean => found.some((other) => other !== id && all[graph.indexOf.get(other) ?? -1]?.has(id) === true);
    if (runs && settled.test(node.id)) lines.push(`${node.id} < ${found.filter((id) => !implied(id)).sort().join(' ')}`.trim());
  }
  return lines;
}

/** One plan A. */
const one = (...phases: readonly PhaseWords[]): Plans => ({ A: { phases } });
const script = { blocking: true, criteria: [], script: 'true', place: { line: 1, column: 1 } };

describe('order of tasks', () => {
  const cases: readonly (readonly [string, Plans, readonly string[]])[] = [
    ['phases are barriers', one({ tasks: ['1.1', '1.2'] }, { tasks: ['2.1'] }), ['A.1.1 <', 'A.1.2 <', 'A.2.1 < A.1.1 A.1.2']],
    ['an empty phase keeps the barrier', one({ tasks: ['1.1'] }, {}, { tasks: ['3.1'] }), ['A.1.1 <', 'A.3.1 < A.1.1']],
    [
      'neighbours marked parallel open together, and the next phase waits for all of them',
      one({ tasks: ['1.1'] }, { parallel: true, tasks: ['2.1'] }, { parallel: true, tasks: ['3.1'] }, { tasks: ['4.1'] }),
      ['A.1.1 <', 'A.2.1 < A.1.1', 'A.3.1 < A.1.1', 'A.4.1 < A.2.1 A.3.1'],
    ],
    [
      'a phase that states what it waits for leaves the row; the one after it waits for every phase before',
      one({ tasks: ['1.1'] }, { tasks: ['2.1'] }, { after: ['A.phase1'], tasks: ['3.1'] }, { tasks: ['4.1'] }),
      ['A.1.1 <', 'A.2.1 < A.1.1', 'A.3.1 < A.1.1', 'A.4.1 < A.2.1 A.3.1'],
    ],
    ['a phase that states that it waits for nothing opens with the plan', one({ tasks: ['1.1'] }, { after: [], tasks: ['2.1'] }), ['A.1.1 <', 'A.2.1 <']],
    ['a phase opens early when a task is done', one({ tasks: ['1.1', '1.2'] }, { pipelineStart: { when: 'A.1.2' }, tasks: ['2.1'] }), ['A.1.1 <', 'A.1.2 <', 'A.2.1 < A.1.2']],
    ['tasks of a phase in file order are a row', one({ order: 'file', tasks: ['1.1', '1.2', '1.3'] }), ['A.1.1 <', 'A.1.2 < A.1.1', 'A.1.3 < A.1.2']],
    [
      'neighbours marked parallel stand side by side in the row',
      one({ order: 'file', tasks: ['1.1', { id: '1.2', parallel: true }, { id: '1.3', parallel: true }, '1.4', { id: '1.5', parallel: true }] }),
      ['A.1.1 <', 'A.1.2 < A.1.1', 'A.1.3 < A.1.1', 'A.1.4 < A.1.2 A.1.3', 'A.1.5 < A.1.4'],
    ],
    [
      'a task with a rule of its own leaves the row; the next one waits for it as well',
      one({ order: 'file', tasks: ['1.1', '1.2', { id: '1.3', after: ['1.1'] }, '1.4'] }),
      ['A.1.1 <', 'A.1.2 < A.1.1', 'A.1.3 < A.1.1', 'A.1.4 < A.1.2 A.1.3'],
    ],
    [
      'in a row a task that waits for a later one comes after it',
      one({ order: 'file', tasks: [{ id: '1.1', after: ['1.3'] }, '1.2', '1.3', '1.4'] }),
      ['A.1.3 <', 'A.1.1 < A.1.3', 'A.1.2 < A.1.1', 'A.1.4 < A.1.2'],
    ],
    [
      'a task that names one of an earlier phase starts before its phase opens; its sibling does not',
      one({ tasks: ['1.1', '1.2'] }, { tasks: [{ id: '2.1', after: ['1.1'] }, '2.2'] }),
      ['A.1.1 <', 'A.1.2 <', 'A.2.1 < A.1.1', 'A.2.2 < A.1.1 A.1.2'],
    ],
    ['a task that names a sibling waits for its phase, too', one({ tasks: ['1.1'] }, { tasks: ['2.1', { id: '2.2', after: ['2.1'] }] }), ['A.1.1 <', 'A.2.1 < A.1.1', 'A.2.2 < A.2.1']],
    [
      'a verification among the tasks waits for the tasks before it, and for no other verification; those behind it do not wait',
      one({ tasks: ['1.1', '1.2', { id: '1.3', kind: 'verify' }, { id: '1.4', kind: 'verify' }, '1.5'] }),
      ['A.1.1 <', 'A.1.2 <', 'A.1.3 < A.1.1 A.1.2', 'A.1.4 < A.1.1 A.1.2', 'A.1.5 <'],
    ],
    ['a verification with a rule of its own keeps to it', one({ tasks: ['1.1', '1.2', { id: '1.3', kind: 'verify', after: ['1.2'] }] }), ['A.1.1 <', 'A.1.2 <', 'A.1.3 < A.1.2']],
    ['a verification does not wait for a task that waits for it', one({ tasks: ['1.1', { id: '1.2', after: ['1.3'] }, { id: '1.3', kind: 'verify' }] }), ['A.1.1 <', 'A.1.3 < A.1.1', 'A.1.2 < A.1.3']],
    ['a verification in file order stands where it stands', one({ order: 'file', tasks: ['1.1', { id: '1.2', kind: 'verify' }, '1.3'] }), ['A.1.1 <', 'A.1.2 < A.1.1', 'A.1.3 < A.1.2']],
    ['a verification that comes first waits for its phase alone', one({ tasks: ['1.1'] }, { tasks: [{ id: '2.1', kind: 'verify' }, '2.2'] }), ['A.1.1 <', 'A.2.1 < A.1.1', 'A.2.2 < A.1.1']],
    ['chains hold in a free phase', one({ sequences: [['1.3', '1.1']], tasks: ['1.1', '1.2', '1.3'] }), ['A.1.3 <', 'A.1.1 < A.1.3', 'A.1.2 <']],
    [
      'waves order a plan instead of its phases',
      { A: { waves: [['1.1', '2.1'], ['1.2', '2.2']], phases: [{ tasks: ['1.1', '1.2'] }, { tasks: ['2.1', '2.2'] }] } },
      ['A.1.1 <', 'A.2.1 <', 'A.1.2 < A.1.1 A.2.1', 'A.2.2 < A.1.1 A.2.1'],
    ],
    ['a plan waits for a phase of another', { A: { phases: [{ tasks: ['1.1'] }, { tasks: ['2.1'] }] }, B: { depends: ['A.phase1'], phases: [{ tasks: ['1.1'] }] } }, ['A.1.1 <', 'A.2.1 < A.1.1', 'B.1.1 < A.1.1']],
    [
      'what the manifest adds to a phase holds for its early tasks as well',
      { A: { phases: [{ tasks: ['1.1'] }] }, B: { phases: [{ tasks: ['1.1'] }, { depends: ['A.phase1'], tasks: [{ id: '2.1', after: ['1.1'] }] }] } },
      ['A.1.1 <', 'B.1.1 <', 'B.2.1 < A.1.1 B.1.1'],
    ],
  ];
  test.each(cases)('%s', (_, plans, expected) => {
    expect([...order(graphOf(plans))].sort()).toEqual([...expected].sort());
  });

  test('a share of the phase before opens a phase through a quorum', () => {
    const graph = graphOf(one({ tasks: ['1.1', '1.2', '1.3'] }, { pipelineStart: { percent: 50 }, tasks: ['2.1'] }));
    const gate = graph.nodes[graph.indexOf.get('A.phase2.pipeline') ?? -1];
    expect(gate?.quorum).toBe(2);
    expect(order(graph, /2\.1/)).toEqual(['A.2.1 < A.1.1 A.1.2 A.1.3']);
    expect(graphOf(one({ tasks: ['1.1'] }, { pipelineStart: { percent: 0 }, tasks: ['2.1'] })).indexOf.has('A.phase2.pipeline')).toBe(false);
  });
});

describe('features switched off', () => {
  const plans = one({ tasks: ['1.1', '1.2'] }, { parallel: true, tasks: [{ id: '2.1', after: ['1.1'] }, { id: '2.2', after: ['2.1'] }] }, { parallel: true, pipelineStart: { when: 'A.1.1' }, tasks: ['3.1'] });
  test.each<readonly [string, Partial<Settings>, readonly string[]]>([
    ['none', {}, ['A.1.1 <', 'A.1.2 <', 'A.2.1 < A.1.1', 'A.2.2 < A.1.2 A.2.1', 'A.3.1 < A.1.1']],
    ['pipelinePhaseOverlap', without('pipelinePhaseOverlap'), ['A.1.1 <', 'A.1.2 <', 'A.2.1 < A.1.1', 'A.2.2 < A.1.2 A.2.1', 'A.3.1 < A.1.1 A.1.2']],
    ['taskDependencyGraph', without('taskDependencyGraph'), ['A.1.1 <', 'A.1.2 <', 'A.2.1 < A.1.1 A.1.2', 'A.2.2 < A.2.1', 'A.3.1 < A.2.2']],
    ['all that order', without('taskDependencyGraph', 'parallelTasks'), ['A.1.1 <', 'A.1.2 < A.1.1', 'A.2.1 < A.1.2', 'A.2.2 < A.2.1', 'A.3.1 < A.2.2']],
  ])('%s', (_, settings, expected) => {
    expect([...order(graphOf(plans, settings))].sort()).toEqual([...expected].sort());
  });

  test('for one plan alone', () => {
    const graph = graphOf({ A: { phases: [{ tasks: ['1.1', '1.2'] }] }, B: { phases: [{ tasks: ['1.1', '1.2'] }] } }, { planFeatures: { B: { parallelTasks: false } } });
    expect(order(graph)).toEqual(['A.1.1 <', 'A.1.2 <', 'B.1.1 <', 'B.1.2 < B.1.1']);
  });
});

describe('verifications', () => {
  const phases = [{ tasks: ['1.1'], verifies: [script, { ...script, blocking: false }, { blocking: true, criteria: ['it works'], place: { line: 1, column: 1 } }] }, { tasks: ['2.1'] }];

  test('a blocking one stands before the next phase, a background one only before the end; without command and agent there is none', () => {
    const graph = graphOf({ A: { phases } });
    expect(order(graph)).toEqual(['A.1.1 <', 'A.phase1.verify1 < A.1.1', 'A.phase1.verify2 < A.phase1.verify1', 'A.2.1 < A.phase1.verify1']);
    expect(graph.before[graph.indexOf.get('A') ?? -1]?.map((index) => graph.nodes[index]?.id)).toContain('A.phase1.verify2');
  });

  test('without the feature all of them block', () => {
    expect(order(graphOf({ A: { phases } }, without('backgroundVerify')), /2\.1/)).toEqual(['A.2.1 < A.phase1.verify1 A.phase1.verify2']);
  });

  test('an agent judges criteria, within its pool', () => {
    const execution = { '': { executor: { kind: 'agent' as const, agent: 'claude', options: {} }, stuckSeconds: 1, retries: 0, env: {} } };
    const graph = graphOf({ A: { phases } }, { execution });
    expect(graph.indexOf.has('A.phase1.verify3')).toBe(true);
    expect(graph.pools).toEqual(['claude']);
  });

  test('a plan’s own stands before its end', () => {
    expect(order(graphOf({ A: { phases: [{ tasks: ['1.1'] }] } }, { planVerify: { A: 'npm test' } }))).toEqual(['A.1.1 <', 'A.verify < A.1.1']);
  });
});

describe('imports', () => {
  test.each<readonly [string, Plans, Readonly<Record<string, readonly string[]>>]>([
    ['of the plan', { A: { phases: [{ tasks: ['1.1'] }] }, B: { depends: ['A.phase1'], phases: [{ tasks: ['1.1'] }, { tasks: ['2.1'] }] } }, { 'A.1.1': [], 'B.1.1': ['A.phase1'], 'B.2.1': ['A.phase1'] }],
    ['of a later phase', { A: { phases: [{ tasks: ['1.1'] }] }, B: { phases: [{ tasks: ['1.1'] }, { depends: ['A'], tasks: ['2.1'] }] } }, { 'B.1.1': [], 'B.2.1': ['A'] }],
    ['of a task', { A: { phases: [{ tasks: ['1.1'] }] }, B: { phases: [{ tasks: ['1.1', { id: '1.2', depends: ['A.1.1'] }] }] } }, { 'B.1.1': [], 'B.1.2': ['A.1.1'] }],
    ['not of what another task of the plan has brought', { A: { phases: [{ tasks: ['1.1'] }] }, B: { phases: [{ tasks: [{ id: '1.1', depends: ['A.1.1'] }, { id: '1.2', after: ['1.1'] }] }] } }, { 'B.1.2': [] }],
    ['of a landing', { A: { phases: [{ tasks: ['1.1'] }] }, B: { depends: ['A.landed'], phases: [{ tasks: ['1.1'] }] } }, { 'B.1.1': ['A.landed'] }],
  ])('%s', (_, plans, expected) => {
    const graph = graphOf(plans);
    for (const [id, imports] of Object.entries(expected)) expect(graph.nodes[graph.indexOf.get(id) ?? -1]?.imports).toEqual(imports);
  });
});

describe('circles', () => {
  const circlesOf = (plans: Plans): readonly string[] => {
    const built = buildGraph(orchestrationOf(plans));
    return built.ok ? [] : built.error.map((cycle) => cycle.path.join(' → ')).sort();
  };
  test.each<readonly [string, Plans, readonly string[]]>([
    ['two tasks', one({ tasks: [{ id: '1.1', after: ['1.2'] }, { id: '1.2', after: ['1.1'] }] }), ['A.1.1 → A.1.2 → A.1.1']],
    ['a task of a later phase', one({ tasks: [{ id: '1.1', after: ['2.1'] }] }, { tasks: ['2.1'] }), ['A.1.1 → A.2.1 → A.1.1']],
    ['two plans', { A: { depends: ['B'], phases: [{ tasks: ['1.1'] }] }, B: { depends: ['A'], phases: [{ tasks: ['1.1'] }] } }, ['A → B → A']],
    ['two plans without a task', { A: { depends: ['B'], phases: [] }, B: { depends: ['A'], phases: [] } }, ['A → B → A']],
    [
      'tasks of two plans through a phase',
      { auth: { phases: [{ tasks: ['1.1'] }, { tasks: [{ id: '2.1', depends: ['billing.1.3'] }] }] }, billing: { phases: [{ tasks: ['1.1', '1.2', { id: '1.3', depends: ['auth.phase2'] }] }] } },
      ['auth.2.1 → billing.1.3 → auth.2.1'],
    ],
    ['two knots are two circles', { A: { depends: ['B'], phases: [] }, B: { depends: ['A'], phases: [] }, C: { depends: ['D'], phases: [] }, D: { depends: ['C'], phases: [] } }, ['A → B → A', 'C → D → C']],
    ['a chain against a dependency', one({ sequences: [['1.1', '1.2']], tasks: [{ id: '1.1', after: ['1.2'] }, '1.2'] }), ['A.1.1 → A.1.2 → A.1.1']],
    [
      'a landing that waits for what waits for it',
      { A: { phases: [{ tasks: ['1.1'] }, { depends: ['B.phase1'], tasks: ['2.1'] }] }, B: { phases: [{ tasks: ['1.1'] }, { depends: ['A.landed'], tasks: ['2.1'] }] } },
      ['B.phase2 → A.landed → B.phase2'],
    ],
    ['plans that use one another’s phases are none', { A: { phases: [{ tasks: ['1.1'] }, { depends: ['B.phase1'], tasks: ['2.1'] }] }, B: { phases: [{ tasks: ['1.1'] }, { depends: ['A.phase1'], tasks: ['2.1'] }] } }, []],
  ])('%s', (_, plans, expected) => {
    expect(circlesOf(plans)).toEqual(expected);
  });
});

describe('pools', () => {
  /** `A.1.1: file:A:x.ts` with the amount where it is not 1. */
  const drawn = (graph: Graph): readonly string[] =>
    graph.nodes.flatMap((node) => (node.uses.length === 0 ? [] : [`${node.id}: ${node.uses.map(({ pool, amount }) => `${graph.pools[pool]}${amount === 1 ? '' : ` ${amount}`}`).sort().join(', ')}`]));

  test.each<readonly [string, readonly (readonly string[])[], readonly string[]]>([
    ['the same file', [['x.ts'], ['./x.ts'], ['y.ts']], ['A.1.1: file:A:x.ts', 'A.1.2: file:A:x.ts']],
    ['a folder and files in it: they exclude it, not one another', [['src/'], ['src/a.ts'], ['src/b.ts']], ['A.1.1: file:A:src/', 'A.1.2: file:A:src/ 0.5', 'A.1.3: file:A:src/ 0.5']],
    ['a glob and a file that matches it', [['src/**/*.ts'], ['src/a/b.ts'], ['src/a/b.css']], ['A.1.1: file:A:src/**/*.ts', 'A.1.2: file:A:src/**/*.ts']],
    ['globs of different endings do not meet', [['src/*.ts'], ['src/*.css']], []],
    ['a file that others use as a folder', [['src'], ['src/a.ts']], ['A.1.1: file:A:src', 'A.1.2: file:A:src']],
    ['brackets are letters', [['app/[id]/page.tsx'], ['app/i/page.tsx']], []],
    ['everything', [['**'], ['a/b']], ['A.1.1: file:A:**', 'A.1.2: file:A:**']],
  ])('%s', (_, files, expected) => {
    const tasks = files.map((each, at) => ({ id: `1.${at + 1}`, files: each }));
    expect(drawn(graphOf(one({ tasks })))).toEqual(expected);
    expect(drawn(graphOf(one({ tasks }), without('autoFileConflictDetection')))).toEqual([]);
  });

  test('plans share no pool of files unless it is wished', () => {
    const plans = { A: { phases: [{ tasks: [{ id: '1.1', files: ['x'] }] }] }, B: { phases: [{ tasks: [{ id: '1.1', files: ['x'] }] }] } };
    expect(drawn(graphOf(plans))).toEqual([]);
    expect(drawn(graphOf(plans, { crossPlanFiles: 'serialise' }))).toEqual(['A.1.1: file:*:x', 'B.1.1: file:*:x']);
  });

  test('named pools', () => {
    expect(drawn(graphOf(one({ tasks: [{ id: '1.1', uses: { db: 2, gpu: 1 } }] })))).toEqual(['A.1.1: db 2, gpu']);
  });
});

describe('times', () => {
  const timed = one({ tasks: [{ id: '1.1', estimateSeconds: 9 }, { id: '1.2', size: 'S' }] }, { tasks: [{ id: '2.1', estimateSeconds: 5 }, { id: '2.2', done: true, estimateSeconds: 900 }] });

  test('the longest way that hangs on a node, and the critical path', () => {
    const graph = graphOf(timed);
    expect(graph.bottom[graph.indexOf.get('A.1.1') ?? -1]).toBe(14);
    expect(graph.bottom[graph.indexOf.get('A.start') ?? -1]).toBe(305);
    expect(criticalPath(graph)).toEqual({ nodes: ['A.1.2', 'A.2.1'], seconds: 305 });
  });

  test('a quorum shortens the critical path', () => {
    const graph = graphOf(one({ tasks: [{ id: '1.1', estimateSeconds: 1 }, { id: '1.2', estimateSeconds: 100 }] }, { pipelineStart: { percent: 50 }, tasks: [{ id: '2.1', estimateSeconds: 10 }] }));
    expect(criticalPath(graph).seconds).toBe(100);
  });

  test('no schedule is shorter than the path, the work by the slots, or the work by a pool', () => {
    const tasks = Array.from({ length: 4 }, (_, at) => ({ id: `1.${at + 1}`, estimateSeconds: 10, uses: { db: 1 } }));
    const graph = graphOf(one({ tasks }));
    expect(lowerBound(graph, 8)).toBe(10);
    expect(lowerBound(graph, 3)).toBeCloseTo(40 / 3);
    expect(lowerBound(graph, 8, (pool) => (pool === 'db' ? 1 : undefined))).toBe(40);
  });

  test('an estimate goes before what was learned, and that before a size', () => {
    const words = one({ tasks: [{ id: '1.1', estimateSeconds: 9 }, { id: '1.2', size: 'L' }, { id: '1.3', body: 'one\n\ntwo' }, { id: '1.4', script: 'true' }] });
    const built = buildGraph(orchestrationOf(words), { learned: new Map([['A.1.1', 4], ['A.1.2', 4]]) });
    const seconds = built.ok ? built.value.nodes.filter((node) => node.kind === 'task').map((node) => node.seconds) : [];
    expect(seconds).toEqual([9, 4, 420, 60]);
  });
});

test('barriers cost edges linear in tasks', () => {
  const phases = Array.from({ length: 20 }, (_, phase) => ({ order: phase % 2 === 0 ? ('free' as const) : ('file' as const), tasks: Array.from({ length: 100 }, (_, task) => ({ id: `${phase + 1}.${task + 1}`, parallel: task % 50 !== 0 })) }));
  const graph = graphOf(one(...phases));
  expect(graph.before.reduce((sum, each) => sum + each.length, 0)).toBeLessThan(4 * 2000);
  expect(settingsOf().perPlan).toBe(4);
});
