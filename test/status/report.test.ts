/** The morning report: its facts, and that no text of others can do anything in it. */
import { packLanes } from '../../src/status/report-lanes.js';
import { reportHtml } from '../../src/status/report-html.js';
import { reportMarkdown } from '../../src/status/report-markdown.js';
import type { Report } from '../../src/status/report.js';
import { lastLines, reportJson, reportRun, sumUsage } from '../../src/status/report.js';
import { shortNumber, spanText } from '../../src/status/report-words.js';
import { orchestrationOf } from '../graph/orchestration-of.js';
import { failedOutput, hostile, nightReport, nightState } from './report-sample.js';
import { ToldRun } from './run.js';

const report = nightReport();
const run = report.runs[0] as Report['runs'][number];

describe('facts', () => {
  test('what came of it', () => {
    expect(run.headline).toBe('2 of 5 plans landed, 1 failed, 1 blocked, 1 needs a person');
    expect(run.plans.map(({ id, status }) => `${id} ${status}`)).toEqual(['auth landed', 'ui conflict', 'billing failed', 'mail blocked', 'docs landed']);
    expect(run.counts).toMatchObject({ tasks: 16, done: 14, failed: 1, attempts: 16 });
  });

  test('what failed, why, what it holds up, and what is kept of it', () => {
    expect(run.failures).toEqual([
      {
        node: 'billing.2.1',
        title: 'Render invoices as PDF',
        why: 'exit 2',
        note: "Cannot read properties of undefined (reading 'rows')",
        attempts: 2,
        lastLines: expect.arrayContaining(['FAIL src/billing/pdf.test.ts', 'Tests:       1 failed, 12 passed, 13 total']),
        kept: 'refs/plan-runs/release-1a2b-7/salvage/billing.2.1/2',
        blocks: ['mail'],
      },
    ]);
    expect(run.salvaged.map(({ node, attempt }) => `${node} ${attempt}`)).toEqual(['billing.2.1 1', 'billing.2.1 2']);
  });

  test('a conflict names both plans, the files, and who touched them', () => {
    expect(run.conflicts).toEqual([{ kind: 'landing', between: ['ui', 'auth'], files: ['src/session.ts', 'src/session.test.ts'], tasks: ['auth.2.1', 'ui.2.2'] }]);
  });

  test('what a person has to do, with the next command', () => {
    expect(run.needs.map(({ commands }) => commands)).toEqual([['plan resolve ui'], ['plan logs billing.2.1', 'plan retry billing.2.1']]);
  });

  test('time and money add up', () => {
    const work = run.plans.reduce((sum, plan) => sum + plan.workMs, 0);
    expect(run.sums.work * 1000).toBeCloseTo(work, 3);
    expect(run.sums.speedUp).toBeCloseTo(work / 1000 / run.sums.makespan, 6);
    expect(run.usage.cost).toBeCloseTo(nightState().cost, 6);
    expect(run.slowest[0]).toEqual({ node: 'ui.2.2', title: 'Sign out everywhere', ms: 89 * 60_000 });
  });

  test('a run that goes on, one that was stopped, one that did nothing', () => {
    const bare = orchestrationOf({ A: { phases: [{ tasks: ['1.1', '1.2'] }] } });
    const going = new ToldRun(bare).open('A').start('A.1.1');
    const facts = (told: ToldRun, live: boolean) => reportRun(told.state, { now: told.now, live, tailOf: () => '' });
    expect(facts(going, true).headline).toBe('under way: 0 of 2 tasks done');
    expect(facts(going, false)).toMatchObject({ headline: 'stopped: 0 of 2 tasks done', needs: [{ commands: ['plan orchestrate-multi manifest.yml'] }] });
    const nothing = facts(new ToldRun(bare), true);
    expect(nothing).toMatchObject({ timeline: [], slowest: [], sums: { speedUp: 1 } });
    for (const render of [reportHtml, reportMarkdown]) expect(render({ ...report, runs: [nothing] })).toContain('Under way');
    for (const render of [reportHtml, reportMarkdown]) expect(render({ ...report, runs: [] }).toLowerCase()).toContain('nothing was run');
  });
});

describe('last lines', () => {
  test('are those that say something', () => {
    expect(lastLines(failedOutput)).not.toContain('{"type":"result","subtype":"error"}');
    expect(lastLines('10 %\r50 %\r100 %\n\u001b[1mdone\u001b[0m\n\n')).toEqual(['100 %', 'done']);
    expect(lastLines(Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n'))).toHaveLength(12);
    expect(lastLines('x'.repeat(1_000_000))[0]).toHaveLength(300);
    expect(lastLines('')).toEqual([]);
  });
});

describe('the page', () => {
  const titles = new Proxy({}, { get: () => hostile }) as Readonly<Record<string, string>>;
  const page = reportHtml(nightReport(titles, `${hostile}</pre></style>`));

  test('holds nothing of others as markup', () => {
    expect(page).not.toMatch(/<script|<img|<iframe|<link|\son\w+=|javascript:/i);
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
    const tags = [...page.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name]) => name);
    expect(new Set(tags)).toEqual(new Set(['html', 'head', 'meta', 'title', 'style', 'body', 'main', 'p', 'h1', 'code', 'div', 'i', 'span', 'b', 'strong', 'h3', 'pre', 'svg', 'text', 'line', 'rect', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'br', 'em', 'footer']));
    expect((page.match(/<style>/g) ?? []).length).toBe(1);
  });

  test('every element is closed where it was opened', () => {
    const open: string[] = [];
    const empty = new Set(['meta', 'br']);
    for (const [, slash, name = ''] of page.replace(/<!doctype html>/, '').replace(/<style>[^]*?<\/style>/, '').matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
      if (slash === '/') expect(open.pop()).toBe(name);
      else if (!empty.has(name)) open.push(name);
    }
    expect(open).toEqual([]);
  });

  test('needs no network', () => {
    expect(page).not.toMatch(/\b(?:src|href|url|@import)\s*[=(]/i);
    expect(page).toContain("default-src 'none'");
  });

  test('several runs and the queue', () => {
    const both = reportHtml({ ...report, runs: [run, { ...run, manifest: 'small.yml' }], queue: [{ manifest: 'later.yml', state: 'waiting' }] });
    for (const part of ['0 of 2 manifests done', '<h2>small.yml</h2>', 'later.yml']) expect(both).toContain(part);
  });
});

describe('Markdown', () => {
  test('says the same', () => {
    const text = reportMarkdown(report);
    for (const part of ['2 of 5 plans landed', '`plan resolve ui`', '**billing.2.1** Render invoices as PDF', '```text\n', '| **auth** Log in with passkeys | landed | 5/5 |', '$36.13']) expect(text).toContain(part);
  });

  test('text of others formats nothing and links nowhere', () => {
    const titles = new Proxy({}, { get: () => hostile }) as Readonly<Record<string, string>>;
    const text = reportMarkdown(nightReport(titles, '<img src=x> [a](http://evil) @everyone'));
    const outside = text.replace(/```[^]*?```/g, '').replace(/`[^`]*`/g, '');
    expect(outside).not.toMatch(/<\w|[^\\]\[|@everyone|http:\/\//);
    expect(text.split('\n').filter((line) => line.startsWith('| **'))).toHaveLength(5);
    for (const line of text.split('\n').filter((each) => each.startsWith('| **'))) expect(line.match(/(?<!\\)\|/g)).toHaveLength(7);
  });
});

test('as data it is JSON with a version', () => {
  expect(JSON.parse(JSON.stringify(reportJson(report)))).toMatchObject({ version: 1, runs: [{ run: 'release-1a2b-7' }] });
});

test('lanes hold no two bars at once, and no lane more than needed', () => {
  const rows = [[0, 5], [5, 7], [1, 3], [2, 4], [3, 9], [8, 9]].map(([start = 0, end = 0], index) => ({ plan: 'A', task: String(index), start, end }));
  const packed = packLanes(rows);
  for (const [a, laneA] of packed) for (const [b, laneB] of packed) if (a !== b && laneA === laneB) expect(a.end <= b.start || b.end <= a.start).toBe(true);
  expect(Math.max(...packed.map(([, lane]) => lane))).toBe(2);
});

test('numbers', () => {
  expect([0, 999, 1000, 24_763, 999_960, 12_300_000].map(shortNumber)).toEqual(['0', '999', '1k', '24.8k', '1M', '12.3M']);
  expect([0, 500, 61_000, 3_300_000, 5_340_000].map(spanText)).toEqual(['–', '500ms', '1m01s', '55m', '1h29m']);
  expect(sumUsage([{ model: 'a', cost: 1 }, { model: 'b', inputTokens: 5 }])).toEqual({ cost: 1, inputTokens: 5 });
});
