/** The report as Markdown, for pull requests, chats and mail. Texts of others are escaped: they format nothing and link nowhere. */
import { flow, printable } from './printable.js';
import type { Report, RunReport } from './report.js';
import { conflictWord, costText, dateText, keyNumbers, planWord, reportHeadline, spanText, timeText, tokensText } from './report-words.js';

/** Columns of a line of prose: Markdown does not mind where it ends. */
const widest = 80;

/** The whole report. */
export function reportMarkdown(report: Report): string {
  const parts = [`# ${inline(report.title)}`, '', `**${inline(capital(reportHeadline(report)))}** · ${dateText(report.generatedAt, report.timeZone)}, ${timeText(report.generatedAt, report.timeZone)}`];
  for (const run of report.runs) parts.push('', ...runMarkdown(run, report));
  if (report.queue !== undefined && report.queue.length > 0) {
    parts.push('', '## Queue', '', '| manifest | state | |', '| --- | --- | --- |', ...report.queue.map((row) => `| ${inline(row.manifest)} | ${inline(row.state)} | ${inline(row.note ?? '')} |`));
  }
  return `${parts.join('\n')}\n`;
}

function runMarkdown(run: RunReport, { timeZone, runs }: Report): readonly string[] {
  const lines: string[] = [];
  if (runs.length > 1) lines.push(`## ${inline(run.manifest)}`, '', inline(capital(run.headline)), '');
  const numbers = keyNumbers(run).map(({ name, value, more }) => `${name === 'took' ? `took ${value}` : `${value} ${name}`}${more === undefined ? '' : ` (${more})`}`);
  lines.push(flow([`${timeText(run.startedAt, timeZone)} to ${timeText(run.endedAt, timeZone)}`, ...numbers], widest));
  const section = (title: string, content: readonly string[]): void => {
    if (content.length > 0) lines.push('', `### ${title}`, '', ...content);
  };
  section('Waiting for you', run.needs.map(({ what, commands }, index) => `${index + 1}. ${inline(what)}${commands.map((command) => `\n   ${code(command)}`).join('')}`));
  section('Failed', run.failures.flatMap((failure) => {
    const tries = failure.attempts > 1 ? ` after ${failure.attempts} attempts` : '';
    const head = `**${inline(failure.node)}** ${inline(failure.title)}: ${inline(failure.why)}${tries}${failure.note === undefined ? '' : ` · ${inline(failure.note)}`}`;
    const rest = [failure.blocks.length === 0 ? '' : `Holds up ${inline(failure.blocks.join(', '))}.`, failure.kept === undefined ? '' : `Its work is kept: ${code(failure.kept)}`].filter(Boolean);
    return [head, ...rest, ...(failure.lastLines.length === 0 ? [] : ['', fence(failure.lastLines)]), ''];
  }));
  section('Conflicts', run.conflicts.map((conflict) => `- **${inline(conflict.between[0])}** and **${inline(conflict.between[1])}** ${conflictWord(conflict.kind)}: ${conflict.files.slice(0, 10).map(code).join(', ')}${conflict.tasks.length === 0 ? '' : ` (${conflict.tasks.slice(0, 6).map(inline).join(', ')})`}`));
  const used = run.plans.some(({ usage }) => tokensText(usage) !== '' || costText(usage) !== '');
  section('Plans', [
    `| plan | | tasks | work |${used ? ' tokens | cost |' : ''}`,
    `| --- | --- | ---: | ---: |${used ? ' --- | ---: |' : ''}`,
    ...run.plans.map((plan) => `| **${inline(plan.id)}** ${inline(plan.title)} | ${planWord(plan.status)}${plan.held === undefined ? '' : `, ${inline(plan.held)}`} | ${plan.done}/${plan.tasks} | ${spanText(plan.workMs)} |${used ? ` ${tokensText(plan.usage)} | ${costText(plan.usage)} |` : ''}`),
  ]);
  section('Kept work', run.salvaged.map(({ node, attempt, ref }) => `- ${inline(node)}, attempt ${attempt}: ${code(ref)}`));
  section('Slowest tasks', run.slowest.slice(0, 5).map(({ node, title, ms }) => `- ${spanText(ms)} · **${inline(node)}** ${inline(title)}`));
  return lines;
}

/** One line in which nothing of Markdown or HTML has a meaning. */
function inline(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]()<>#+!|~&@]|:(?=\/\/)|(?<=^)[-.\d]/g, (sign) => (sign === '&' || sign === '<' || sign === '>' || sign === '@' || sign === ':' ? `&#${sign.charCodeAt(0)};` : /\d/.test(sign) ? sign : `\\${sign}`));
}

function code(text: string): string {
  const line = printable(text).replaceAll('|', '\\|');
  const ticks = '`'.repeat(1 + Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

function fence(lines: readonly string[]): string {
  const ticks = '`'.repeat(Math.max(3, 1 + Math.max(0, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)))));
  return `${ticks}text\n${lines.map(printable).join('\n')}\n${ticks}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
