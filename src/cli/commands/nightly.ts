import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../base/text.js';
import { systemClock } from '../../base/clock.js';
import { err, ok, type Result } from '../../base/result.js';
import { localTimeZone } from '../../base/zoned-time.js';
import { withoutLocalVariables } from '../../git/environment.js';
import type { Repository } from '../../git/repository.js';
import { loadNotices } from '../../manifest/load-orchestration.js';
import type { Failure } from '../../model/failure.js';
import { nightUnit } from '../../queue/night-units.js';
import { nightAt, parseTimeOfDay, runNights, type NightWindow } from '../../queue/nightly.js';
import { notify, tellsAnybody, type NotifySettings } from '../../queue/notify.js';
import { openQueue, type QueueEntry } from '../../queue/queue.js';
import { iso } from '../../status/json.js';
import { printable } from '../../status/printable.js';
import { reportHtml } from '../../status/report-html.js';
import { reportHeadline } from '../../status/report-words.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { exit } from '../exit.js';
import { queueOutcome, workThroughQueue } from '../night.js';
import { packageFolder } from '../package-folder.js';
import { topOf } from '../top.js';
import { makeNightReport } from './report.js';

/** `plan nightly`. */
export const command = defineCommand({
  name: 'nightly',
  description:
    'Stays, and works through the queue every night between two times of day; with --once only this night, as cron or a timer want it. At the end of each night it writes the morning page and tells whoever is to be told. ' +
    '--print writes the unit for systemd, cron or GitHub instead of staying.',
  positionals: [],
  options: {
    from: { type: 'string', requiresArg: true, describe: 'when nights begin; default 22:00' },
    until: { type: 'string', requiresArg: true, describe: 'when they end; default 06:30' },
    once: { type: 'boolean', describe: 'work through the queue now, until the end of this night, then end' },
    cost: { type: 'number', requiresArg: true, describe: 'stop a night at this cost' },
    report: { type: 'string', requiresArg: true, describe: 'write the morning page into this file' },
    webhook: { type: 'string', requiresArg: true, describe: 'tell this address (Slack-compatible body); $NAME: the variable that holds it' },
    notify: { type: 'string', requiresArg: true, describe: 'tell by this program' },
    desktop: { type: 'boolean', describe: 'tell by a desktop notification' },
    print: { type: 'string', choices: ['systemd', 'cron', 'github'], describe: 'only print the unit that starts it' },
  },
  async run(given, context) {
    const from = parseTimeOfDay(given.from ?? '22:00');
    const until = parseTimeOfDay(given.until ?? '06:30');
    if (!from.ok || !until.ok) return { failures: [...(from.ok ? [] : [from.error]), ...(until.ok ? [] : [until.error])] };
    const window: NightWindow = { from: from.value, until: until.value, timeZone: localTimeZone() };
    const byFlags: NotifySettings = { ...(given.webhook === undefined ? {} : { webhook: given.webhook }), ...(given.notify === undefined ? {} : { command: [given.notify] }), ...(given.desktop === undefined ? {} : { desktop: given.desktop }) };
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const top = await topOf(repository);
      if (given.print !== undefined) {
        const text = nightUnit(given.print, { window, repository: top, program: [process.execPath, path.join(packageFolder(), 'bin', 'plan.js')], manifests: [], options: passedOn(given), now: systemClock.now() });
        return ok({ json: { kind: given.print, text }, text: text.trimEnd() });
      }
      const stated = await loadNotices({ repositoryTop: top, cwd: context.folder, environment: context.terminal.environment });
      if (!stated.ok) return stated;
      const told = { ...stated.value, ...byFlags };
      const night: Night = { window, repository, top, told, report: given.report, cost: given.cost };
      return given.once ? oneNight(night, context) : stay(night, context);
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

/** What a unit has to say again each night. A webhook's address is no argument: other users of the machine can read those. */
function passedOn(given: { readonly cost?: number | undefined; readonly report?: string | undefined; readonly webhook?: string | undefined; readonly notify?: string | undefined; readonly desktop?: boolean | undefined }): readonly string[] {
  const { cost, report, webhook, notify: program, desktop } = given;
  return [
    ...(cost === undefined ? [] : ['--cost', String(cost)]),
    ...(report === undefined ? [] : ['--report', report]),
    ...(webhook?.startsWith('$') === true ? ['--webhook', webhook] : []),
    ...(program === undefined ? [] : ['--notify', program]),
    ...(desktop === true ? ['--desktop'] : []),
  ];
}

interface Night {
  readonly window: NightWindow;
  readonly repository: Repository;
  readonly top: string;
  readonly told: NotifySettings;
  readonly report: string | undefined;
  readonly cost: number | undefined;
}

async function oneNight(night: Night, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const { end } = nightAt(night.window, systemClock.now());
  const worked = await work(night, end, new Set(), undefined, context);
  if (!worked.ok) return err([worked.error]);
  await morning(night, worked.value.entries, context);
  return ok({ exit: worked.value.because === 'signal' ? exit.interrupted : queueOutcome(worked.value.entries), json: worked.value });
}

async function stay(night: Night, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const { terminal } = context;
  const stop = new AbortController();
  const silence = terminal.onSignal(() => stop.abort());
  const failures: Failure[] = [];
  let ran: readonly QueueEntry[] = [];
  try {
    await runNights({
      window: night.window,
      clock: systemClock,
      signal: stop.signal,
      waiting: (at) => void terminal.stderr.write(`waits for the night, which begins at ${iso(at)}\n`),
      work: async (hours, passed) => {
        const worked = await work(night, hours.end, passed, stop.signal, context);
        if (worked.ok) {
          ran = [...ran, ...worked.value.entries];
          return;
        }
        failures.push(worked.error);
        stop.abort();
      },
      morning: async () => {
        const entries = ran;
        ran = [];
        await morning(night, entries, context);
      },
    });
  } finally {
    silence();
  }
  return failures.length > 0 ? err(failures) : ok({ exit: exit.interrupted });
}

function work(night: Night, until: number, passed: Set<number>, signal: AbortSignal | undefined, context: Context): ReturnType<typeof workThroughQueue> {
  const queue = openQueue(night.repository.commonDir, systemClock);
  return workThroughQueue({ queue, top: night.top, until, passed, endIsTold: tellsAnybody(night.told), ...(night.cost === undefined ? {} : { costLimit: night.cost }), ...(signal === undefined ? {} : { signal }) }, context);
}

/** The page, and a word to whoever wants it. What cannot be told is a line, and nothing else. A night in which nothing ran is no news. */
async function morning(night: Night, entries: readonly QueueEntry[], context: Context): Promise<void> {
  const { terminal } = context;
  if (entries.length === 0) return;
  const report = await makeNightReport(night.repository.commonDir, entries, context);
  if (!report.ok) {
    for (const { message } of report.error) terminal.stderr.write(`the morning page cannot be made: ${message}\n`);
    return;
  }
  if (night.report !== undefined) await writePage(night.report, reportHtml(report.value), context);
  const { runs } = report.value;
  const needed = runs.some((run) => run.needs.length > 0);
  const refused = entries.filter(({ outcome }) => outcome === 'refused').map(({ manifest, note }) => `${manifest}: could not be run${note === undefined ? '' : `: ${note}`}`);
  const text = [...runs.map((run) => `${run.manifest}: ${run.headline}`), ...refused].join('\n');
  const notice = { kind: needed ? 'person-needed' : 'night-over', title: reportHeadline(report.value), text } as const;
  const problems = await notify(night.told, notice, { clock: systemClock, fetch, platform: process.platform, folder: night.top, environment: withoutLocalVariables(terminal.environment) });
  for (const problem of problems) terminal.stderr.write(`${problem}\n`);
}

async function writePage(file: string, page: string, { folder, terminal }: Context): Promise<void> {
  try {
    await writeFile(path.resolve(folder, file), page);
    terminal.stderr.write(`wrote ${printable(file)}\n`);
  } catch (error) {
    terminal.stderr.write(`the morning page cannot be written: ${messageOf(error)}\n`);
  }
}
