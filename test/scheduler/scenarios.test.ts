import { explain } from '../../src/state/task-status.js';
import { nodeState } from '../../src/state/run-state.js';
import { Stage } from './stage.js';

const one = (id: string, extra: object = {}) => ({ id, phases: [{ tasks: [{ id: '1.1', ...extra }] }] });
const chain = (id: string, count: number) => ({ id, phases: Array.from({ length: count }, (_, index) => ({ tasks: [{ id: `${index + 1}.1` }] })) });

describe('a plan from its first task to the target', () => {
  test('is opened, run, committed, published, completed and landed, one deed after the other', () => {
    const stage = new Stage([one('A')]);
    expect(stage.said).toEqual(['open-plan A with', 'move A to c1', 'start A.1.1#1 in 0 on c1']);
    stage.pass('A.1.1');
    expect(stage.said.slice(3)).toEqual(['commit A.1.1 on c1', 'move A to c2', 'publish A.phase1/1 at c2', 'complete A at c2', 'prepare A', 'land A', 'finish landed']);
  });

  test('starts from what it waits for, and takes in more when a later phase needs it', () => {
    const stage = new Stage([chain('A', 2), { id: 'B', depends: ['A.phase1'], phases: [{ tasks: [{ id: '1.1' }] }, { tasks: [{ id: '2.1' }], depends: ['A'] }] }]);
    stage.pass('A.1.1');
    expect(stage.said).toContain('open-plan B with A.phase1');
    stage.pass('B.1.1', 'A.2.1');
    expect(stage.said).toContain('integrate B with A');
    expect(stage.said.at(-1)).toMatch(/^start B\.2\.1#1/);
  });

  test('a phase whose tasks end before it opens is published, and verified, with all that it waited for', () => {
    for (const verifies of [[], ['blocking'] as const]) {
      const early = { id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }] }, { tasks: [{ id: '2.1', after: ['A.1.1'] }], verifies }] };
      const stage = new Stage([early, { id: 'B', depends: ['A.phase2'], phases: [{ tasks: [{ id: '1.1' }] }] }]);
      stage.pass('A.1.1', 'A.2.1', 'A.1.2');
      const tip = stage.state.plans.get('A')?.tip as string;
      if (verifies.length > 0) {
        expect(stage.said).toContain(`start A.phase2.verify1#1 in -1 on ${tip}`);
        stage.pass('A.phase2.verify1');
      }
      expect(stage.said).toContain(`publish A.phase1/1 at ${tip}`);
      expect(stage.said).toContain(`publish A.phase2/1 at ${tip}`);
    }
  });

  test('a phase that is skipped before it opens is published with all that it waited for', () => {
    const stage = new Stage([chain('A', 2)]);
    stage.tell({ kind: 'skip.requested', nodes: ['A.2.1'] });
    stage.pass('A.1.1');
    expect(stage.said).toContain(`publish A.phase2/1 at ${stage.state.plans.get('A')?.tip}`);
  });

  test('nothing is asked for twice while it is under way', () => {
    const stage = new Stage([one('A')]);
    stage.slow.add('commit');
    stage.pass('A.1.1');
    expect(stage.settle()).toEqual([]);
    expect(stage.said.filter((said) => said.startsWith('commit'))).toHaveLength(1);
  });

  test('a task ticked in the file is not run; a plan of nothing else still lands', () => {
    const stage = new Stage([one('A', { done: true })]);
    expect(stage.said.some((said) => said.startsWith('start'))).toBe(false);
    expect(stage.outcome).toBe('landed');
  });

  test('a plan without tasks completes', () => {
    expect(new Stage([{ id: 'A', phases: [{ tasks: [] }] }]).outcome).toBe('landed');
    expect(new Stage([{ id: 'A', phases: [] }]).outcome).toBe('landed');
  });
});

describe('worktrees', () => {
  test('each attempt has the smallest free one, and keeps it until its commit', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: ['1.1', '1.2', '1.3', '1.4'].map((id) => ({ id })) }] }], { limits: { tasks: 8 }, perPlan: 2 });
    expect(stage.running).toEqual(['A.1.1', 'A.1.2']);
    stage.slow.add('commit');
    stage.pass('A.1.1');
    expect(stage.running).toEqual(['A.1.2']);
    stage.underWay.clear();
    stage.slow.clear();
    stage.settle();
    expect(stage.said.at(-1)).toBe('start A.1.3#1 in 0 on c2');
  });
});

describe('failures', () => {
  test('an attempt is repeated after a growing pause, then the task has failed and blocks what comes after', () => {
    const stage = new Stage([chain('A', 2), one('C')], { execution: { '': { retries: 2 } } });
    stage.fail('A.1.1');
    expect(stage.wakeAt).toBe(stage.now + 2000);
    expect(stage.status('A.1.1')).toBe('ready');
    expect(explain(stage.state, nodeState(stage.state, 'A.1.1')!, stage.now)).toEqual([{ kind: 'back-off', until: stage.now + 2000 }]);
    stage.wait(1999);
    expect(stage.running).toEqual(['C.1.1']);
    stage.wait(1);
    stage.fail('A.1.1');
    stage.wait(3999);
    expect(stage.running).toEqual(['C.1.1']);
    stage.wait(1);
    stage.fail('A.1.1');
    expect([stage.status('A.1.1'), stage.status('A.2.1')]).toEqual(['failed', 'blocked']);
    expect(explain(stage.state, nodeState(stage.state, 'A.2.1')!, stage.now)).toEqual([{ kind: 'blocked-by', nodes: ['A.1.1'], more: 0 }]);
    stage.pass('C.1.1');
    expect(stage.outcome).toBe('failed');
  });

  test('what was cancelled or lost costs no attempt', () => {
    const stage = new Stage([one('A')]);
    stage.end('A.1.1', { result: 'lost', reason: 'interrupted' });
    expect(stage.running).toEqual(['A.1.1']);
    stage.end('A.1.1', { result: 'cancelled', reason: 'interrupted' });
    expect(stage.running).toEqual([]);
    expect(stage.outcome).toBe('failed');
    stage.tell({ kind: 'run.resumed' });
    expect(stage.said.at(-1)).toBe('start A.1.1#3 in 0 on c1');
  });

  test('the same command again after an end with failures retries only those', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }] }] }]);
    stage.pass('A.1.1');
    stage.fail('A.1.2');
    expect(stage.outcome).toBe('failed');
    stage.tell({ kind: 'run.resumed' });
    expect(stage.running).toEqual(['A.1.2']);
  });

  test('failing fast ends what runs and starts nothing more', () => {
    const stage = new Stage([one('A'), chain('B', 2)], { failFast: true });
    stage.fail('A.1.1');
    expect(stage.said.at(-1)).toBe('cancel B.1.1#1: fail-fast');
    stage.end('B.1.1', { result: 'cancelled', reason: 'fail-fast' });
    expect(stage.outcome).toBe('failed');
  });

  test('a commit that does not apply sends the task back, three times and no more', () => {
    const stage = new Stage([one('A')]);
    for (let attempt = 1; attempt <= 4; attempt++) {
      stage.slow.add('commit');
      stage.pass('A.1.1');
      stage.underWay.clear();
      stage.slow.clear();
      stage.tell({ kind: 'commit.rejected', node: 'A.1.1', attempt, reason: 'conflict', files: ['a.ts'] });
      expect(stage.status('A.1.1')).toBe(attempt < 4 ? 'running' : 'failed');
    }
  });

  test('a branch that cannot be made good stops its plan; a retry tries again', () => {
    const stage = new Stage([one('A'), { id: 'B', depends: ['A'], phases: [{ tasks: [{ id: '1.1' }] }] }, one('C')]);
    stage.slow.add('open-plan');
    stage.pass('A.1.1');
    stage.underWay.clear();
    stage.slow.clear();
    stage.tell({ kind: 'plan.conflicted', plan: 'B', input: 'A', commit: 'c2', files: ['a.ts'] });
    expect(explain(stage.state, nodeState(stage.state, 'B.1.1')!, stage.now)).toEqual([{ kind: 'plan-stopped', plan: 'B' }]);
    stage.pass('C.1.1');
    expect(stage.outcome).toBe('person');
    stage.tell({ kind: 'run.resumed' });
    expect(stage.running).toEqual(['B.1.1']);
  });
});

describe('limits', () => {
  test('an idle plan gives its place to another one', () => {
    const stage = new Stage([chain('A', 2), { id: 'B', depends: ['A.phase1'], phases: [{ tasks: [{ id: '1.1' }] }] }, one('C')], { limits: { tasks: 4, plans: 1 } });
    expect(stage.running).toEqual(['A.1.1']);
    stage.pass('A.1.1');
    expect(stage.running).toEqual(['A.2.1']);
    stage.pass('A.2.1');
    expect(stage.running).toEqual(['B.1.1']);
    stage.pass('B.1.1');
    expect(stage.running).toEqual(['C.1.1']);
  });

  test('a pool that pauses holds its tasks until it goes on, and no retry is lost', () => {
    const stage = new Stage([one('A', { uses: { claude: 1 } }), one('C')], { limits: { tasks: 4, pools: { claude: 3 } } });
    stage.end('A.1.1', { result: 'failed', reason: 'limit', limitedPool: 'claude', limitedUntil: stage.now + 60_000 });
    expect(stage.running).toEqual(['C.1.1']);
    expect(explain(stage.state, nodeState(stage.state, 'A.1.1')!, stage.now)).toEqual([{ kind: 'limited', pool: 'claude', until: stage.now + 60_000 }]);
    expect(stage.wakeAt).toBe(stage.now + 60_000);
    stage.wait(60_000);
    expect(stage.running).toEqual(['C.1.1', 'A.1.1']);
  });

  test('a wait from before the clock was set back is over', () => {
    const stage = new Stage([one('A')], { execution: { '': { retries: 1 } } });
    stage.fail('A.1.1');
    stage.wait(1_000);
    expect(stage.running).toEqual([]);
    stage.wait(-86_400_000);
    expect(stage.running).toEqual(['A.1.1']);
  });

  test('nothing starts that is not expected to end before the deadline', () => {
    const stage = new Stage([one('A', { seconds: 100 }), one('B', { seconds: 10 })], { limits: { tasks: 1 } });
    expect(stage.running).toEqual(['A.1.1']);
    stage.limits = { tasks: 1, untilMs: stage.now + 150_000 };
    stage.wait(145_000);
    stage.pass('A.1.1');
    expect(stage.outcome).toBe('deadline');
  });

  test('what still runs at the deadline may end', () => {
    const stage = new Stage([chain('A', 2)]);
    stage.limits = { tasks: 1, untilMs: stage.now + 600_000 };
    stage.wait(600_000);
    expect(stage.running).toEqual(['A.1.1']);
    expect(stage.said).not.toContainEqual(expect.stringMatching(/^cancel/));
    stage.pass('A.1.1');
    expect([stage.status('A.1.1'), stage.outcome]).toEqual(['committed', 'deadline']);
  });

  test('what still runs at the deadline is stopped where that is wished, counts no failure, and runs again next time', () => {
    const stage = new Stage([chain('A', 2), one('B')], { limits: { tasks: 2, overrun: 'stop' } });
    stage.limits = { tasks: 2, untilMs: stage.now + 600_000 };
    stage.wait(599_999);
    expect(stage.said).not.toContainEqual(expect.stringMatching(/^cancel/));
    expect(stage.wakeAt).toBe(stage.now + 1);
    stage.wait(1);
    for (const id of stage.running) stage.end(id, { result: 'cancelled', reason: 'deadline' });
    expect([stage.running, stage.outcome, nodeState(stage.state, 'A.1.1')?.failures]).toEqual([[], 'deadline', 0]);
    stage.limits = { tasks: 2 };
    stage.tell({ kind: 'run.resumed' });
    expect(stage.running).toEqual(['A.1.1', 'B.1.1']);
  });

  test('a used up budget ends the run when what runs has ended', () => {
    const stage = new Stage([chain('A', 2), one('B')], { limits: { tasks: 2, cost: { amount: 5, currency: 'USD' } } });
    stage.end('A.1.1', { result: 'passed', usage: { cost: 5 } });
    expect(stage.running).toEqual(['B.1.1']);
    stage.pass('B.1.1');
    expect(stage.outcome).toBe('deadline');
  });

  test('tasks that would write the same file are not side by side, and the second builds on the first', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1', files: ['a.ts'] }, { id: '1.2', files: ['a.ts'] }, { id: '1.3' }] }] }]);
    expect(stage.running).toEqual(['A.1.1', 'A.1.3']);
    stage.pass('A.1.1');
    expect(stage.said.at(-1)).toBe('start A.1.2#1 in 0 on c2');
  });
});

describe('people', () => {
  test('a paused run starts nothing, commits what passes, and waits for the word to go on', () => {
    const stage = new Stage([chain('A', 2)]);
    stage.tell({ kind: 'pause.requested' });
    stage.pass('A.1.1');
    expect(stage.said.at(-1)).toMatch(/^publish/);
    expect(stage.outcome).toBeUndefined();
    stage.tell({ kind: 'resume.requested' });
    expect(stage.running).toEqual(['A.2.1']);
  });

  test('a paused plan lets the others go on', () => {
    const stage = new Stage([chain('A', 2), chain('B', 2)]);
    stage.tell({ kind: 'pause.requested', plans: ['A'] });
    stage.pass('A.1.1', 'B.1.1');
    expect(stage.running).toEqual(['B.2.1']);
    expect(explain(stage.state, nodeState(stage.state, 'A.2.1')!, stage.now)).toContainEqual({ kind: 'paused', plan: 'A' });
  });

  test('a skipped task counts as done, also when it has to be ended first', () => {
    const stage = new Stage([chain('A', 2)]);
    stage.tell({ kind: 'skip.requested', nodes: ['A.1.1'] });
    expect(stage.said.at(-1)).toBe('cancel A.1.1#1: request');
    stage.end('A.1.1', { result: 'cancelled', reason: 'request' });
    expect([stage.status('A.1.1'), ...stage.running]).toEqual(['skipped', 'A.2.1']);
  });

  test('a task that passed all the same after a person did not want it any more is not committed, and its work is set aside', () => {
    for (const [wish, status] of [[{ kind: 'skip.requested', nodes: ['A.1.1'] }, 'skipped'], [{ kind: 'mark.requested', node: 'A.1.1', as: 'failed' }, 'failed']] as const) {
      const stage = new Stage([chain('A', 2)]);
      stage.tell(wish);
      stage.end('A.1.1', { result: 'passed' });
      expect(stage.said).toContain('set aside A.1.1#1');
      expect(stage.status('A.1.1')).toBe(status);
      expect(stage.running).toEqual(status === 'skipped' ? ['A.2.1'] : []);
    }
  });

  test('a cancelled task does not run again before somebody wants it', () => {
    const stage = new Stage([chain('A', 2), one('C')]);
    stage.tell({ kind: 'cancel.requested', nodes: ['A.1.1'] });
    stage.end('A.1.1', { result: 'cancelled', reason: 'request' });
    expect([stage.status('A.1.1'), stage.status('A.2.1')]).toEqual(['ready', 'blocked']);
    stage.tell({ kind: 'retry.requested', nodes: ['A.1.1'] });
    expect(stage.running).toEqual(['C.1.1', 'A.1.1']);
  });

  test('a manual task waits for its mark, in the plan\'s own worktree, and is then taken up', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }, { id: '1.2' }] }, { tasks: [{ id: '2.1' }] }] }], { execution: { 'A.1.1': { executor: { kind: 'manual' } } } });
    expect(stage.said.at(-1)).toBe('start A.1.2#1 in 1 on c1');
    stage.pass('A.1.2');
    expect(stage.outcome).toBe('person');
    stage.event({ kind: 'run.resumed' });
    stage.tell({ kind: 'mark.requested', node: 'A.1.1', as: 'completed' });
    expect(stage.said.at(-1)).toBe('start A.1.1#1 in 0 on c2');
    stage.pass('A.1.1');
    expect(stage.running).toEqual(['A.2.1']);
  });

  test('a plan taken over by hand starts nothing; work marked as completed is committed', () => {
    const stage = new Stage([chain('A', 2), one('C')]);
    stage.tell({ kind: 'takeover.requested', plan: 'A', on: true });
    stage.end('A.1.1', { result: 'cancelled', reason: 'request' });
    stage.tell({ kind: 'mark.requested', node: 'A.1.1', as: 'completed' });
    expect(stage.running).toEqual(['C.1.1', 'A.1.1']);
    stage.pass('A.1.1');
    expect(stage.status('A.1.1')).toBe('committed');
    expect(stage.running).toEqual(['C.1.1']);
    stage.tell({ kind: 'takeover.requested', plan: 'A', on: false });
    expect(stage.running).toEqual(['C.1.1', 'A.2.1']);
  });
});

describe('generations', () => {
  const rework = () => {
    const stage = new Stage([chain('A', 3), { id: 'B', depends: ['A.phase1'], phases: [{ tasks: [{ id: '1.1' }], verifies: ['blocking'] }] }]);
    stage.pass('A.1.1');
    stage.pass('B.1.1');
    stage.pass(stage.running.find((id) => id.startsWith('B.')) as string);
    return stage;
  };

  test('a phase that is worked on again makes what was built on it stale, until it is merged in and verified anew', () => {
    const stage = rework();
    expect(stage.state.plans.get('B')?.completed).toBeDefined();
    stage.tell({ kind: 'retry.requested', nodes: ['A.1.1'] });
    expect([...(stage.state.plans.get('B')?.stale ?? [])]).toEqual(['A.phase1']);
    const before = stage.said.length;
    stage.pass('A.1.1');
    const said = stage.said.slice(before);
    expect(said).toContainEqual(expect.stringMatching(/^publish A\.phase1\/2/));
    expect(said).toContain('integrate B with A.phase1');
    expect(stage.running.some((id) => id.startsWith('B.phase1'))).toBe(true);
    stage.pass(stage.running.find((id) => id.startsWith('B.')) as string);
    expect(stage.said).toContainEqual(expect.stringMatching(/^publish B\.phase1\/2/));
    stage.pass('A.2.1');
    stage.pass('A.3.1');
    expect(stage.outcome).toBe('landed');
  });

  test('a background verify that fails holds what was built on its phase', () => {
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1' }], verifies: ['background'] }] }, { id: 'B', depends: ['A.phase1'], phases: [{ tasks: [{ id: '1.1' }] }] }], {
      landing: { onFailure: 'land-rest' },
    });
    stage.pass('A.1.1');
    expect(stage.running).toHaveLength(2);
    stage.fail(stage.running.find((id) => id.startsWith('A.')) as string);
    expect([...(stage.state.plans.get('B')?.stale ?? [])]).toEqual(['A.phase1']);
    stage.pass('B.1.1');
    expect(stage.state.plans.get('B')?.landed).toBe(false);
    expect(stage.outcome).toBe('failed');
  });
});

describe('a person\'s commits on a plan\'s branch', () => {
  test('what was prepared for the old tip is made again on the new one', () => {
    const stage = new Stage([one('A')]);
    stage.slow.add('move');
    stage.pass('A.1.1');
    expect(stage.said.at(-1)).toBe('move A to c2');
    stage.underWay.clear();
    stage.slow.clear();
    stage.tell({ kind: 'plan.advanced', plan: 'A', from: 'c1', tip: 'x1' });
    expect(stage.said).toContain('commit A.1.1 on x1');
    expect(stage.outcome).toBe('landed');
  });
});

describe('turns', () => {
  test('a low plan advances although a high one has work without end', () => {
    const many = (id: string, priority: number) => ({ id, priority, phases: [{ tasks: Array.from({ length: 100 }, (_, index) => ({ id: `1.${index}` })) }] });
    const stage = new Stage([many('H', 100), many('L', 25)], { limits: { tasks: 1 } });
    for (let start = 0; start < 64; start++) stage.pass(stage.running[0] as string);
    expect(stage.said.filter((said) => said.startsWith('start L'))).toHaveLength(4);
  });

  test('a task that needs a whole pool is not passed over for ever', () => {
    const small = Array.from({ length: 400 }, (_, index) => ({ id: `1.${index + 2}`, seconds: 10, uses: { db: 1 } }));
    const stage = new Stage([{ id: 'A', phases: [{ tasks: [{ id: '1.1', seconds: 1000, uses: { db: 2 } }, ...small] }] }], { limits: { tasks: 8, pools: { db: 2 } } });
    // One of the small ones is always running when the big one could start.
    stage.tell({ kind: 'cancel.requested', nodes: ['A.1.1'] });
    if (stage.running.includes('A.1.1')) stage.end('A.1.1', { result: 'cancelled', reason: 'request' });
    stage.tell({ kind: 'retry.requested', nodes: ['A.1.1'] });
    let starts = 0;
    while (!stage.running.includes('A.1.1') && starts < 300) {
      stage.pass(stage.running[0] as string);
      starts += 1;
    }
    expect(starts).toBeGreaterThan(50);
    expect(starts).toBeLessThan(150);
  });
});
