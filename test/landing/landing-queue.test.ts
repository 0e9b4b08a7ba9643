/**
 * What the landing queue does, as stories: after the behaviours that users of merge queues know. `AB` is the candidate that holds
 * A, then B; `verify AB again` is the second try that tells a flake from a failure; `--` is what happens from outside.
 */
import { pace } from '../../src/scheduler/landing-verdict.js';
import { tell, type Scenario } from './queue-world.js';

interface Row extends Scenario {
  readonly name: string;
  readonly story: string;
  readonly landed: string;
  readonly ends: string;
}

/** Red as soon as one of these plans is in it. */
const redWith = (...culprits: string[]) => (plans: string): 'green' | 'red' => (culprits.some((one) => plans.includes(one)) ? 'red' : 'green');
const each = { mode: 'each' } as const;

function check(rows: readonly Row[]): void {
  test.each(rows.map((row) => [row.name, row] as const))('%s', (_name, row) => {
    const told = tell(row);
    const { kind } = told.standing;
    expect({ story: told.lines.join('\n'), landed: told.landed, ends: kind === 'person' ? `person: ${told.standing.because} ${told.standing.plans.join('')}` : kind === 'failed' ? `failed: ${told.standing.plans.join('')}` : kind }).toEqual({
      story: row.story.trim().split('\n').map((line) => line.trim()).join('\n'),
      landed: row.landed,
      ends: row.ends,
    });
  });
}

describe('all or nothing', () => {
  check([
    { name: 'one chain, one verification, one move', plans: 'A B C', landed: 'ABC', ends: 'landed', story: `
      prepare ABC
      verify ABC
      ABC is green
      land ABC` },
    { name: 'without a verify command the chain lands at once', plans: 'A B', verified: false, landed: 'AB', ends: 'landed', story: `
      prepare AB
      land AB` },
    { name: 'waits for the last plan', plans: 'A B?', happenings: ['complete B'], landed: 'AB', ends: 'landed', story: `
      -- complete B
      prepare AB
      verify AB
      AB is green
      land AB` },
    { name: 'priority first; what a high plan waits for is lifted with it', plans: 'A B C!>B D!', landed: 'BCDA', ends: 'landed', story: `
      prepare BCDA
      verify BCDA
      BCDA is green
      land BCDA` },
    { name: 'the middle fails: the culprit is named by bisection, nothing lands', plans: 'A B C D', verdict: redWith('C'), landed: '', ends: 'failed: ABCD', story: `
      prepare ABCD
      verify ABCD
      ABCD is red
      verify ABCD again
      ABCD is red
      verify target
      target is green
      verify AB
      AB is green
      verify ABC
      ABC is red
      verify ABC again
      ABC is red
      drop C (verify)` },
    { name: 'the middle fails, land-rest: the others land without it and what rests on it', plans: 'A B C>B D', settings: { onFailure: 'land-rest' }, verdict: redWith('B'), landed: 'AD', ends: 'failed: BC', story: `
      prepare ABCD
      verify ABCD
      ABCD is red
      verify ABCD again
      ABCD is red
      verify target
      target is green
      verify AB
      AB is red
      verify AB again
      AB is red
      verify A
      A is green
      drop B (verify)
      drop C (dependency)
      prepare AD after A
      verify AD
      AD is green
      land AD` },
    { name: 'a flake: the second try is green', plans: 'A B', verdict: (_plans, attempt) => (attempt === 1 ? 'red' : 'green'), landed: 'AB', ends: 'landed', story: `
      prepare AB
      verify AB
      AB is red
      verify AB again
      AB is green
      land AB` },
    { name: 'the target itself is red: nobody is blamed', plans: 'A B', verdict: () => 'red', landed: '', ends: 'person: target-red AB', story: `
      prepare AB
      verify AB
      AB is red
      verify AB again
      AB is red
      verify target
      target is red
      verify target again
      target is red
      verify A
      A is red
      verify A again
      A is red` },
    { name: 'a red target does not stop a chain that mends it', plans: 'A B', verdict: redWith('x'), landed: 'AB', ends: 'landed', story: `
      prepare AB
      verify AB
      AB is green
      land AB` },
    { name: 'a red target that A mends and B breaks again: B is the culprit', plans: 'A B', verdict: (plans) => (plans === 'A' ? 'green' : 'red'), landed: '', ends: 'failed: AB', story: `
      prepare AB
      verify AB
      AB is red
      verify AB again
      AB is red
      verify target
      target is red
      verify target again
      target is red
      verify A
      A is green
      drop B (verify)` },
    { name: 'no answer twice: a person is asked, nobody blamed', plans: 'A', verdict: () => 'inconclusive', landed: '', ends: 'person: inconclusive A', story: `
      prepare A
      verify A
      A is inconclusive
      verify A again
      A is inconclusive` },
    { name: 'a failed plan holds everything', plans: 'A B#', landed: '', ends: 'failed: AB', story: `` },
    { name: 'a failed plan, land-rest: closed under dependencies', plans: 'A B# C>B D>A', settings: { onFailure: 'land-rest' }, landed: 'AD', ends: 'failed: BC', story: `
      prepare AD
      verify AD
      AD is green
      land AD` },
    { name: 'a conflict stops; after a person resolved it on the branch it goes on', plans: 'A B', conflicts: ['BA'], happenings: ['retip B'], landed: 'AB', ends: 'landed', story: `
      prepare AB
      B meets A
      -- retip B
      prepare AB after A
      verify AB2
      AB2 is green
      land AB` },
    { name: 'a conflict that nobody resolved', plans: 'A B C', conflicts: ['BA'], landed: '', ends: 'person: conflict B', story: `
      prepare ABC
      B meets A` },
    { name: 'a conflict is skipped, with what rests on the plan', plans: 'A B C>B D', conflicts: ['BA'], settings: { onConflict: 'skip' }, landed: 'AD', ends: 'failed: BC', story: `
      prepare ABCD
      B meets A
      drop B (conflict)
      drop C (dependency)
      verify AD
      AD is green
      land AD` },
    { name: 'somebody moves the target: rebuilt and verified again', plans: 'A B', settings: { approve: 'ask' }, happenings: ['move', 'approve A B'], landed: 'AB', ends: 'landed', story: `
      prepare AB
      verify AB
      AB is green
      -- move
      prepare AB
      verify AB
      AB is green
      -- approve A B
      land AB` },
    { name: 'a target that moves without end: a person is asked', plans: 'A', settings: { approve: 'ask' }, verified: false, happenings: Array.from({ length: 11 }, () => 'move'), landed: '', ends: 'person: target-moving A', story: `
      prepare A
      ${Array.from({ length: 10 }, () => '-- move\nprepare A').join('\n')}
      -- move` },
    { name: 'approval is waited for, after everything is known', plans: 'A B', settings: { approve: 'ask' }, landed: '', ends: 'person: approval AB', story: `
      prepare AB
      verify AB
      AB is green` },
    { name: 'a conflict with the target: resolved on the branch, then approved', plans: 'A B', settings: { approve: 'ask' }, conflicts: ['B-'], happenings: ['retip B', 'approve A B'], landed: 'AB', ends: 'landed', story: `
      prepare AB
      B meets the target
      -- retip B
      prepare AB after A
      verify AB2
      AB2 is green
      -- approve A B
      land AB` },
    { name: 'a word about both, then one of them is resolved: they land together, not the other one alone', plans: 'A B', conflicts: ['BA'], happenings: ['approve A B', 'retip B'], landed: 'AB', ends: 'landed', story: `
      prepare AB
      B meets A
      -- approve A B
      -- retip B
      prepare AB after A
      verify AB2
      AB2 is green
      land AB` },
    { name: 'pull requests instead of a move, in order', plans: 'A B>A', settings: { pullRequests: true }, landed: '', ends: 'done', story: `
      prepare AB
      verify AB
      AB is green
      propose AB` },
  ]);
});

describe('each plan by itself', () => {
  check([
    { name: 'lands what is complete while others still run', plans: 'A B?', settings: each, happenings: ['complete B'], landed: 'AB', ends: 'landed', story: `
      prepare A
      verify A
      A is green
      land A
      -- complete B
      prepare B
      verify AB
      AB is green
      land B` },
    { name: 'a dependent waits for its dependency', plans: 'A? B>A', settings: each, happenings: ['complete A'], landed: 'AB', ends: 'landed', story: `
      -- complete A
      prepare AB
      verify AB
      AB is green
      land AB` },
    { name: 'one lane: a batch, and bisection when it is red', plans: 'A B C D', settings: each, verdict: redWith('C'), landed: 'ABD', ends: 'failed: C', story: `
      prepare ABCD
      verify ABCD
      ABCD is red
      verify ABCD again
      ABCD is red
      verify target
      target is green
      verify AB
      AB is green
      land AB
      verify ABC
      ABC is red
      verify ABC again
      ABC is red
      drop C (verify)
      prepare D
      verify ABD
      ABD is green
      land D` },
    { name: 'all pass speculatively: verified side by side, landed in order', plans: 'A B C', settings: each, lanes: 3, landed: 'ABC', ends: 'landed', story: `
      prepare ABC
      verify A
      verify AB
      verify ABC
      A is green
      land A
      AB is green
      land B
      ABC is green
      land C` },
    { name: 'a later candidate is green first: it lands with those before it', plans: 'A B C', settings: each, lanes: 3, happenings: ['end ABC'], landed: 'ABC', ends: 'landed', story: `
      prepare ABC
      verify A
      verify AB
      verify ABC
      ABC is green
      land ABC
      abandon A
      abandon AB` },
    { name: 'the head fails: what was verified behind it is thrown away', plans: 'A B C', settings: each, lanes: 3, verdict: redWith('A'), landed: 'BC', ends: 'failed: A', story: `
      prepare ABC
      verify A
      verify AB
      verify ABC
      A is red
      verify A again
      AB is red
      verify AB again
      ABC is red
      verify ABC again
      A is red
      verify target
      AB is red
      ABC is red
      target is green
      drop A (verify)
      prepare BC
      verify BC
      BC is green
      land BC` },
    { name: 'the middle fails: those before it land, those behind are rebuilt without it', plans: 'A B C', settings: each, lanes: 3, verdict: redWith('B'), landed: 'AC', ends: 'failed: B', story: `
      prepare ABC
      verify A
      verify AB
      verify ABC
      A is green
      land A
      AB is red
      verify AB again
      ABC is red
      verify ABC again
      AB is red
      drop B (verify)
      abandon ABC
      prepare C
      verify AC
      AC is green
      land C` },
    { name: 'two fail', plans: 'A B C D', settings: each, lanes: 2, verdict: redWith('A', 'C'), landed: 'BD', ends: 'failed: AC', story: `
      prepare ABCD
      verify AB
      verify ABCD
      AB is red
      verify AB again
      ABCD is red
      verify ABCD again
      AB is red
      verify target
      ABCD is red
      target is green
      verify A
      A is red
      verify A again
      A is red
      drop A (verify)
      prepare BCD
      verify BCD
      BCD is red
      verify BCD again
      BCD is red
      verify B
      B is green
      land B
      verify BC
      BC is red
      verify BC again
      BC is red
      drop C (verify)
      prepare D
      verify BD
      BD is green
      land D` },
    { name: 'a dependent leaves with its dependency, also one that still runs', plans: 'A B>A C?>A D', settings: each, verdict: redWith('A'), landed: 'D', ends: 'failed: ABC', story: `
      prepare ABD
      verify ABD
      ABD is red
      verify ABD again
      ABD is red
      verify target
      target is green
      verify A
      A is red
      verify A again
      A is red
      drop A (verify)
      drop B (dependency)
      drop C (dependency)
      prepare D
      verify D
      D is green
      land D` },
    { name: 'a conflict stops the queue at that plan: those before it land', plans: 'A B C', settings: each, conflicts: ['BA'], landed: 'A', ends: 'person: conflict B', story: `
      prepare ABC
      B meets A
      verify A
      A is green
      land A` },
    { name: 'resolved on the branch: the new tip is taken up', plans: 'A B', settings: each, conflicts: ['BA'], happenings: ['retip B'], landed: 'AB', ends: 'landed', story: `
      prepare AB
      B meets A
      verify A
      A is green
      land A
      -- retip B
      prepare B
      verify AB2
      AB2 is green
      land B` },
    { name: 'a plan that joins late stands behind what is verified', plans: 'A B?!', settings: { ...each, approve: 'ask' }, happenings: ['complete B', 'approve A B'], landed: 'AB', ends: 'landed', story: `
      prepare A
      verify A
      A is green
      -- complete B
      prepare AB after A
      verify AB
      AB is green
      -- approve A B
      land AB` },
    { name: 'a red target does not stop a green candidate', plans: 'A B', settings: each, verdict: (plans) => (plans.includes('B') ? 'green' : 'red'), lanes: 2, landed: 'AB', ends: 'landed', story: `
      prepare AB
      verify A
      verify AB
      A is red
      verify A again
      AB is green
      land AB
      abandon A` },
    { name: 'a culprit with a new tip is tried again', plans: 'A B', settings: each, verdict: (plans) => (/B(?!2)/.test(plans) ? 'red' : 'green'), happenings: ['retip B'], landed: 'AB', ends: 'landed', story: `
      prepare AB
      verify AB
      AB is red
      verify AB again
      AB is red
      verify target
      target is green
      verify A
      A is green
      land A
      drop B (verify)
      -- retip B
      prepare B
      verify AB2
      AB2 is green
      land B` },
  ]);
});

describe('the pace', () => {
  const outcomes = (words: string): ('landed' | 'failed')[] => [...words].map((letter) => (letter === '+' ? 'landed' : 'failed'));
  test.each([
    ['it begins as wide as there are lanes', '', 4, 4, true],
    ['it halves on a failure', '-', 4, 2, true],
    ['and again, down to one', '---', 4, 1, false],
    ['it grows by one on a success', '--++', 4, 3, false],
    ['never beyond the lanes', '+++++++', 4, 4, true],
    ['up to a quarter of failures: batches', '+++-', 1, 1, true],
    ['one failure says nothing yet', '++-', 1, 1, true],
    ['more than a quarter: one by one', '++-+-', 1, 1, false],
  ] as const)('%s', (_name, words, lanes, window, batch) => {
    expect(pace(outcomes(words), lanes)).toEqual({ window, batch });
  });

  test('after failures the candidates are verified one by one', () => {
    const told = tell({ plans: 'A B C D E F G H', settings: { mode: 'each' }, lanes: 4, verdict: redWith('A', 'B', 'C') });
    expect(told.landed).toBe('DEFGH');
    const last = told.lines.slice(told.lines.lastIndexOf('drop C (verify)'));
    expect(last.slice(0, 5)).toEqual(['drop C (verify)', 'prepare DEFGH', 'verify D', 'D is green', 'land D']);
  });
});

describe('by hand', () => {
  check([
    { name: 'nothing lands unasked', plans: 'A B', settings: { mode: 'manual' }, landed: '', ends: 'done', story: `` },
    { name: 'what is named lands, in landing order', plans: 'A B C', settings: { mode: 'manual' }, happenings: ['approve C A'], landed: 'AC', ends: 'done', story: `
      -- approve C A
      prepare AC
      verify AC
      AC is green
      land AC` },
    { name: 'a plan does not land without what it rests on', plans: 'A B>A', settings: { mode: 'manual' }, happenings: ['approve B', 'approve A'], landed: 'AB', ends: 'landed', story: `
      -- approve B
      -- approve A
      prepare AB
      verify AB
      AB is green
      land AB` },
    { name: 'a held run: a person lets one plan land', plans: 'A B#', happenings: ['approve A'], landed: 'A', ends: 'failed: B', story: `
      -- approve A
      prepare A
      verify A
      A is green
      land A` },
  ]);
});
