import path from 'node:path';
import { loadOrchestration } from '../../src/manifest/load-orchestration.js';
import { said } from './repository.js';

const top = path.resolve(import.meta.dirname, '../..');

describe('the example orchestrations', () => {
  test.each(['founding', 'diamonds'])('%s is sound, and nothing in it goes unread', async (name) => {
    const result = await loadOrchestration({ repositoryTop: top, cwd: top, currentBranch: 'main', manifestPath: `orchestrations/${name}/manifest.yml` });
    expect(result.ok ? [] : result.error.map(said)).toEqual([]);
    if (!result.ok) return;
    expect(result.value.diagnostics).toEqual([]);
    for (const task of result.value.orchestration.plans.flatMap((plan) => plan.phases.flatMap((phase) => phase.tasks))) expect(task.script).toBeDefined();
  });
});
