/** A plan file that changes while its run is under way: shown at once, taken up when the run rests, finished work known by what it says. */
import { faultTest } from '../rig/faults.js';

describe('plan replan', () => {
  test(
    'shows the difference of a live run, takes it up when it rests, and runs no finished task again',
    faultTest(async (rig) => {
      const plan = (...tasks: readonly (readonly [string, string, string])[]): string =>
        ['# A', '', '## Phase 1: All [SEQUENTIAL]', '', ...tasks.flatMap(([id, title, script]) => [`- [ ] ${id} ${title}`, '  ```sh', `  ${script}`, '  ```'])].join('\n') + '\n';
      const once = (file: string): string => `test ! -e ${file} && echo ${file} > ${file}`;
      await rig.orchestration({ A: [] });
      await rig.repository.write({ 'plans/A.md': plan(['1.1', 'Lay the ground', `${once('one')}; echo ground`], ['1.2', 'Hold', rig.held.shell], ['1.3', 'Paint', once('paint')]) });
      const { child, ended } = rig.start();
      const held = await rig.task('A.1.2');

      // A new first task moves the numbers of the others; one is gone, one is new.
      await rig.repository.write({ 'plans/A.md': plan(['1.1', 'Survey', `${once('survey')}; echo survey`], ['1.2', 'Lay the ground', `${once('one')}; echo ground`], ['1.3', 'Hold', rig.held.shell], ['1.4', 'Polish', once('polish')]) });
      const shown = await rig.command(['replan', 'plans/manifest.yml', '--json']);
      expect(shown.code).toBe(0);
      expect(JSON.parse(shown.stdout)).toMatchObject({ applied: false, added: expect.arrayContaining(['A.1.4']), renumbered: expect.arrayContaining([{ from: 'A.1.1', to: 'A.1.2' }]) });
      const early = await rig.command(['replan', 'plans/manifest.yml', '--yes']);
      expect(early).toMatchObject({ code: 2 });
      expect(early.stderr).toContain(`process ${child.pid}`);

      child.kill('SIGTERM');
      expect(await ended).toMatchObject({ code: 130 });
      await held.gone;
      const taken = await rig.command(['replan', 'plans/manifest.yml', '--yes', '--json']);
      expect(taken.code).toBe(0);
      expect(JSON.parse(taken.stdout)).toMatchObject({ applied: true });

      const again = rig.start();
      const anew = await rig.task('A.1.3');
      await anew.write({ held: 'held\n' });
      await anew.exit(0);
      expect(await again.ended).toMatchObject({ code: 0 });
      expect(await rig.repository.tree('main')).toMatch(/held\n.*one\n.*polish\n.*survey$/s);
      const subjects = (await rig.repository.git(['log', '--reverse', '--no-merges', '--format=%s', 'main'])).trim().split('\n');
      expect(subjects.filter((subject) => subject.startsWith('Lay the ground'))).toHaveLength(1);
      // The first attempt of either was the first of a task that was called 1.1 then.
      expect((await rig.command(['logs', 'A.1.1', '--attempt', '1'])).stdout).toBe('survey\n');
      expect((await rig.command(['logs', 'A.1.2', '--attempt', '1'])).stdout).toBe('ground\n');
      await rig.expectSound();
    }),
  );
});
