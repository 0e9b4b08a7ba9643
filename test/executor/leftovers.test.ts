import { createManualExecutor } from '../../src/executor/manual.js';
import { endLeftovers, findLeftovers, markVariable } from '../../src/executor/mark.js';
import { createExecutors } from '../../src/executor/registry.js';
import type { AttemptRequest, Executor } from '../../src/executor/executor.js';
import { systemClock } from '../../src/base/clock.js';
import { createMarkScanner } from '../../src/base/process-scan.js';
import { HeldProcesses } from '../rig/held-process.js';
import { AttemptRig } from './attempt-rig.js';

const rig = new AttemptRig();
let held: HeldProcesses;
beforeAll(async () => void (held = await HeldProcesses.listen()));
afterAll(() => held.close());

const noAgent: Executor = { begin: () => ({ finished: Promise.resolve({ result: 'failed', reason: 'start', note: 'the agent' }), cancel: () => undefined }) };

test('what an orchestrator left behind is found by run and attempt, and ended', async () => {
  const request = rig.request({ kind: 'shell', shell: `exec ${held.shell}` }, { node: 'A.phase 2#x', environment: { PATH: process.env['PATH'] ?? '', [markVariable]: 'outer', ...held.environment } });
  const attempt = createExecutors(rig.tools(), noAgent).begin(request, rig.report);
  const one = await held.next();
  const child = await one.descend({ escape: true });
  expect(one.hello.environment[markVariable]).toMatch(/^outer test-1@/);

  const scanner = createMarkScanner(markVariable, systemClock);
  expect(await findLeftovers(scanner, 'test-1', '/another/clone/attempts')).toEqual([]);
  expect(await findLeftovers(scanner, 'test-11', rig.attempts)).toEqual([]);
  const found = await findLeftovers(scanner, 'test-1', rig.attempts);
  expect(found.map(({ process, node, attempt }) => [process.pid, node, attempt]).sort()).toEqual([one.pid, child.pid].sort().map((pid) => [pid, 'A.phase 2#x', request.attempt]));

  await endLeftovers(found, systemClock, 10_000);
  await one.gone;
  await child.gone;
  expect(await attempt.finished).toMatchObject({ result: 'failed', reason: 'signal', signal: 'SIGTERM' });
  expect(await findLeftovers(scanner, 'test-1', rig.attempts)).toEqual([]);
});

test('each request goes to the executor of its kind', async () => {
  const executors = createExecutors(rig.tools(), noAgent);
  const begin = (request: AttemptRequest) => executors.begin(request, rig.report).finished;
  expect(await begin(rig.request({ kind: 'shell', shell: 'echo shell' }))).toMatchObject({ note: 'shell' });
  expect(await begin(rig.request({ kind: 'command', command: ['echo', 'command'], prompt: 'file' }))).toMatchObject({ note: 'command' });
  expect(await begin(rig.request({ kind: 'agent', agent: 'any', options: {} }))).toMatchObject({ note: 'the agent' });
  const waiting = begin(rig.request({ kind: 'manual' }, { node: 'A.1' }));
  expect(executors.manual.settle('A.1', 'passed', 'looked at it')).toBe(true);
  expect(await waiting).toEqual({ result: 'passed', note: 'looked at it' });
});

describe('a person', () => {
  test('says that it failed, or takes the task back', async () => {
    const manual = createManualExecutor();
    const first = manual.begin(rig.request({ kind: 'manual' }, { node: 'A.1' }), rig.report);
    const second = manual.begin(rig.request({ kind: 'manual' }, { node: 'A.2' }), rig.report);
    expect(rig.progress.at(-1)).toEqual({ doing: 'waits for a person' });
    expect(manual.settle('A.1', 'failed', 'cannot be done')).toBe(true);
    second.cancel('interrupted');
    second.cancel('request');
    expect(await first.finished).toEqual({ result: 'failed', reason: 'request', note: 'cannot be done' });
    expect(await second.finished).toEqual({ result: 'cancelled', reason: 'interrupted' });
    expect(manual.settle('A.1', 'passed')).toBe(false);
  });
});
