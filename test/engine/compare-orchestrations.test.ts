import { compareOrchestrations } from '../../src/engine/compare-orchestrations.js';
import type { Orchestration, Plan, Task } from '../../src/model/orchestration.js';

/** Plans as `plan: phase: id title`. */
function orchestration(plans: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>): Orchestration {
  return {
    manifest: 'm.yml',
    digest: JSON.stringify(plans),
    target: 'main',
    settings: {} as Orchestration['settings'],
    plans: Object.entries(plans).map(([id, phases]): Plan => ({
      id,
      file: `${id}.md`,
      fileDigest: '',
      format: 'native',
      title: id,
      goal: '',
      branch: `plan/${id}`,
      priority: 50,
      depends: [],
      phases: Object.entries(phases).map(([number, tasks]) => ({ id: number, title: `Phase ${number}`, parallel: false, order: 'free', depends: [], sequences: [], verifies: [], tasks: Object.entries(tasks).map(([local, title]) => task(`${id}.${local}`, title)) })),
    })),
  };
}

function task(id: Task['id'], title: string): Task {
  return { id, title, line: 1, done: false, kind: 'task', group: [], body: '', depends: [], parallel: false, files: [], uses: {}, changesNothing: false };
}

const before = orchestration({ A: { 1: { '1.1': 'Make the schema', '1.2': 'Write the client' }, 2: { '2.1': 'Test it' } } });

describe('comparing a plan with what it was', () => {
  test('unchanged', () => {
    expect(compareOrchestrations(before, before)).toMatchObject({ added: [], removed: [], renumbered: [], changed: [] });
  });

  test('a task put in front: the others are renumbered, and stay who they are', () => {
    const after = orchestration({ A: { 1: { '1.1': 'Ask the users', '1.2': 'Make the schema', '1.3': 'Write the client' }, 2: { '2.1': 'Test it' } } });
    expect(compareOrchestrations(before, after)).toMatchObject({
      added: ['A.1.1'],
      removed: [],
      renumbered: [
        { from: 'A.1.1', to: 'A.1.2' },
        { from: 'A.1.2', to: 'A.1.3' },
      ],
      carried: { 'A.1.1': 'A.1.2', 'A.1.2': 'A.1.3', 'A.2.1': 'A.2.1' },
    });
  });

  test('a title that was edited is the same task, changed', () => {
    const after = orchestration({ A: { 1: { '1.1': 'Make the schema properly', '1.2': 'Write the client' }, 2: { '2.1': 'Test it' } } });
    expect(compareOrchestrations(before, after)).toMatchObject({ added: [], removed: [], changed: ['A.1.1'] });
  });

  test('another task in the place of one is another task', () => {
    const after = orchestration({ A: { 1: { '1.1': 'Ship everything on Friday', '1.2': 'Write the client' }, 2: { '2.1': 'Test it' } } });
    expect(compareOrchestrations(before, after)).toMatchObject({ added: ['A.1.1'], removed: ['A.1.1'], changed: [] });
  });

  test('a task moved to another phase is changed; a plan that is new or gone is said', () => {
    const after = orchestration({ B: { 1: { '1.1': 'Other' } }, A: { 1: { '1.1': 'Make the schema' }, 2: { '2.1': 'Test it', '2.2': 'Write the client' } } });
    expect(compareOrchestrations(before, after)).toMatchObject({ addedPlans: ['B'], added: ['B.1.1'], renumbered: [{ from: 'A.1.2', to: 'A.2.2' }], changed: ['A.2.2'] });
    expect(compareOrchestrations(after, before)).toMatchObject({ removedPlans: ['B'], removed: ['B.1.1'] });
  });

  test('two tasks of one title keep their order', () => {
    const twins = orchestration({ A: { 1: { '1.1': 'Review', '1.2': 'Review' } } });
    const after = orchestration({ A: { 1: { '1.1': 'Begin', '1.2': 'Review', '1.3': 'Review' } } });
    expect(compareOrchestrations(twins, after).carried).toEqual({ 'A.1.2': 'A.1.2', 'A.1.1': 'A.1.3' });
  });
});
