/** Random settings: every mode, strategy, policy and feature that a manifest can choose. */
import type { PlanId } from '../../src/model/ids.js';
import type { Execution, Features, LandingSettings, Settings } from '../../src/model/orchestration.js';
import { Chance } from './chance.js';
import type { Draw } from './scenario.js';

/** Draws settings; `edition` counts the times that a person has changed them since. */
export function drawSettings({ seed, without }: Draw, edition = 0): Settings {
  const chance = Chance.named(seed, edition === 0 ? 'settings' : `settings ${edition}`);
  const shell: Execution = { executor: { kind: 'shell', shell: 'true' }, stuckSeconds: 1800, retries: chance.below(3), env: {} };
  const agent: Execution = { ...shell, executor: { kind: 'agent', agent: 'claude', options: {} } };
  const manual: Execution = { ...shell, executor: { kind: 'manual' } };
  const limits = { tasks: 1 + chance.below(6), ...(chance.hits(0.3) && { plans: 1 + chance.below(3) }), pools: { db: 1 + chance.below(2), ...(chance.hits(0.3) && { claude: 1 + chance.below(2) }) } };
  const stops = Chance.named(seed, `overrun ${edition}`).hits(0.5);
  const agents = ['A', 'B', 'C', 'D', 'E'].filter(() => chance.hits(0.3));
  const byHand = ['A.1.2', 'B.1.1', 'C.2.1'].filter(() => chance.hits(0.1) && !without.has('manual'));
  const planVerify = ['A', 'B', 'C'].filter(() => chance.hits(0.2) && !without.has('verifies'));
  const verified = chance.hits(0.6) && !without.has('landing-verify');
  return {
    limits: { ...limits, ...(stops && { overrun: 'stop' as const }) },
    landing: drawLanding(Chance.named(seed, edition === 0 ? 'landing' : `landing ${edition}`), without),
    features: drawFeatures(chance, without),
    ...(chance.hits(0.2) && { crossPlanFiles: 'serialise' as const }),
    execution: { '': shell, ...Object.fromEntries(agents.map((id) => [id, agent])), ...Object.fromEntries(byHand.map((id) => [id, manual])) },
    copy: [],
    ...(verified && { verify: 'true' }),
    planVerify: Object.fromEntries(planVerify.map((id): [PlanId, string] => [id, 'true'])),
    failFast: chance.hits(0.1) && !without.has('fail-fast'),
    perPlan: 1 + chance.below(3),
    secrets: [],
    commit: { hooks: false },
  };
}

function drawLanding(chance: Chance, without: ReadonlySet<string>): LandingSettings {
  const mode = chance.pick(['all-or-nothing', 'all-or-nothing', 'each', 'each', 'manual'] as const);
  const strategy = chance.pick(['merge', 'merge', 'squash', 'rebase', 'ff-only'] as const);
  const onConflict = chance.pick(['stop', 'skip', 'ours', 'theirs', 'agent', 'command'] as const);
  const pullRequests = chance.hits(0.1) && !without.has('pull-requests');
  return {
    mode: without.has('mode') ? 'each' : mode,
    strategy: without.has('strategy') ? 'merge' : strategy,
    onConflict: without.has('policy') ? 'stop' : onConflict,
    onFailure: chance.pick(['hold', 'land-rest']),
    approve: chance.hits(0.2) && !without.has('approve') ? 'ask' : 'auto',
    push: chance.hits(0.4),
    pullRequests,
    speculation: 1 + chance.below(3),
    deleteBranches: false,
  };
}

function drawFeatures(chance: Chance, without: ReadonlySet<string>): Features {
  const on = (probability: number): boolean => chance.hits(probability) || without.has('features');
  return {
    multiPlanOrchestration: on(0.95),
    gitWorktrees: true,
    taskDependencyGraph: on(0.95),
    parallelTasks: on(0.9),
    autoFileConflictDetection: on(0.8),
    pipelinePhaseOverlap: on(0.8),
    backgroundVerify: on(0.8),
    adaptiveLimits: false,
    radar: chance.hits(0.3) && !without.has('radar'),
    speculation: on(0.9),
  };
}
