/** Windows across midnight and summer time, work through several nights, units for other starters. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '../rig/property.js';
import { parse } from 'yaml';
import type { Clock } from '../../src/base/clock.js';
import { deadlineAfter, wallTimeAt } from '../../src/base/zoned-time.js';
import { nightUnit } from '../../src/queue/night-units.js';
import { nightAt, parseTimeOfDay, runNights } from '../../src/queue/nightly.js';

const hour = 3600_000;
const window = { from: { hour: 22, minute: 0 }, until: { hour: 6, minute: 30 }, timeZone: 'Europe/Berlin' };
const berlinSummer = (month: number, day: number, h: number, m = 0): number => Date.UTC(2026, month - 1, day, h - 2, m);

test.each([
  ['before it', berlinSummer(7, 10, 12), berlinSummer(7, 10, 22), berlinSummer(7, 11, 6, 30)],
  ['at its first moment', berlinSummer(7, 10, 22), berlinSummer(7, 10, 22), berlinSummer(7, 11, 6, 30)],
  ['before midnight', berlinSummer(7, 10, 23), berlinSummer(7, 10, 22), berlinSummer(7, 11, 6, 30)],
  ['after midnight', berlinSummer(7, 11, 3), berlinSummer(7, 10, 22), berlinSummer(7, 11, 6, 30)],
  ['at its last moment', berlinSummer(7, 11, 6, 30), berlinSummer(7, 11, 22), berlinSummer(7, 12, 6, 30)],
])('the night %s', (_name, now, start, end) => expect(nightAt(window, now)).toEqual({ start, end }));

test.each([
  ['shorter when summer time begins', Date.UTC(2026, 2, 28, 22), 7.5],
  ['longer when it ends', Date.UTC(2026, 9, 24, 21), 9.5],
])('the night is %s', (_name, now, hours) => {
  const night = nightAt(window, now);
  expect((night.end - night.start) / hour).toBe(hours);
  expect(wallTimeAt(night.end, 'Europe/Berlin')).toMatchObject({ hour: 6, minute: 30 });
});

test('a window within a day', () => {
  const day = { ...window, from: { hour: 9, minute: 0 }, until: { hour: 17, minute: 0 } };
  expect(nightAt(day, berlinSummer(7, 10, 18))).toEqual({ start: berlinSummer(7, 11, 9), end: berlinSummer(7, 11, 17) });
});

test('every moment is in a night or before one', () => {
  const time = fc.record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) });
  fc.assert(
    fc.property(time, time, fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'), fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }), (from, until, timeZone, now) => {
      const night = nightAt({ from, until, timeZone }, now);
      expect(night.end).toBeGreaterThan(now);
      expect(night.start).toBeLessThan(night.end);
      expect(night.end - night.start).toBeLessThanOrEqual(25 * hour);
      expect(night.end - now).toBeLessThanOrEqual(25 * hour);
    }),
    { numRuns: 200 },
  );
});

test('deadlines', () => {
  expect(deadlineAfter({ hour: 6, minute: 30 }, berlinSummer(7, 10, 22), 'Europe/Berlin')).toBe(berlinSummer(7, 11, 6, 30));
});

test.each([
  ['22:00', { hour: 22, minute: 0 }],
  ['6:30', { hour: 6, minute: 30 }],
  ['00:00', { hour: 0, minute: 0 }],
])('%s is a time', (text, value) => expect(parseTimeOfDay(text)).toEqual({ ok: true, value }));

test.each(['24:00', '6', '6:60', '22:00:00', '10pm', ''])('%j is none', (text) => expect(parseTimeOfDay(text)).toMatchObject({ ok: false, error: { kind: 'input', code: 'bad-time' } }));

test('what stays works in the nights, looks again now and then, and ends when it is told to', async () => {
  let now = berlinSummer(7, 10, 20);
  const clock: Clock = {
    now: () => now,
    after(ms, callback) {
      queueMicrotask(() => {
        now += ms;
        callback();
      });
      return () => undefined;
    },
  };
  const abort = new AbortController();
  const told: string[] = [];
  const shown = (at: number): string => {
    const wall = wallTimeAt(at, 'Europe/Berlin');
    return `${wall.day} ${wall.hour}:${String(wall.minute).padStart(2, '0')}`;
  };
  const work: string[] = [];
  await runNights({
    window,
    clock,
    signal: abort.signal,
    work: async (_night, passed) => {
      if (passed.size === 0) told.push(`work ${shown(now)}`);
      passed.add(1);
      work.push(shown(now));
      now += 2 * hour;
    },
    morning: async () => {
      told.push(`morning ${shown(now)}`);
      if (told.filter((line) => line.startsWith('morning')).length === 2) abort.abort();
    },
  });
  expect(told).toEqual(['work 10 22:00', 'morning 11 8:04', 'work 11 22:00', 'morning 12 8:04'].map((line) => expect.stringMatching(new RegExp(`^${line.split(':')[0]}:`))));
  expect(work.length).toBe(10);
});

describe('units', () => {
  const facts = { window, repository: "/srv/it's 100% ours/repo", program: ['/usr/bin/plan'], manifests: ['orchestrations/a b.yml'], now: berlinSummer(7, 10, 12) };

  test('systemd', () => {
    const text = nightUnit('systemd', facts);
    for (const line of ['OnCalendar=*-*-* 22:00:00 Europe/Berlin', 'ExecStart=/usr/bin/plan nightly --once --from 22:00 --until 06:30', "WorkingDirectory=/srv/it's 100%% ours/repo", 'Persistent=true']) expect(text.split('\n')).toContain(line);
  });

  // Not everywhere: hence no program that the project depends on.
  const analyzer = ['systemd', 'analyze'].join('-');
  const analyze = spawnSync(analyzer, ['--version']).status === 0;
  (analyze ? test : test.skip)('systemd itself finds nothing wrong, whatever is in a path', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plan "unit" $x %i '));
    try {
      const text = nightUnit('systemd', { ...facts, repository: folder, program: [process.execPath, join(folder, 'plan.js')], options: ['--webhook', '$SLACK', '--report', 'a b.html'] });
      // The texts between the comments that name the files.
      for (const [, name = '', unit = ''] of text.matchAll(/^# \S*\/(plan-night\.\w+)\n([\s\S]*?)(?=^# (?:~|Then))/gm)) writeFileSync(join(folder, name), unit);
      const verified = spawnSync(analyzer, ['verify', '--man=no', join(folder, 'plan-night.service'), join(folder, 'plan-night.timer')], { encoding: 'utf8' });
      const lines = verified.stderr.split('\n').filter((line) => line.includes('plan-night'));
      expect({ status: verified.status, lines }).toEqual({ status: 0, lines: [] });
      expect(text).toContain('ExecStart=');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('cron', () => {
    expect(nightUnit('cron', facts).trimEnd().split('\n').at(-1)).toBe("0 22 * * * cd '/srv/it'\\''s 100\\% ours/repo' && /usr/bin/plan nightly --once --from 22:00 --until 06:30 >> .git/plan-night.log 2>&1");
  });

  test('github', () => {
    const text = nightUnit('github', facts);
    const workflow = parse(text);
    expect(workflow.on.schedule[0].cron).toBe('0 20 * * *');
    expect(workflow.jobs.night['timeout-minutes']).toBeLessThanOrEqual(360);
    const steps = workflow.jobs.night.steps as { run?: string }[];
    expect(steps.some((step) => step.run?.includes("/usr/bin/plan queue add 'orchestrations/a b.yml'"))).toBe(true);
    expect(text).toContain('22:00 Europe/Berlin while it is +2 hours from UTC');
  });
});
