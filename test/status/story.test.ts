import { plainPaint } from '../../src/status/paint.js';
import { plainLine, plainObserver } from '../../src/status/plain.js';
import { sentenceOf } from '../../src/status/sentences.js';
import { storyLine, storyText, type StoryLine } from '../../src/status/story.js';
import { eventsObserver } from '../../src/status/events.js';
import { orchestrationOf } from '../graph/orchestration-of.js';
import { commit, ToldRun } from './run.js';
import { Sink } from './sink.js';

const orchestration = orchestrationOf({ A: { phases: [{ tasks: [{ id: '1.1', title: 'Open the \u001b[2Jdoor', body: 'secret words' }] }] }, B: { depends: ['A'], phases: [{ tasks: ['1.1'] }] } });

function story(all: boolean, about?: string): StoryLine[] {
  const told: StoryLine[] = [];
  const run = new ToldRun(orchestration);
  const note = (): void => {
    const entry = run.entries.at(-1);
    const line = entry && storyLine(entry, run.state, { all, ...(about === undefined ? {} : { about }) });
    if (line) told.push(line);
  };
  note();
  run.open('A');
  note();
  run.start('A.1.1');
  note();
  run.fail('A.1.1');
  note();
  run.tell({ kind: 'retry.requested', nodes: ['A.1.1'] });
  note();
  run.start('A.1.1', 2);
  note();
  run.pass('A.1.1', commit('c'), 2);
  note();
  run.tell({ kind: 'run.finished', outcome: 'failed' });
  note();
  return told;
}

test('a run reads as a story, with the clock of the wall and nothing that a terminal would obey', () => {
  expect(storyText(story(false), { paint: plainPaint, timeZone: 'UTC' }).split('\n')).toEqual([
    '1970-01-01',
    '00:16:40         run m-1: 2 plans, 2 tasks, into main at aaaaaaaaaa',
    '00:16:42  A      branch made at aaaaaaaaaa',
    '00:16:43  A.1.1  started: Open the ?[2Jdoor',
    '00:16:44  A.1.1  exit 1 after 1.0s: it broke',
    '00:16:45         somebody asked to retry A.1.1',
    '00:16:46  A.1.1  started again (attempt 2): Open the ?[2Jdoor',
    '00:16:49  A.1.1  done in 1.0s, committed as cccccccccc',
    '00:16:50         not all landed after 10s: 1 of 2 tasks done',
  ]);
});

test('the story of one plan leaves the others out', () => {
  expect(story(false, 'B').map(({ subject }) => subject)).toEqual(['', '', '']);
  expect(story(false, 'A').length).toBe(8);
});

test('plain lines: facts, one each, with the time since the run began; intents are left out', () => {
  const run = new ToldRun(orchestration);
  const out = new Sink();
  const observer = plainObserver(out, plainPaint);
  const seen = (): void => observer.entry(run.entries.at(-1) as never, run.state);
  seen();
  run.tell({ kind: 'plan.opening', plan: 'A', from: null, to: commit('a'), adopted: false, inputs: [] });
  seen();
  run.tell({ kind: 'plan.opened', plan: 'A', tip: commit('a'), adopted: false, inputs: [] });
  seen();
  expect(out.lines()).toEqual(['    0ms  run m-1: 2 plans, 2 tasks, into main at aaaaaaaaaa', '   2.0s  A  branch made at aaaaaaaaaa']);
});

test('a kind that this version does not know is no reason to stop', () => {
  const run = new ToldRun(orchestration);
  const entry = { seq: 1, at: run.now, event: { kind: 'moon.rose' } } as never;
  expect(plainLine(sentenceOf(entry, run.state), 0, plainPaint)).toContain('moon.rose');
});

test('the event stream names what there is and leaves bodies out; it closes with a line of its own', async () => {
  const run = new ToldRun(orchestration);
  const out = new Sink();
  let now = 5000;
  const observer = eventsObserver(out, { now: () => now, after: () => () => undefined });
  observer.entry(run.entries[0] as never, run.state);
  observer.progress('A.1.1', { doing: 'reads' });
  observer.progress('A.1.1', { doing: 'too soon' });
  now += 1000;
  observer.progress('A.1.1', { doing: 'writes' });
  await observer.close();
  const lines = out.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ kind }) => kind)).toEqual(['run.started', 'progress', 'progress', 'end']);
  expect(lines[0]).toMatchObject({ version: 1, seq: 0, run: 'm-1', plans: [{ id: 'A', phases: [{ tasks: [{ id: 'A.1.1' }] }] }, { id: 'B' }] });
  expect(out.lines().join()).not.toContain('secret words');
  expect(lines.at(-1)).toMatchObject({ outcome: null, tasks: { total: 2 } });
});
