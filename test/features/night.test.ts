/** Nights of the built program: a queue of manifests within a window, what is told of it, and the night after. */
import { once } from 'node:events';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { planTest, program, type PlanRig } from '../rig/plan.js';
import type { RunResult } from '../rig/repository.js';

const shifted = `--import=${join(import.meta.dirname, '..', 'rig', 'shifted-clock.mjs')}`;
const fakes = join(import.meta.dirname, '..', 'executor', 'agent', 'fakes');

interface Queued {
  readonly manifest: string;
  readonly state: string;
  readonly outcome?: string;
}

/** The shift by which the clock shows this time of the rig's zone (UTC) now, on the day `day` days from today. */
function shiftTo(hours: number, minutes: number, seconds: number, day = 0): number {
  const now = Date.now();
  return now - (now % 86_400_000) + day * 86_400_000 + ((hours * 60 + minutes) * 60 + seconds) * 1000 - now;
}

async function night(rig: PlanRig, shift: number, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
  const options = { env: { ...env, CLOCK_SHIFT: String(shift), PATH: `${join(rig.repository.folder, 'bin')}:${rig.repository.environment['PATH'] ?? ''}` } };
  return rig.repository.run(process.execPath, [shifted, program, 'nightly', '--once', '--from', '22:00', '--until', '06:30', ...args], options);
}

async function queued(rig: PlanRig): Promise<Record<string, string>> {
  const listed = JSON.parse((await rig.plan('queue', 'list', '--json')).stdout) as { queue: readonly Queued[] };
  return Object.fromEntries(listed.queue.map(({ manifest, state, outcome }) => [manifest.replace(/^plans\/|\.yml$/g, ''), `${state} ${outcome ?? '-'}`]));
}

const plan = (title: string, script?: string): string => ['# Plan', '', '## Phase 1: Work', '', `- [ ] 1.1 ${title}`, ...(script === undefined ? [] : ['  ```sh', `  ${script}`, '  ```']), ''].join('\n');
const manifest = (id: string, more: string): string => `version: 1\ntarget: main\n${more}\nplans:\n  ${id}: { plan: ${id}.md }\n`;

describe('a night', () => {
  test(
    'three manifests, one failing, one limited past the deadline; the night after finishes; the page and the notices say so',
    planTest(async ({ rig, repository }) => {
      await mkdir(join(repository.folder, 'bin'));
      await symlink(join(fakes, 'claude.mjs'), join(repository.folder, 'bin', 'claude'));
      const record = join(repository.folder, 'calls');
      const notices = join(repository.folder, 'notices');
      await repository.write({
        'bin/tell': { executable: `#!/bin/sh\nprintf '%s|%s\\n%s\\n' "$PLAN_NOTICE_KIND" "$PLAN_NOTICE_TITLE" "$PLAN_NOTICE_TEXT" >> ${notices}\n` },
        '.planrc.yml': `notify: { command: [${join(repository.top, 'bin/tell')}] }\n`,
        'plans/bad.yml': manifest('bad', ''),
        'plans/bad.md': plan('Fails <script>alert(1)</script> \u001b[31mred', 'echo "last words: token $SOME_TOKEN"; exit 3'),
        'plans/limited.yml': manifest('limited', `defaults: { executor: { agent: claude }, env: { FAKE_SCENARIO: "limit-without-reset,normal", FAKE_RECORD: ${record}, FAKE_WRITE: limited.txt } }`),
        'plans/limited.md': plan('Work of an agent'),
        'plans/good.yml': manifest('good', ''),
        'plans/good.md': plan('Works', 'echo good > good.txt'),
      });
      for (const [name, priority] of [['bad', 'critical'], ['limited', 'high'], ['good', 'low']] as const) {
        expect(await rig.plan('queue', 'add', `plans/${name}.yml`, '--priority', priority)).toMatchObject({ code: 0 });
      }
      // Twenty minutes before the end: the limit, half an hour from now, outlasts the night.
      const first = await night(rig, shiftTo(6, 10, 0), ['--report', 'plans/night.html'], { SOME_TOKEN: 'very-secret-value' });
      expect(first.code).toBe(1);
      expect(await queued(rig)).toEqual({ bad: 'failed failed', limited: 'interrupted deadline', good: 'done landed' });
      expect((await repository.git(['ls-tree', '--name-only', 'main'])).split('\n')).toContain('good.txt');

      const page = await readFile(join(repository.top, 'plans', 'night.html'), 'utf8');
      expect(page).toContain('last words: token ***');
      for (const absent of ['very-secret-value', '<script>alert', '\u001b', 'src=', '@import']) expect(page).not.toContain(absent);
      const told = await readFile(notices, 'utf8');
      expect(told.split('\n')[0]).toBe('person-needed|1 of 3 manifests done');
      expect(told).toContain('plans/bad.yml: ');
      expect(told).not.toContain('very-secret-value');

      const second = await night(rig, shiftTo(22, 0, 1), []);
      expect(second.code).toBe(0);
      expect(await queued(rig)).toEqual({ bad: 'failed failed', limited: 'done landed', good: 'done landed' });
      expect((await readFile(record, 'utf8')).trim().split('\n')).toHaveLength(2);
      expect((await readFile(notices, 'utf8')).slice(told.length)).toMatch(/^night-over\|.*landed/);
      expect(await repository.processesLeft()).toEqual([]);
    }),
  );

  test(
    'killed in the middle, it is gone on with; a second one at the same time is refused; a deadline in the middle of a plan waits for the next night',
    planTest(async ({ rig, repository }) => {
      const begun = join(repository.folder, 'begun');
      const go = join(repository.folder, 'go');
      await repository.run('mkfifo', [begun, go]);
      await repository.write({
        'plans/one.yml': manifest('one', ''),
        'plans/one.md': ['# Plan', '', '## Phase 1: Work', '', '- [ ] 1.1 First', '  ```sh', `  echo begun > ${begun}; read word < ${go}; echo 1 > 1.txt`, '  ```', '- [ ] 1.2 Second (depends: 1.1)', '  ```sh', '  echo 2 > 2.txt', '  ```', ''].join('\n'),
        'plans/two.yml': manifest('two', ''),
        'plans/two.md': plan('Works', 'echo two > two.txt'),
      });
      await rig.plan('queue', 'add', 'plans/one.yml', '--priority', 'high');
      await rig.plan('queue', 'add', 'plans/two.yml');
      const start = (): ReturnType<PlanRig['start']> => repository.spawn(process.execPath, [shifted, program, 'nightly', '--once', '--until', '06:30'], { env: { CLOCK_SHIFT: String(shiftTo(23, 0, 0)) } });
      const killed = start();
      await repository.run('cat', [begun]);
      const other = await night(rig, shiftTo(23, 0, 0), []);
      expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining(`the queue is run by process ${killed.pid}`) });
      killed.kill('SIGKILL');
      await once(killed, 'close');

      // The deadline comes while its first task runs: that one ends, the second is not begun.
      const jump = join(repository.folder, 'jump');
      const late = repository.spawn(process.execPath, [shifted, program, 'nightly', '--once', '--until', '06:30'], { env: { CLOCK_SHIFT: String(shiftTo(23, 30, 0)), CLOCK_JUMP: jump } });
      await repository.run('cat', [begun]);
      await repository.write({ jump: String(8 * 3600_000) }, { cwd: repository.folder });
      await repository.run('sh', ['-c', `echo go > ${go}`]);
      await once(late, 'close');
      expect(await queued(rig)).toEqual({ one: 'interrupted deadline', two: 'waiting -' });

      expect(await night(rig, shiftTo(22, 0, 0, 1), [])).toMatchObject({ code: 0 });
      expect(await queued(rig)).toEqual({ one: 'done landed', two: 'done landed' });
      expect((await repository.git(['log', '--no-merges', '--format=%s', 'main'])).split('\n').sort()).toEqual(['First (one.1.1)', 'Second (one.1.2)', 'Works (two.1.1)', 'start']);
      expect(await repository.processesLeft()).toEqual([]);
    }),
  );

  test(
    'a run tells a person by the manifest’s own settings; a program that cannot be told is a line and nothing else',
    planTest(async ({ rig, repository }) => {
      const notices = join(repository.folder, 'notices');
      await repository.write({
        'bin/tell': { executable: `#!/bin/sh\nprintf '%s|%s\\n%s\\n' "$PLAN_NOTICE_KIND" "$PLAN_NOTICE_TITLE" "$PLAN_NOTICE_TEXT" >> ${notices}\n` },
      });
      await rig.orchestration(`version: 1\ntarget: main\nnotify: { command: [${join(repository.top, 'bin/tell')}], webhook: $NOT_SET }\nplans:\n  A: { plan: a.md, executor: manual }\n`, { a: plan('By hand') });
      const result = await rig.run();
      expect(result.code).toBe(3);
      expect(result.stderr).toContain("the webhook's address is not known: $NOT_SET is not set");
      expect(await readFile(notices, 'utf8')).toMatch(/^person-needed\|plans\/manifest\.yml: .*\n.*A.*\n +plan /);
    }),
  );
});
