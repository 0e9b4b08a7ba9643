import { writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../base/clock.js';
import { err, ok, type Result } from '../../base/result.js';
import { localTimeZone } from '../../base/zoned-time.js';
import { createMask } from '../../executor/secrets.js';
import { withoutLocalVariables } from '../../git/environment.js';
import { outputFile } from '../../journal/layout.js';
import type { Failure } from '../../model/failure.js';
import { openQueue, type QueueEntry } from '../../queue/queue.js';
import { attemptName } from '../../state/attempt-name.js';
import { printable } from '../../status/printable.js';
import { reportHtml } from '../../status/report-html.js';
import { reportMarkdown } from '../../status/report-markdown.js';
import { reportJson, reportRun, type Report } from '../../status/report.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { goOnCommand } from '../go-on.js';
import { isLive } from '../live-run.js';
import { requireRun, type LoadedRun } from '../runs.js';

const tailBytes = 16 * 1024;

/** `plan report`. */
export const command = defineCommand({
  name: 'report',
  description: 'One page that says what happened: what landed, what failed with its last lines, conflicts, what waits for you with the next command, timeline, cost, slowest tasks. Markdown on the screen, or a self-contained HTML page.',
  positionals: [{ name: 'run', many: true, describe: 'runs; default: those of the last night in the queue, else the newest run' }],
  options: {
    html: { type: 'string', requiresArg: true, describe: 'write the HTML page into this file' },
    markdown: { type: 'string', requiresArg: true, describe: 'write the Markdown into this file' },
  },
  examples: [['plan report --html report.html', '']],
  async run(given, context) {
    const answer = await withRepository(context, async ({ commonDir }): Promise<Result<Answer, readonly Failure[]>> => {
      const made = await makeReport(commonDir, given.words, context);
      if (!made.ok) return made;
      const report = made.value;
      const wrote: string[] = [];
      for (const [file, text] of [[given.html, reportHtml], [given.markdown, reportMarkdown]] as const) {
        if (file === undefined) continue;
        await writeFile(path.resolve(context.folder, file), text(report));
        wrote.push(file);
      }
      return ok({ json: { ...reportJson(report), ...(wrote.length > 0 ? { wrote } : {}) }, text: wrote.length > 0 ? `wrote ${wrote.map(printable).join(' and ')}` : reportMarkdown(report).trimEnd() });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

/** The report about these runs; none named: what the queue last ran, else the newest run. */
export async function makeReport(commonDir: string, named: readonly string[], context: Context): Promise<Result<Report, readonly Failure[]>> {
  const listed = await openQueue(commonDir, systemClock).list();
  const entries = listed.ok ? listed.value : [];
  const queued = named.length > 0 ? [] : lastNight(entries.flatMap(({ run, startedAt }) => (run === undefined || startedAt === undefined ? [] : [{ run, startedAt }])));
  return reportOf(commonDir, named.length > 0 ? named : queued.length > 0 ? queued : [undefined], queued.length > 0 ? entries : undefined, context);
}

/** The report about what one night has run, and about nothing else; `entries` are those that had their turn. */
export async function makeNightReport(commonDir: string, entries: readonly QueueEntry[], context: Context): Promise<Result<Report, readonly Failure[]>> {
  const listed = await openQueue(commonDir, systemClock).list();
  const runs = new Set(entries.flatMap(({ run }) => run ?? []));
  return reportOf(commonDir, [...runs], listed.ok ? listed.value : entries, context);
}

/** `undefined` among the runs stands for the newest; `queue` is there where the report is about a night. */
async function reportOf(commonDir: string, wanted: readonly (string | undefined)[], queue: readonly QueueEntry[] | undefined, context: Context): Promise<Result<Report, readonly Failure[]>> {
  const runs: LoadedRun[] = [];
  for (const run of wanted) {
    const loaded = await requireRun(commonDir, run);
    if (!loaded.ok) return err(loaded.error);
    runs.push(loaded.value);
  }
  const now = systemClock.now();
  const reports = await Promise.all(runs.map(async (run) => reportRun(run.state, { now, live: await isLive(commonDir, run.state.orchestration.manifest), goOn: await goOnCommand(commonDir, run.state.orchestration.manifest, context), tailOf: tailOf(run, context) })));
  const [first] = reports;
  const title = queue !== undefined ? 'The night' : (first?.manifest ?? 'Report');
  return ok({
    title,
    generatedAt: now,
    timeZone: localTimeZone(),
    runs: reports,
    ...(queue === undefined ? {} : { queue: queue.map(({ manifest, state, note }) => ({ manifest, state, ...(note === undefined ? {} : { note }) })) }),
  });
}

const nightMs = 16 * 3600 * 1000;

/** Runs that began within one night of the newest. */
function lastNight(runs: readonly { readonly run: string; readonly startedAt: number }[]): readonly string[] {
  const newest = Math.max(...runs.map(({ startedAt }) => startedAt), 0);
  return [...runs].filter(({ startedAt }) => startedAt > newest - nightMs).sort((a, b) => a.startedAt - b.startedAt).map(({ run }) => run);
}

function tailOf({ paths, state }: LoadedRun, { terminal }: Context): (node: string, attempt: number) => string {
  const mask = createMask([withoutLocalVariables(terminal.environment)], state.settings.secrets);
  return (node, attempt) => {
    try {
      const bytes = readFileSync(outputFile(paths, attemptName(state, node, attempt), attempt));
      return mask(bytes.subarray(Math.max(0, bytes.length - tailBytes)).toString('utf8'));
    } catch {
      return '';
    }
  };
}
