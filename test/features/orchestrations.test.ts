/** The shipped examples, run by the built program. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { PlanRig } from '../rig/plan.js';
import { RepositoryRig } from '../rig/repository.js';

async function example(name: string): Promise<PlanRig> {
  const repository = await RepositoryRig.create();
  await cp(join(import.meta.dirname, '..', '..', 'orchestrations', name), repository.top, { recursive: true });
  await repository.commit('the example');
  return new PlanRig(repository);
}

describe('the example orchestrations', () => {
  test('founding: everything lands', async () => {
    const rig = await example('founding');
    try {
      expect(await rig.plan('orchestrate-multi', 'manifest.yml')).toMatchObject({ code: 0 });
      expect((await rig.repository.history('main')).split('\n').slice(-3).map((line) => line.slice(0, 12))).toEqual(['Merge plan A', 'Merge plan C', 'Merge plan B']);
    } finally {
      await rig.repository.cleanup();
    }
  });

  test('diamonds: the diamond lands, the failed plan is held, the conflict waits for a person', async () => {
    const rig = await example('diamonds');
    try {
      const result = await rig.plan('orchestrate-multi', 'manifest.yml');
      expect(result.code).toBe(3);
      expect(result.stdout).toMatch(/plan resolve blue/);
      expect(result.stdout).toMatch(/plan logs broken\.2\.1/);
      const landed = await rig.repository.git(['log', '--first-parent', '--format=%s', 'main']);
      for (const plan of ['base', 'left', 'right', 'top']) expect(landed).toContain(`Merge plan ${plan}`);
      expect(landed).not.toMatch(/Merge plan (broken|blue)/);
      expect(await rig.repository.git(['status', '--porcelain'])).toBe('');
    } finally {
      await rig.repository.cleanup();
    }
  });
});
