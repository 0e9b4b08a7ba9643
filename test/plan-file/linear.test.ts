/** Files that once took quadratic time or overflowed the stack: held by counts of what is done, never by a clock. */
import { readPlanFile } from '../../src/plan-file/readers.js';

/** How often a method is called while something is read; `weigh` says what one call counts. */
function count<T extends object, K extends keyof T>(holder: T, name: K, weigh: (self: unknown, args: unknown[], result: unknown) => number, act: () => void): number {
  const original = holder[name] as (...args: unknown[]) => unknown;
  let sum = 0;
  holder[name] = function (this: unknown, ...args: unknown[]): unknown {
    const result = original.apply(this, args);
    sum += weigh(this, args, result);
    return result;
  } as T[K];
  try {
    act();
  } finally {
    holder[name] = original as T[K];
  }
  return sum;
}

test('125,000 phases are read', () => {
  const text = Array.from({ length: 125_000 }, (_, index) => `## Phase ${index + 1}: A\n`).join('');
  expect(readPlanFile(text, { path: 'plans/a.md', format: 'native' })[0]?.document.phases).toHaveLength(125_000);
}, 60_000);

test('a Task Master file is not searched once for each of its parents', () => {
  const parents = 1000;
  const tasks = Array.from({ length: parents }, (_, index) => ({ id: index + 1, title: 'a', dependencies: [], subtasks: [{ id: 1, title: 'b' }, { id: 2, title: 'c', dependencies: [1] }] }));
  const text = JSON.stringify({ master: { tasks } });
  const looks = count(Map.prototype, 'get', () => 1, () => {
    expect(readPlanFile(text, { path: 'tasks.json', format: 'taskmaster' })[0]?.document.phases[0]?.tasks).toHaveLength(parents * 2);
  });
  expect(looks).toBeGreaterThan(parents);
  expect(looks).toBeLessThan(parents * 200);
});

test('a long line is not searched to its end for each stretch between backticks', () => {
  const text = `## Phase 1: A\n- [ ] 1.1 a\n  - ${'`a` b '.repeat(20_000)}"\n`;
  const passed = count(
    String.prototype,
    'indexOf',
    (self, args, result) => (result === -1 ? String(self).length : Number(result)) - Number(args[1] ?? 0),
    () => expect(readPlanFile(text, { path: 'plans/a.md' })[0]?.document.phases[0]?.tasks).toHaveLength(1),
  );
  expect(passed).toBeGreaterThan(0);
  expect(passed).toBeLessThan(text.length * 50);
});

test('dependencies in one long line are looked at once each', () => {
  const text = `## Phase 1: A\n- [ ] T001 a\n- [ ] T002 b\n- [ ] T003 ${'(depends on T001) needs T002 and depends on T001. '.repeat(5000)}\n`;
  const [read] = readPlanFile(text, { path: 'specs/001-a/tasks.md' });
  expect(read?.document.phases[0]?.tasks[2]?.depends?.map((one) => one.text)).toEqual(['T001', 'T002']);
}, 60_000);

test.each([
  ['spaces', `${' '.repeat(1990)}x`],
  ['dashes', '-'.repeat(1990)],
  ['equals', '='.repeat(1990)],
])('a drawing of nothing but %s ends, and what it says at its end is read', (_, line) => {
  const text = `# P\n## Phase 1: A\n- [ ] 1.1 a\n- [ ] 1.2 b\n\n\`\`\`mermaid\ngraph TD\n${`${line}\n`.repeat(4000)}1.2 --> 1.1\n\`\`\`\n`;
  const said = readPlanFile(text, { path: 'specs/001-a/PLAN.md' }).flatMap(({ document }) => document.diagnostics.map(({ code }) => code));
  expect(said).toContain('order-in-prose');
});
