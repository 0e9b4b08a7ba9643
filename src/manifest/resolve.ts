/** Manifest and plan files, both as written → an orchestration in which every name is an id that exists; or every mistake. */

import { createHash } from 'node:crypto';
import { nearestName, neutralise, shellWord, shorten } from '../base/text.js';
import { buildGraph } from '../graph/build-graph.js';
import type { Cycle } from '../graph/cycle.js';
import type { Graph } from '../graph/graph.js';
import { runnableVerifies } from '../graph/plan-nodes.js';
import type { Failure, SourcePlace } from '../model/failure.js';
import type { PlanId } from '../model/ids.js';
import type { Orchestration, Plan, Settings } from '../model/orchestration.js';
import { checkBranches } from './branches.js';
import { checkAgents } from './check-agents.js';
import { mergeSettings } from './parse-settings.js';
import { namesOf, References } from './references.js';
import { planIdProblem, targetNameProblem } from './ref-name.js';
import type { PlacedDiagnostic, ResolveInput, Resolving } from './resolve-input.js';
import { resolvePlan } from './resolve-plan.js';
import type { Path } from './source.js';

/** An orchestration that is proved to be sound. */
export interface Resolved {
  readonly orchestration: Orchestration;
  readonly graph: Graph;
  readonly diagnostics: readonly PlacedDiagnostic[];
}

const maxTasks = 250_000;
const maxFailures = 200;

/** What came of resolving. */
export interface Resolution {
  /** Absent where anything failed. */
  readonly resolved?: Resolved;
  /** As far as it was understood, for what else may be wrong with it; absent where its plans cannot be told apart. */
  readonly orchestration?: Orchestration;
  readonly failures: readonly Failure[];
}

/** Mistakes after which there is no graph to look at: ids that are no ids, plans that share one, more than anybody runs. */
const hopeless: ReadonlySet<string> = new Set(['plan-id', 'plan-id-clash', 'task-id', 'too-many-tasks', 'no-plans']);

/** Resolves all names, checks what must hold, merges the settings and builds the graph. */
export function resolve(input: ResolveInput): Resolution {
  const failures: Failure[] = [];
  const diagnostics: PlacedDiagnostic[] = [];
  const places = new Map<string, SourcePlace>();
  const fail = (failure: Failure): void => void failures.push(failure);
  const remark = (diagnostic: PlacedDiagnostic): void => void diagnostics.push(diagnostic);
  checkIds(input, fail);
  checkTarget(input, fail);
  checkSize(input, fail);
  checkTasks(input, fail, remark);
  const { rc, manifest, environment, flags } = input.layers;
  const { mode } = { ...rc.landing, ...manifest.landing, ...environment.landing, ...flags.landing };
  const references = new References(new Map(input.plans.map((plan) => [plan.id, namesOf(plan.document)])), input.unread);
  const defaults = { ...rc.defaults, ...manifest.defaults, ...environment.defaults, ...flags.defaults };
  const resolving: Resolving = { input, references, fail, remark, places, landsEach: mode === 'each', defaults };
  const each = input.plans.map((plan) => resolvePlan(plan, resolving));
  const plans = each.map(({ plan }) => plan);
  checkBranches(input, plans, fail, remark);
  remarkSharedFiles(input, diagnostics);
  const merged = mergeSettings(
    input.layers,
    each.map(({ execution }) => execution),
    input.cores,
  );
  const settings: Settings = {
    ...merged,
    ...(merged.verify === undefined ? {} : { verifyEnvironment: input.verifyEnvironment }),
    ...(input.prompts === undefined ? {} : { prompts: input.prompts }),
  };
  checkSettings(input, settings, plans, fail);
  checkAgents(input, settings.execution, fail);
  const kept = (): readonly Failure[] => failures.slice(0, maxFailures);
  if (failures.some(({ code }) => hopeless.has(code))) return { failures: kept() };
  const orchestration: Orchestration = { manifest: input.manifest, digest: digestOf(input.target ?? '', plans), target: input.target ?? '', plans, settings };
  const graph = buildGraph(orchestration, input.learned === undefined ? {} : { learned: input.learned });
  if (!graph.ok) failures.push(...graph.error.map((cycle) => explainCycle(cycle, input, places)));
  if (failures.length > 0 || !graph.ok) return { orchestration, failures: kept() };
  for (const diagnostic of silentVerifies(input, orchestration)) diagnostics.push(diagnostic);
  return { orchestration, failures: [], resolved: { orchestration, graph: graph.value, diagnostics } };
}

function checkIds({ plans, placeOfKey }: ResolveInput, fail: (failure: Failure) => void): void {
  const seen = new Map<string, PlanId>();
  for (const { id } of plans) {
    const place = placeOfKey(['plans'], id);
    const at = place === undefined ? {} : { place };
    const problem = planIdProblem(id);
    if (problem !== undefined) fail({ kind: 'input', code: 'plan-id', message: `the plan id \`${shown(id)}\` ${problem}`, ...at });
    const other = seen.get(id.toLowerCase());
    if (other !== undefined) {
      const message = other === id ? `two plans are named \`${shown(id)}\`` : `the plans \`${shown(other)}\` and \`${shown(id)}\` differ by case only`;
      fail({ kind: 'input', code: 'plan-id-clash', message, ...at, hint: 'give one of them another id' });
    }
    seen.set(id.toLowerCase(), id);
  }
}

function checkTarget({ target, placeOf }: ResolveInput, fail: (failure: Failure) => void): void {
  const place = placeOf(['target']);
  const at = place === undefined ? {} : { place };
  if (target === undefined) {
    fail({ kind: 'input', code: 'no-target', message: 'no branch is checked out here, and the manifest names no target', ...at, hint: 'say `target: main` in the manifest' });
    return;
  }
  const problem = targetNameProblem(target);
  if (problem !== undefined) fail({ kind: 'input', code: 'target-name', message: `the target \`${shown(target)}\` ${problem}`, ...at });
}

function checkSize({ plans, placeOf, unread }: ResolveInput, fail: (failure: Failure) => void): void {
  const tasks = plans.reduce((sum, plan) => sum + plan.document.phases.reduce((count, phase) => count + phase.tasks.length, 0), 0);
  if (tasks > maxTasks) {
    const place = placeOf(['plans']);
    fail({ kind: 'input', code: 'too-many-tasks', message: `the plans hold ${tasks} tasks; at most ${maxTasks} can be run together`, ...(place === undefined ? {} : { place }) });
  } else if (plans.length === 0 && unread.size === 0) {
    const place = placeOf([]);
    fail({ kind: 'input', code: 'no-plans', message: 'the manifest names no plan', ...(place === undefined ? {} : { place }), hint: 'add `plans:` or `include:`, or run `plan init`' });
  }
}

/** A plan that is named and holds nothing to do is a slip: most often another file was meant. One that was found by a pattern is remarked. */
function checkTasks({ plans, placeOf, alone }: ResolveInput, fail: (failure: Failure) => void, remark: (diagnostic: PlacedDiagnostic) => void): void {
  for (const { id, entry, document, shown: file } of plans) {
    if (document.phases.some(({ tasks }) => tasks.length > 0) || document.diagnostics.some(({ severity }) => severity === 'error')) continue;
    const place = entry === undefined ? { file, line: 1, column: 1 } : placeOf(['plans', id, 'plan']);
    const hint = `\`plan check ${shorten(neutralise(shellWord(file)), 300)}\` shows what was understood of it`;
    const said = { code: 'no-tasks', message: `the file of plan ${shown(id)} holds no task`, hint };
    if (entry === undefined && !alone && plans.length > 1) remark({ severity: 'warning', ...said, file, line: 1, column: 1 });
    else fail({ kind: 'input', ...said, ...(place === undefined ? {} : { place }) });
  }
}

function remarkSharedFiles({ plans, placeOf }: ResolveInput, diagnostics: PlacedDiagnostic[]): void {
  const owner = new Map<string, PlanId>();
  for (const plan of plans) {
    const key = `${plan.file} ${plan.entry?.tag ?? ''} ${plan.document.title}`;
    const other = owner.get(key);
    owner.set(key, other ?? plan.id);
    if (other === undefined) continue;
    const place = placeOf(['plans', plan.id, 'plan']) ?? { file: plan.shown, line: 1, column: 1 };
    diagnostics.push({ severity: 'warning', code: 'shared-plan-file', message: `the plans ${other} and ${plan.id} are the same file: each runs all of its tasks`, ...place });
  }
}

/** What can be said only once everything is merged. */
function checkSettings({ placeOf }: ResolveInput, settings: Settings, plans: readonly Plan[], fail: (failure: Failure) => void): void {
  const at = (path: Path): { place?: SourcePlace } => {
    const place = placeOf(path);
    return place === undefined ? {} : { place };
  };
  if (settings.landing.onConflict === 'command' && settings.landing.conflictCommand === undefined) {
    fail({ kind: 'input', code: 'missing-key', message: '`landing.onConflict: command` needs `landing.command`', ...at(['landing', 'onConflict']) });
  }
  const capacities = settings.limits.pools;
  for (const plan of plans) {
    for (const task of plan.phases.flatMap((phase) => phase.tasks)) {
      for (const [pool, amount] of Object.entries(task.uses)) {
        const capacity = Object.hasOwn(capacities, pool) ? (capacities[pool] ?? 1) : 1;
        if (amount <= capacity) continue;
        const near = Object.hasOwn(capacities, pool) ? undefined : nearestName(pool, Object.keys(capacities));
        const hint = near === undefined ? `say \`limits: { pools: { ${shown(pool)}: ${amount} } }\`` : `did you mean \`${near}\`?`;
        fail({ kind: 'input', code: 'pool-too-small', message: `task ${task.id} uses ${amount} of the pool \`${shown(pool)}\`, which has ${capacity}`, ...at(['limits', 'pools', pool]), hint });
      }
    }
  }
}

function explainCycle(cycle: Cycle, input: ResolveInput, places: ReadonlyMap<string, SourcePlace>): Failure {
  const found = cycle.stated.flatMap(({ waiter, named }) => places.get(`${waiter} ${named}`) ?? []);
  // A dependency in the manifest is the one that was added last, and the one that is removed most easily.
  const place = found.find((each) => each.file === input.placeOf([])?.file) ?? found[0];
  const path = cycle.path.length > 12 ? [...cycle.path.slice(0, 6), '…', ...cycle.path.slice(-5)] : cycle.path;
  const first = cycle.path.find((id) => id.includes('.'));
  const what = first === undefined ? 'a plan' : cycle.path.some((id) => id.includes('.') && !id.includes('.phase')) ? 'a task' : 'a phase';
  return {
    kind: 'input',
    code: 'cycle',
    message: `${what} waits for itself: ${path.join(' → ')}`,
    ...(place === undefined ? {} : { place }),
    hint: `remove one of these dependencies, then run \`plan check ${shorten(neutralise(shellWord(input.typed)), 300)}\` again`,
  };
}

/** Verifications that nothing can carry out are said, not run. */
function silentVerifies(input: ResolveInput, orchestration: Orchestration): readonly PlacedDiagnostic[] {
  return orchestration.plans.flatMap((plan, at) =>
    plan.phases.flatMap((phase) => {
      const runs = new Set(runnableVerifies(plan, phase, orchestration.settings).map((verify) => verify.id));
      return phase.verifies.flatMap((verify, index) => {
        if (runs.has(`${plan.id}.phase${phase.id}.verify${index + 1}`)) return [];
        const message = `VERIFY of phase ${phase.id} has no command and no agent that could judge it: it is not run`;
        return [{ severity: 'warning' as const, code: 'verify-without-command', message, file: input.plans[at]?.shown ?? plan.file, ...verify.place, hint: 'add an `sh` block under it' }];
      });
    }),
  );
}

/** What makes a run the same run: everything but limits, policies, settings and the ticks that the run itself sets. */
function digestOf(target: string, plans: readonly Plan[]): string {
  const structure = plans.map(({ fileDigest: _bytes, priority: _priority, ...plan }) => ({
    ...plan,
    phases: plan.phases.map((phase) => ({ ...phase, tasks: phase.tasks.map(({ done: _done, line: _line, ...task }) => task) })),
  }));
  return createHash('sha256').update(JSON.stringify([target, structure])).digest('hex');
}

function shown(text: string): string {
  return shorten(neutralise(text), 80);
}
