/** Everything that a run would do, said before it is done: worktrees, order, foreseen conflicts, predicted duration. Touches nothing. */
import { claimedBranches } from '../engine/claims.js';
import { slotOf, worktreesFolder } from '../engine/places.js';
import { runVirtually } from '../engine/simulate-run.js';
import { criticalPath, lowerBound } from '../graph/critical-path.js';
import { findOverlaps } from '../graph/overlap.js';
import { findRuns } from '../journal/layout.js';
import { resolveCommit } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import type { Loaded } from '../manifest/load-orchestration.js';
import type { Plan } from '../model/orchestration.js';
import { duration, padEnd, printable } from '../status/printable.js';
import { runCommand } from '../status/run-command.js';
import { timelineOf, timelineText } from '../status/timeline.js';
import { listed } from '../status/words.js';
import type { Answer } from './command.js';
import { asTyped, type Context } from './context.js';
import { exit } from './exit.js';

interface PlannedPlan {
  readonly plan: string;
  readonly branch: string;
  /** The branch exists: its commits are kept, and work goes on on top of them. */
  readonly exists: boolean;
  readonly worktree: string;
  readonly tasks: number;
  readonly done: number;
  readonly waitsFor: readonly string[];
}

/** The prediction for a loaded orchestration; `file` is what was typed. */
export async function dryRun({ orchestration, graph }: Loaded, file: string, repository: Repository, context: Context): Promise<Answer> {
  const folder = worktreesFolder(repository.main ?? repository.commonDir, orchestration, orchestration.settings);
  const plans = await Promise.all(orchestration.plans.map((plan) => planned(plan, folder, repository)));
  const virtual = runVirtually(orchestration, graph);
  const rows = timelineOf(virtual.state, virtual.state.at);
  const landing = [...virtual.state.landing.landed.keys()];
  const overlaps = findOverlaps(orchestration, graph).filter((overlap) => overlap.plans.length > 1);
  const critical = criticalPath(graph);
  const bound = lowerBound(graph, orchestration.settings.limits.tasks, (pool) => orchestration.settings.limits.pools[pool]);
  const [earlier] = await findRuns(repository.commonDir, orchestration.manifest);
  const json = {
    target: orchestration.target,
    plans,
    start: rows.map(({ plan, task, start, end }) => ({ plan, task, startSeconds: start, endSeconds: end })),
    landing,
    makespanSeconds: virtual.makespan / 1000,
    lowerBoundSeconds: bound,
    criticalPath: critical.nodes,
    overlaps: overlaps.map(({ path, tasks, plans: those, unordered }) => ({ path, tasks, plans: those, unordered })),
    ...(earlier === undefined ? {} : { earlierRun: earlier }),
  };
  const inTheWay = earlier === undefined ? await claimedBranches(repository.commonDir, orchestration.manifest, orchestration.plans) : [];
  const { paint, terminal } = context;
  const idRoom = Math.max(...plans.map(({ plan }) => plan.length));
  const lines = [
    paint.bold(`Nothing is done: this is what \`${runCommand(file)}\` would do.`),
    ...(earlier === undefined ? [] : [paint.yellow(`There is an earlier run, ${earlier}: it would go on with that one (see \`plan status\`); what follows is the whole.`)]),
    '',
    paint.bold('Worktrees and branches'),
    ...plans.map(({ plan, branch, exists, worktree }) => `  ${padEnd(plan, idRoom)}  ${printable(asTyped(context, worktree))}  on ${branch}${exists ? paint.yellow(' (exists: taken up)') : ''}`),
    '',
    paint.bold('Order'),
    timelineText(rows, terminal.columns(), paint),
    `lower bound ${duration(bound * 1000)} · longest path ${listed(critical.nodes.filter((node) => node.includes('.')), 6)}`,
    '',
    paint.bold('Landing'),
    landing.length === 0 ? `  nothing lands by itself (${orchestration.settings.landing.mode === 'manual' ? 'landing.mode manual' : 'landing.approve ask'}): \`plan land\` lets it` : `  on ${printable(orchestration.target)}: ${landing.join(' → ')}`,
    '',
    paint.bold('Foreseen conflicts'),
    ...(overlaps.length === 0 ? ['  none: no file is named by tasks of two plans'] : overlaps.map(({ path, tasks }) => `  ${paint.yellow(printable(path))}: ${listed(tasks, 6)}`)),
  ];
  return { ...(inTheWay.length === 0 ? { exit: exit.done } : { failures: inTheWay }), json, text: lines.join('\n') };
}

async function planned(plan: Plan, folder: string, repository: Repository): Promise<PlannedPlan> {
  const tasks = plan.phases.flatMap((phase) => phase.tasks);
  return {
    plan: plan.id,
    branch: plan.branch,
    exists: (await resolveCommit(repository, `refs/heads/${plan.branch}`)) !== undefined,
    worktree: slotOf(folder, plan.id, 0).path,
    tasks: tasks.length,
    done: tasks.filter((task) => task.done).length,
    waitsFor: plan.depends,
  };
}
