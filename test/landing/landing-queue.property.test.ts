/** What the landing queue never does, whatever plans, verdicts, conflicts and moves come. */
import { fc } from '../rig/property.js';
import { resultKey } from '../../src/state/landing-state.js';
import type { LandingSettings } from '../../src/model/orchestration.js';
import { QueueWorld, type Scenario } from './queue-world.js';

const runs = Number(process.env['LANDING_RUNS'] ?? 300);
const letters = 'ABCDEFG';

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    count: fc.integer({ min: 1, max: letters.length }),
    rests: fc.array(fc.array(fc.nat({ max: 6 }), { maxLength: 2 }), { minLength: 7, maxLength: 7 }),
    marks: fc.array(fc.constantFrom('', '', '', '!', '?', '#'), { minLength: 7, maxLength: 7 }),
    settings: fc.record({
      mode: fc.constantFrom<LandingSettings['mode']>('all-or-nothing', 'each', 'manual'),
      onConflict: fc.constantFrom<LandingSettings['onConflict']>('stop', 'skip'),
      onFailure: fc.constantFrom<LandingSettings['onFailure']>('hold', 'land-rest'),
      approve: fc.constantFrom<LandingSettings['approve']>('auto', 'ask'),
    }),
    lanes: fc.integer({ min: 1, max: 4 }),
    verified: fc.boolean(),
    culprits: fc.array(fc.constantFrom(...letters, '', 'x', 'x', 'x'), { maxLength: 2 }),
    pairs: fc.array(fc.tuple(fc.constantFrom(...letters), fc.constantFrom(...letters, '-')), { maxLength: 3 }),
    flaky: fc.array(fc.constantFrom<'green' | 'red' | 'inconclusive'>('green', 'green', 'green', 'red', 'inconclusive'), { minLength: 5, maxLength: 5 }),
    happenings: fc.array(fc.oneof(fc.constant('move'), fc.tuple(fc.constantFrom('complete', 'fail', 'retip', 'approve'), fc.constantFrom(...letters)).map((words) => words.join(' '))), { maxLength: 8 }),
  })
  .map(({ count, rests, marks, settings, lanes, verified, culprits, pairs, flaky, happenings }) => {
    const ids = letters.slice(0, count);
    const plans = [...ids].map((id, index) => {
      const direct = [...new Set((rests[index] ?? []).filter((other) => other < index).map((other) => letters[other]))];
      return `${id}${marks[index] ?? ''}${direct.length > 0 ? `>${direct.join(',')}` : ''}`;
    });
    let asked = 0;
    return {
      plans: plans.join(' '),
      settings,
      lanes,
      verified,
      conflicts: pairs.filter(([plan, other]) => plan !== other).map((pair) => pair.join('')),
      verdict: (held: string, attempt: number): 'green' | 'red' | 'inconclusive' => {
        asked += 1;
        if (culprits.some((one) => (one === '' ? held === '' : held.includes(one)))) return 'red';
        return attempt === 1 ? (flaky[asked % flaky.length] ?? 'green') : 'green';
      },
      // A plan that is there can have things happen to it, and only complete ones get new tips.
      happenings: happenings.filter((what) => what === 'move' || (ids.includes(what.at(-1) ?? '') && !(what.startsWith('retip') && /[?#]/.test(plans[letters.indexOf(what.at(-1) ?? '')] ?? '')))),
    };
  });

test('it ends; what landed is closed under dependencies and verified; nobody is blamed without proof', () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const world = new QueueWorld(given);
      const told = world.run();
      const { state } = told;
      const view = world.view();
      const landed = new Set(state.landed.keys());
      for (const plan of view.plans) {
        if (landed.has(plan.id)) for (const other of plan.restsOn) expect(landed).toContain(other);
      }
      let before = new Set<string>();
      for (const advance of state.advances) {
        // Every move is closed in itself.
        before = new Set([...before, ...advance.plans]);
        for (const id of advance.plans) for (const other of view.plans.find((plan) => plan.id === id)?.restsOn ?? []) expect(before).toContain(other);
        if (given.verified !== false) expect(state.results.get(resultKey(`tree ${advance.to}`, 'v'))?.green ?? 0).toBeGreaterThan(0);
      }
      for (const [plan, dropped] of state.dropped) if (dropped.reason === 'verify') blamedRightly(told.lines, plan);
      // Without leave to land the rest, everything lands in one move.
      const strict = given.settings?.mode === 'all-or-nothing' && given.settings.onFailure === 'hold' && given.settings.onConflict === 'stop';
      if (strict && !told.lines.some((line) => /^-- approve/.test(line))) expect(state.advances.length).toBeLessThanOrEqual(1);
      expect(told.standing.kind).not.toBe('busy');
      expect(state.verifying.size).toBe(0);
    }),
    { numRuns: runs },
  );
});

/** Red twice with the plan, green without. */
function blamedRightly(lines: readonly string[], plan: string): void {
  const drop = lines.findLastIndex((line) => line === `drop ${plan} (verify)`);
  const red = lines.slice(0, drop).filter((line) => line.endsWith(' is red')).map((line) => line.split(' ')[0] ?? '').filter((name) => name.replaceAll('2', '').endsWith(plan));
  expect(red.length).toBeGreaterThanOrEqual(2);
  const prefix = (name: string): string => name.replace(/.2?$/, '') || 'target';
  expect(red.some((name) => lines.slice(0, drop).includes(`${prefix(name)} is green`) || lines.slice(0, drop).some((line) => line.endsWith(' is green') && sameWork(line.split(' ')[0] ?? '', prefix(name))))).toBe(true);
}

/** Names may or may not hold what landed before. */
function sameWork(name: string, other: string): boolean {
  return name === other || other.endsWith(name) || name.endsWith(other);
}
