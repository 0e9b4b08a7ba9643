import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPlanFile } from '../../src/plan-file/readers.js';
import { tickTask, type TickOptions } from '../../src/plan-file/tick.js';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');

function ticked(bytes: Buffer, task: string, options: Partial<TickOptions> = {}): Buffer {
  const result = tickTask(bytes, task, { path: 'plan.md', ...options });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function differences(a: Buffer, b: Buffer): number {
  expect(b.length).toBe(a.length);
  return a.reduce((count, byte, at) => count + (byte === b[at] ? 0 : 1), 0);
}

const plan = '# P\n\n## Phase 1: Ä\n\n- [ ] 1.1 Öl (depends: 1.2)\n- [ ] 1.2 b\n\t- [ ] 1.2.1 c\n- [x] 1.3 d';

describe('ticking a task', () => {
  test('a task whose mark says done in another way keeps it', () => {
    for (const mark of ['x', 'X', '✓', '✅']) {
      const before = Buffer.from(`## Phase 1: A\n- [${mark}] 1.1 a\n`);
      expect(ticked(before, '1.1').equals(before)).toBe(true);
    }
    expect(ticked(Buffer.from('- [~] a\n- [-] b\n'), '1.2', { path: 'TODO.md' }).toString()).toBe('- [~] a\n- [x] b\n');
  });

  test.each([
    ['LF', plan],
    ['CRLF', plan.replace(/\n/g, '\r\n')],
    ['BOM', `\ufeff${plan}`],
    ['BOM, CRLF, final newline', `\ufeff${plan.replace(/\n/g, '\r\n')}\r\n`],
  ])('%s: changes exactly one byte', (_, text) => {
    const before = Buffer.from(text);
    for (const id of ['1.1', '1.2.1']) {
      const after = ticked(before, id);
      expect(differences(before, after)).toBe(1);
      const tasks = readPlanFile(after.toString(), { path: 'plan.md' })[0]?.document.phases.flatMap((phase) => phase.tasks);
      expect(tasks?.find((task) => task.id === id)?.done).toBe(true);
    }
  });

  test('invalid UTF-8 elsewhere stays as it is', () => {
    const before = Buffer.concat([
      Buffer.from('# P\xff\xfe\n\n', 'latin1'),
      Buffer.from('## Phase 1: ä\n- [ ] 1.1 x '),
      Buffer.from([0xc3, 0x28, 0xe2, 0x82, 0xf0, 0x9f]),
      Buffer.from('\n- [ ] 1.2 y\n'),
    ]);
    const after = ticked(before, '1.2');
    expect(differences(before, after)).toBe(1);
    expect(after.toString('latin1')).toContain('- [x] 1.2 y');
  });

  test('finds the task again in a file that changed meanwhile', () => {
    const changed = Buffer.from(plan.replace('- [ ] 1.2 b', '- [ ] 1.15 new ✨\n- [ ] 1.2 b'));
    expect(ticked(changed, '1.1').toString()).toBe(changed.toString().replace('[ ] 1.1', '[x] 1.1'));
  });

  test('a task that is ticked already gives the same bytes', () => {
    expect(ticked(Buffer.from(plan), '1.3').toString()).toBe(plan);
  });

  test.each([
    ['1.9', {}, 'task-not-found'],
    ['1.1', { title: 'another title' }, 'task-changed'],
  ] as const)('%s %o is refused with %s', (id, options, code) => {
    const result = tickTask(Buffer.from(plan), id, { path: 'plan.md', ...options });
    expect(result.ok ? undefined : result.error.code).toBe(code);
  });

  test('a fake task in a fence is never ticked', () => {
    const text = '## Phase 1: A\n\n```\n- [ ] 1.1 fake\n```\n\n- [ ] 1.1 real\n';
    expect(ticked(Buffer.from(text), '1.1').toString()).toBe(text.replace('[ ] 1.1 real', '[x] 1.1 real'));
  });

  test('every open task of every Markdown fixture: one byte, and only that task becomes done', () => {
    for (const file of ['native/everything.md', 'spec-kit/tasks.md', 'kiro/tasks.md', 'kiro/cc-sdd.md', 'openspec/tasks.md']) {
      const bytes = readFileSync(join(fixtures, file));
      const done = (text: Buffer): string[] =>
        (readPlanFile(text.toString(), { path: file })[0]?.document.phases ?? []).flatMap((phase) =>
          phase.tasks.filter((task) => task.done).map((task) => task.id),
        );
      const open = (readPlanFile(bytes.toString(), { path: file })[0]?.document.phases ?? [])
        .flatMap((phase) => phase.tasks)
        .filter((task) => !task.done);
      expect(open.length).toBeGreaterThan(0);
      for (const task of open) {
        const after = ticked(bytes, task.id, { path: file, title: task.title });
        expect(differences(bytes, after)).toBe(1);
        expect(done(after).sort()).toEqual([...done(bytes), task.id].sort());
      }
    }
  });

  test('superpowers: all steps of the task, and no fake ones in fences', () => {
    const bytes = readFileSync(join(fixtures, 'superpowers/2026-01-01-feature.md'));
    const after = ticked(bytes, '2', { path: 'docs/superpowers/plans/2026-01-01-feature.md' });
    expect(differences(bytes, after)).toBe(1);
    expect(after.toString()).toContain('- [x] **Step 1: x**');
  });

  test('Task Master: the status value and nothing else, by tag', () => {
    const text = readFileSync(join(fixtures, 'taskmaster/tasks.json'), 'utf8');
    expect(ticked(Buffer.from(text), '2.2', { path: 'tasks.json', name: 'master' }).toString()).toBe(
      text.replace('"title": "S2", "status": "pending"', '"title": "S2", "status": "done"'),
    );
    expect(ticked(Buffer.from(text), '1', { path: 'tasks.json', name: 'fête' }).toString()).toBe(text.replace('"review"', '"done"'));
  });
});
