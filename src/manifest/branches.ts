/** Which branches the plans work on, and whether they can exist beside one another. */

import type { Failure, SourcePlace } from '../model/failure.js';
import type { Plan } from '../model/orchestration.js';
import { branchNameProblem, planIdProblem } from './ref-name.js';
import type { PlacedDiagnostic, PlanInput, ResolveInput } from './resolve-input.js';
import { quoted } from './statements.js';

/** Refuses names that git refuses, and branches that cannot stand beside one another, beside the target or beside those that exist. */
export function checkBranches(input: ResolveInput, plans: readonly Plan[], fail: (failure: Failure) => void, remark: (diagnostic: PlacedDiagnostic) => void): void {
  const taken = new Map<string, string>();
  const given = new Map(input.plans.map((plan) => [plan.id, plan]));
  const folded = new Map<string, Plan>();
  for (const branch of input.branches) taken.set(branch, 'a branch that exists');
  const existing = new Set(input.branches);
  const existingFolded = new Map(input.branches.map((branch) => [branch.toLowerCase(), branch]));
  for (const plan of plans) {
    const place = placeOfBranch(input, given.get(plan.id));
    const at = place === undefined ? {} : { place };
    // What is wrong with an id is said of the id, not of the branch that is named after it.
    if (plan.branch === `plan/${plan.id}` && place !== undefined && planIdProblem(plan.id) !== undefined) continue;
    const problem = branchNameProblem(plan.branch);
    if (problem !== undefined) {
      fail({ kind: 'input', code: 'branch-name', message: `the branch \`${quoted(plan.branch)}\` of plan ${quoted(plan.id)} ${problem}`, ...at, hint: 'git would refuse this name' });
      continue;
    }
    const other = folded.get(plan.branch.toLowerCase());
    if (other?.branch === plan.branch) {
      fail({ kind: 'input', code: 'branch-clash', message: `the plans ${other.id} and ${plan.id} are both on the branch \`${plan.branch}\``, ...at, hint: 'give each plan a branch of its own' });
    } else if (other !== undefined && !(plan.branch === `plan/${plan.id}` && other.branch === `plan/${other.id}`)) {
      fail({ kind: 'input', code: 'branch-case', message: `the branches \`${other.branch}\` and \`${plan.branch}\` differ by case only`, ...at, hint: 'on many file systems they are one' });
    }
    folded.set(plan.branch.toLowerCase(), plan);
    if (isTarget(plan.branch, input.target)) {
      fail({ kind: 'input', code: 'branch-is-target', message: `the branch of plan ${plan.id} is the target, \`${plan.branch}\``, ...at, hint: 'plans work on branches of their own and land in the target' });
    }
    const twin = existingFolded.get(plan.branch.toLowerCase());
    if (twin !== undefined && twin !== plan.branch && !existing.has(plan.branch)) {
      const spot = place ?? { file: input.manifest, line: 1, column: 1 };
      remark({ severity: 'warning', code: 'branch-case', message: `the branch \`${plan.branch}\` differs from \`${quoted(twin)}\`, which exists, by case only`, ...spot });
    }
  }
  checkNesting(input, plans, taken, fail);
}

/** `feature` and `feature/auth` cannot both be branches: one is a file where the other needs a folder. */
function checkNesting(input: ResolveInput, plans: readonly Plan[], taken: Map<string, string>, fail: (failure: Failure) => void): void {
  for (const plan of plans) taken.set(plan.branch, `the branch of plan ${plan.id}`);
  if (input.target !== undefined && isTarget(input.target, input.target) && !taken.has(input.target)) taken.set(input.target, 'the target');
  const own = new Map(plans.map((plan) => [plan.branch, plan]));
  const given = new Map(input.plans.map((plan) => [plan.id, plan]));
  for (const branch of taken.keys()) {
    for (let slash = branch.indexOf('/'); slash > 0; slash = branch.indexOf('/', slash + 1)) {
      const outer = branch.slice(0, slash);
      const plan = own.get(branch) ?? own.get(outer);
      if (!taken.has(outer) || plan === undefined) continue;
      const place = placeOfBranch(input, given.get(plan.id));
      const hint = own.has(branch) && own.has(outer) ? 'rename one of them' : `give plan ${plan.id} another branch`;
      const message = `the branches \`${quoted(outer)}\` (${taken.get(outer)}) and \`${quoted(branch)}\` (${taken.get(branch)}) cannot both exist`;
      fail({ kind: 'input', code: 'branch-nesting', message, ...(place === undefined ? {} : { place }), hint });
    }
  }
}

function isTarget(branch: string, target: string | undefined): boolean {
  return target !== undefined && (branch === target || `refs/heads/${branch}` === target);
}

function placeOfBranch(input: ResolveInput, given: PlanInput | undefined): SourcePlace | undefined {
  if (given?.entry?.branch === undefined && given?.frontMatter?.value.branch !== undefined) return given.frontMatter.placeOf(['branch']);
  return given?.entry === undefined ? undefined : given.entry.branch === undefined ? input.placeOfKey(['plans'], given.id) : input.placeOf(['plans', given.id, 'branch']);
}
