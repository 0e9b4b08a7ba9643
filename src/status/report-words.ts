/** Words and numbers that the page and the Markdown share. */
import type { Usage } from '../model/event.js';
import { duration } from './printable.js';
import type { ConflictReport, Report, RunReport } from './report.js';
import type { PlanStatus } from './view.js';

/** `2:04` in the report's zone. */
export function timeText(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(at);
}

/** `Friday, 10 July 2026`. */
export function dateText(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone }).format(at);
}

/** A span as a report needs it: without seconds from ten minutes on, `–` for none. */
export function spanText(ms: number): string {
  if (ms <= 0) return '–';
  return duration(ms < 600_000 ? ms : Math.round(ms / 60_000) * 60_000).replace(/(\d)m00s$/, '$1m');
}

/** `1.2M`, `24.8k`, `345`. */
export function shortNumber(value: number): string {
  if (value < 1000) return String(value);
  const [divided, unit] = value < 999_950 ? [value / 1000, 'k'] : value < 999_950_000 ? [value / 1e6, 'M'] : [value / 1e9, 'G'];
  return `${divided < 100 ? divided.toFixed(1).replace(/\.0$/, '') : Math.round(divided)}${unit}`;
}

/** `$1.23`; '' where nobody said. Agents state dollars. */
export function costText(usage: Usage): string {
  return usage.cost === undefined ? '' : `$${usage.cost.toFixed(2)}`;
}

/** `24.8k in · 1.2k out`; '' where nobody said. */
export function tokensText(usage: Usage): string {
  const { inputTokens, outputTokens, cachedTokens } = usage;
  return [
    inputTokens === undefined ? '' : `${shortNumber(inputTokens)} in`,
    cachedTokens === undefined || cachedTokens === 0 ? '' : `${shortNumber(cachedTokens)} cached`,
    outputTokens === undefined ? '' : `${shortNumber(outputTokens)} out`,
  ].filter(Boolean).join(' · ');
}

/** A plan's status as people say it. */
export function planWord(status: PlanStatus): string {
  switch (status) {
    case 'refused':
    case 'conflict':
    case 'dropped':
      return 'needs a person';
    case 'by-hand':
      return 'in a person’s hands';
    default:
      return status;
  }
}

/** The colour that a status has: what went well, what did not, what needs somebody, what is still open. */
export function planTone(status: PlanStatus): 'good' | 'bad' | 'person' | 'open' {
  switch (status) {
    case 'landed':
    case 'complete':
      return 'good';
    case 'failed':
      return 'bad';
    case 'blocked':
    case 'refused':
    case 'conflict':
    case 'dropped':
    case 'by-hand':
      return 'person';
    default:
      return 'open';
  }
}

/** What a conflict is, in a sentence without its names. */
export function conflictWord(kind: ConflictReport['kind']): string {
  switch (kind) {
    case 'landing':
      return 'did not merge';
    case 'dependency':
      return 'could not be taken up';
    case 'foreseen':
      return 'will not merge as they stand';
  }
}

/** The numbers that stand at the top of a run. */
export function keyNumbers(run: RunReport): readonly { readonly name: string; readonly value: string; readonly more?: string }[] {
  const { counts, sums, usage } = run;
  const tokens = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
  return [
    { name: 'tasks done', value: `${counts.done}/${counts.tasks}`, more: counts.failed === 0 ? `${counts.commits} commits` : `${counts.failed} failed` },
    ...(sums.makespan > 0
      ? [
          { name: 'took', value: spanText(sums.makespan * 1000), more: `${spanText(sums.work * 1000)} of work` },
          { name: 'speed-up', value: `${sums.speedUp.toFixed(1)}×`, more: `up to ${sums.widest} at once` },
        ]
      : []),
    ...(usage.cost === undefined ? [] : [{ name: 'cost', value: costText(usage), more: `${shortNumber(tokens)} tokens` }]),
    ...(usage.cost === undefined && tokens > 0 ? [{ name: 'tokens', value: shortNumber(tokens), more: 'no prices stated' }] : []),
  ];
}

/** The sentence above everything. */
export function reportHeadline(report: Report): string {
  const [only] = report.runs;
  if (only !== undefined && report.runs.length === 1) return only.headline;
  const good = report.runs.filter(({ outcome }) => outcome === 'landed' || outcome === 'complete').length;
  return report.runs.length === 0 ? 'nothing was run' : good === report.runs.length ? `all ${good} manifests done` : `${good} of ${report.runs.length} manifests done`;
}
