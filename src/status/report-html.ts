/** The report as one page that needs nothing else: no script, no network, no font. Every text of others is escaped. */
import { printable } from './printable.js';
import type { PlanReport, Report, RunReport } from './report.js';
import { reportLanes } from './report-lanes.js';
import { reportStyle } from './report-style.js';
import { conflictWord, costText, dateText, keyNumbers, planTone, planWord, reportHeadline, spanText, timeText, tokensText } from './report-words.js';
import { escapeXml } from './timeline.js';

/** The whole page. */
export function reportHtml(report: Report): string {
  const several = report.runs.length > 1;
  const headline = capital(reportHeadline(report));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${escapeXml(`${report.title}: ${headline}`)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<p class="over">${escapeXml(report.title)} · ${escapeXml(dateText(report.generatedAt, report.timeZone))}, ${timeText(report.generatedAt, report.timeZone)}</p>
<h1>${escapeXml(headline)}</h1>
${report.runs.map((run) => runHtml(run, report, several)).join('\n')}
${queueHtml(report)}
<footer>${report.runs.map((run) => `run ${escapeXml(run.run)} of ${escapeXml(run.manifest)}`).join(' · ')} · times in ${escapeXml(report.timeZone)} · <code>plan log</code> tells the whole story</footer>
</main>
</body>
</html>
`;
}

function runHtml(run: RunReport, report: Report, several: boolean): string {
  const head = several ? `<h2>${escapeXml(run.manifest)}</h2>\n<p>${escapeXml(capital(run.headline))}</p>\n` : '';
  return [
    `${head}<p class="over">${timeText(run.startedAt, report.timeZone)} to ${timeText(run.endedAt, report.timeZone)} · into <code>${escapeXml(run.target)}</code></p>`,
    meter(run),
    `<div class="numbers">${keyNumbers(run).map(({ name, value, more }) => `<div><span>${escapeXml(name)}</span><strong>${escapeXml(value)}</strong>${more === undefined ? '' : `<span>${escapeXml(more)}</span>`}</div>`).join('')}</div>`,
    section('Waiting for you', needsHtml(run)),
    section('Failed', failuresHtml(run)),
    section('Conflicts', conflictsHtml(run)),
    section('Timeline', reportLanes(run, report.timeZone)),
    section('Plans', plansHtml(run.plans)),
    section('Slowest tasks', slowestHtml(run)),
    section('Kept work', keptHtml(run)),
  ].filter(Boolean).join('\n');
}

function section(title: string, content: string): string {
  return content === '' ? '' : `<h3>${title}</h3>\n${content}`;
}

/** All tasks as one bar: done, failed, and what is still open. */
function meter({ counts }: RunReport): string {
  const parts = [
    { tone: 'good', word: 'done', amount: counts.done },
    { tone: 'bad', word: 'failed', amount: counts.failed },
    { tone: 'open', word: 'open', amount: Math.max(0, counts.tasks - counts.done - counts.failed) },
  ].filter(({ amount }) => amount > 0);
  const bar = parts.map(({ tone, amount }) => `<i class="${tone}" style="flex:${amount};background:var(--tone)"></i>`).join('');
  const legend = parts.map(({ tone, word, amount }) => `<span><b class="${tone}" style="background:var(--tone)"></b>${amount} ${word}</span>`).join('');
  return parts.length === 0 ? '' : `<div class="meter">${bar}</div><div class="legend">${legend}</div>`;
}

function needsHtml({ needs }: RunReport): string {
  return needs.map(({ what, commands }) => `<div class="card person">${text(what)}${commands.map((command) => `<code class="command">${escapeXml(command)}</code>`).join('')}</div>`).join('\n');
}

function failuresHtml({ failures }: RunReport): string {
  return failures
    .map((failure) => {
      const tries = failure.attempts > 1 ? ` after ${failure.attempts} attempts` : '';
      const side = [
        failure.note === undefined ? '' : text(failure.note),
        failure.blocks.length === 0 ? '' : `holds up ${text(failure.blocks.join(', '))}`,
        failure.kept === undefined ? '' : `its work is kept: <code>${escapeXml(failure.kept)}</code>`,
      ].filter(Boolean);
      const lines = failure.lastLines.length === 0 ? '' : `<pre>${failure.lastLines.map(escapeXml).join('\n')}</pre>`;
      return `<div class="card bad"><strong>${text(failure.node)}</strong> ${text(failure.title)} <span class="tag bad">${text(failure.why)}${tries}</span>${side.map((each) => `<p class="side">${each}</p>`).join('')}${lines}</div>`;
    })
    .join('\n');
}

function conflictsHtml({ conflicts }: RunReport): string {
  return conflicts
    .map(({ kind, between, files, tasks }) => {
      const shown = files.slice(0, 12).map((file) => `<code>${escapeXml(file)}</code>`).join(', ');
      const more = files.length > 12 ? ` and ${files.length - 12} more` : '';
      const by = tasks.length === 0 ? '' : `<p class="side">touched by ${text(tasks.slice(0, 8).join(', '))}</p>`;
      return `<div class="card ${kind === 'foreseen' ? 'open' : 'person'}"><strong>${text(between[0])}</strong> and <strong>${text(between[1])}</strong> ${conflictWord(kind)}<p class="side">${shown}${more}</p>${by}</div>`;
    })
    .join('\n');
}

function plansHtml(plans: readonly PlanReport[]): string {
  const used = plans.some(({ usage }) => usage.inputTokens !== undefined || usage.outputTokens !== undefined || usage.cost !== undefined);
  const head = `<tr><th>plan</th><th></th><th class="n">tasks</th><th class="n">work</th>${used ? '<th class="n">tokens</th><th class="n">cost</th>' : ''}</tr>`;
  const rows = plans.map((plan) => {
    const usage = used ? `<td class="n">${tokensText(plan.usage)}</td><td class="n">${costText(plan.usage)}</td>` : '';
    return `<tr><td><strong>${text(plan.id)}</strong> ${text(plan.title)}<br><code>${escapeXml(plan.branch)}</code></td><td><span class="tag ${planTone(plan.status)}">${planWord(plan.status)}</span>${plan.held === undefined ? '' : `<p class="side">${text(plan.held)}</p>`}</td><td class="n" data-name="tasks">${plan.done}/${plan.tasks}</td><td class="n" data-name="work">${spanText(plan.workMs)}</td>${usage}</tr>`;
  });
  return plans.length === 0 ? '' : `<div class="scroll"><table class="plans"><thead>${head}</thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

function slowestHtml({ slowest }: RunReport): string {
  const longest = slowest[0]?.ms ?? 0;
  if (longest <= 0) return '';
  const rows = slowest.map(({ node, title, ms }) => `<strong>${text(node)}</strong><span>${text(title)}<i style="width:${((ms / longest) * 100).toFixed(1)}%"></i></span><em>${spanText(ms)}</em>`);
  return `<div class="bars">${rows.join('\n')}</div>`;
}

function keptHtml({ salvaged }: RunReport): string {
  if (salvaged.length === 0) return '';
  const rows = salvaged.slice(0, 50).map(({ node, attempt, ref }) => `<tr><td>${text(node)}</td><td>attempt ${attempt}</td><td><code>${escapeXml(ref)}</code></td></tr>`);
  return `<div class="scroll"><table>${rows.join('\n')}</table></div><p class="side"><code>plan salvage</code> shows and restores it</p>`;
}

function queueHtml({ queue }: Report): string {
  if (queue === undefined || queue.length === 0) return '';
  const rows = queue.map(({ manifest, state, note }) => `<tr><td>${text(manifest)}</td><td><span class="tag ${queueTone(state)}">${text(state)}</span></td><td>${text(note ?? '')}</td></tr>`);
  return `<h2>Queue</h2>\n<div class="scroll"><table>${rows.join('\n')}</table></div>`;
}

function queueTone(state: string): string {
  return state === 'done' ? 'good' : state === 'failed' ? 'bad' : state === 'interrupted' ? 'person' : 'open';
}

function text(words: string): string {
  return escapeXml(printable(words));
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
