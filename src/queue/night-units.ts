/** Texts for those who start the nights instead of a process that stays: systemd, cron, GitHub Actions. */
import { shellWord } from '../base/text.js';
import type { TimeOfDay } from '../base/zoned-time.js';
import { momentOf, wallTimeAt } from '../base/zoned-time.js';
import type { NightWindow } from './nightly.js';
import { nightAt } from './nightly.js';

/** What a unit starts, and where. */
export interface UnitFacts {
  readonly window: NightWindow;
  /** Absolute path of the repository. */
  readonly repository: string;
  /** The program and leading arguments, such as `['/usr/bin/plan']`. */
  readonly program: readonly string[];
  /** Manifests, for where the queue does not outlive the night. */
  readonly manifests: readonly string[];
  /** Further arguments of the night, such as `['--report', 'night.html']`. */
  readonly options?: readonly string[];
  /** Milliseconds since the epoch: what summer time is at that moment is written down where a unit knows only UTC. */
  readonly now: number;
}

/** The kinds of units. */
export type UnitKind = 'systemd' | 'cron' | 'github';

/** The text of a unit, with comments that say where it goes. */
export function nightUnit(kind: UnitKind, facts: UnitFacts): string {
  switch (kind) {
    case 'systemd':
      return systemdUnit(facts);
    case 'cron':
      return cronLine(facts);
    case 'github':
      return githubWorkflow(facts);
  }
}

/** One night's command line. */
function nightWords({ window, program, options = [] }: UnitFacts): readonly string[] {
  return [...program, 'nightly', '--once', '--from', clockText(window.from), '--until', clockText(window.until), ...options];
}

function systemdUnit(facts: UnitFacts): string {
  const { window, repository } = facts;
  const command = nightWords(facts).map(systemdWord).join(' ');
  return `# ~/.config/systemd/user/plan-night.service
[Unit]
Description=Work through the queue of plans

[Service]
Type=oneshot
WorkingDirectory=${systemdPath(repository)}
ExecStart=${command}
# Ended by SIGTERM, it stops what runs and keeps the work: the next night goes on.
KillMode=mixed
TimeoutStopSec=10min
# 1: something failed; 3: a person is needed. Both are in the report.
SuccessExitStatus=1 3

# ~/.config/systemd/user/plan-night.timer
[Unit]
Description=Begin the night of plans

[Timer]
OnCalendar=*-*-* ${clockText(window.from)}:00 ${window.timeZone}
# A machine that was off at that time begins when it is on again.
Persistent=true

[Install]
WantedBy=timers.target

# Then: systemctl --user daemon-reload && systemctl --user enable --now plan-night.timer
# And, so that it works while nobody is logged in: loginctl enable-linger
`;
}

function cronLine(facts: UnitFacts): string {
  const { window, repository } = facts;
  const command = nightWords(facts).map(shellWord).join(' ');
  // A percent sign is a line end to cron.
  const line = `cd ${shellWord(repository)} && ${command} >> .git/plan-night.log 2>&1`.replaceAll('%', '\\%');
  return `# crontab -e; times are the machine's own. cron knows a short PATH only: agents and git have to be found in it.
PATH=/usr/local/bin:/usr/bin:/bin
${window.from.minute} ${window.from.hour} * * * ${line}
`;
}

function githubWorkflow({ window, program, manifests, now }: UnitFacts): string {
  const { start, end } = nightAt(window, now);
  const utc = wallTimeAt(start, 'UTC');
  const offset = (momentOf({ ...wallTimeAt(start, window.timeZone) }, 'UTC') - Math.floor(start / 1000) * 1000) / 3_600_000;
  const minutes = Math.min(350, Math.max(10, Math.round((end - start) / 60_000) - 10));
  const call = program.map(shellWord).join(' ');
  const added = manifests.length === 0 ? [`          # ${call} queue add orchestrations/release.yml`] : manifests.map((manifest) => `          ${call} queue add ${shellWord(manifest)}`);
  return `# .github/workflows/plan-night.yml
# What lands reaches this repository where the manifest says landing.push; branches and runs are kept between nights by the steps below.
name: Night of plans
on:
  schedule:
    # UTC: ${clockText(window.from)} ${window.timeZone} while it is ${offset >= 0 ? '+' : ''}${offset} hours from UTC; summer time moves it by one.
    - cron: '${utc.minute} ${utc.hour} * * *'
  workflow_dispatch: {}
concurrency: plan-night
permissions:
  contents: write
jobs:
  night:
    runs-on: ubuntu-latest
    # A job ends after six hours whatever happens: what is open then is gone on with the next night.
    timeout-minutes: ${minutes + 10}
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      - uses: actions/setup-node@v4
        with: { node-version: 22 }
      - name: Take up the queue and the runs of the last night
        uses: actions/cache/restore@v4
        with: { path: .git/plan, key: 'plan-night-\${{ github.run_id }}', restore-keys: plan-night- }
      - name: Take up the branches of the last night
        run: git fetch origin '+refs/plan-runs/*:refs/plan-runs/*' '+refs/plan-night/heads/*:refs/heads/*' '^refs/plan-night/heads/\${{ github.ref_name }}'
      - name: Work through the queue
        run: |
${added.join('\n')}
          ${call} queue run --until "$(date -u -d '+${minutes} minutes' +%H:%M)"
        env: { TZ: UTC }
      - name: Write the morning page
        if: always()
        run: ${call} report --html "$RUNNER_TEMP/night.html" --markdown "$RUNNER_TEMP/night.md" && cat "$RUNNER_TEMP/night.md" >> "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@v4
        if: always()
        with: { name: night, path: '\${{ runner.temp }}/night.html', if-no-files-found: ignore }
      - name: Keep what was done
        if: always()
        run: git push origin '+refs/plan-runs/*:refs/plan-runs/*' '+refs/heads/*:refs/plan-night/heads/*'
      - uses: actions/cache/save@v4
        if: always()
        with: { path: .git/plan, key: 'plan-night-\${{ github.run_id }}' }
`;
}

function clockText({ hour, minute }: TimeOfDay): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** A word of ExecStart: quotes, and the signs that systemd itself would read. */
function systemdWord(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$').replaceAll('\n', '\\n');
  return /^[\w@:,./=+-]+$/.test(word) ? word : `"${escaped}"`;
}

function systemdPath(path: string): string {
  return path.replaceAll('%', '%%').replaceAll('\n', '');
}
