import { ok, err, type Result } from '../../base/result.js';
import { subjectOf } from '../../engine/landing-hands.js';
import type { Repository } from '../../git/repository.js';
import { landingDiff, landingPatch, type FileDiff, type StepDiff } from '../../landing/diff.js';
import { prepareLanding } from '../../landing/prepare-landing.js';
import { findTarget } from '../../landing/target-ref.js';
import type { Failure } from '../../model/failure.js';
import { landingOrder } from '../../scheduler/landing-view.js';
import { landingView } from '../../scheduler/landing-now.js';
import type { RunState } from '../../state/run-state.js';
import { count, padEnd, printable } from '../../status/printable.js';
import { shortRef } from '../../status/text.js';
import { listed } from '../../status/words.js';
import { defineCommand, type Answer } from '../command.js';
import { withRepository, type Context } from '../context.js';
import { exit } from '../exit.js';
import { plansOf } from '../request.js';
import { requireRun, runOption } from '../runs.js';
import { usageFailure } from '../usage.js';

const patchLimit = 64 * 1024 * 1024;

/** `plan diff`. */
export const command = defineCommand({
  name: 'diff',
  description: 'Shows what would land if the run landed now, per plan and in all: built in memory on the target as it stands, nothing moves. Exit 3 where plans do not merge.',
  positionals: [{ name: 'plan', many: true, describe: 'plans; none: all that are complete, or else all that have work', completes: 'node' }],
  options: {
    ...runOption,
    patch: { type: 'boolean', alias: 'p', describe: 'the whole patch' },
    stat: { type: 'boolean', describe: 'every file, however many' },
  },
  async run(given, context) {
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const run = await requireRun(repository.commonDir, given.run);
      if (!run.ok) return run;
      const { state } = run.value;
      const named = plansOf(state, given.words);
      if (!named.ok) return named;
      return preview(state, named.value, { patch: given.patch ?? false, all: given.stat ?? false }, repository, context);
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

async function preview(state: RunState, named: readonly string[] | undefined, how: { readonly patch: boolean; readonly all: boolean }, repository: Repository, context: Context): Promise<Result<Answer, readonly Failure[]>> {
  const view = landingView(state);
  const open = view.plans.filter((plan) => plan.tip !== undefined && !state.landing.landed.has(plan.id));
  const complete = open.filter((plan) => plan.condition === 'complete');
  const wanted = named === undefined ? (complete.length > 0 ? complete : open) : open.filter((plan) => named.includes(plan.id));
  if (wanted.length === 0) return err([usageFailure('nothing-to-land', named === undefined ? 'no plan has work that is not in the target' : `${listed(named)}: nothing that is not in the target`, 'see `plan status`')]);
  const target = await findTarget(repository, state.orchestration.target);
  const onto = target && (await repository.objects.commitId(target.ref));
  if (onto === undefined) return err([usageFailure('unknown-target', `there is no branch ${state.orchestration.target} to land in`)]);
  const plans = landingOrder(wanted, view.plans).map((plan) => subjectOf(state, plan.id, plan.tip ?? ''));
  const { landing, commit } = state.settings;
  const events = await prepareLanding(repository, { run: state.run, target: state.orchestration.target, onto, plans, keep: [], strategy: landing.strategy, skipConflicts: true, hooks: commit.hooks, landed: [], preview: true, ...(landing.message === undefined ? {} : { message: landing.message }) });
  const chain = events.flatMap((event) => (event.kind === 'landing.prepared' ? event.chain : []));
  const conflicts = events.flatMap((event) => (event.kind === 'landing.conflicted' ? [event] : []));
  const refused = events.flatMap((event) => (event.kind === 'landing.refused' ? [event.failure] : []));
  if (refused.length > 0) return err(refused);
  const diff = await landingDiff(repository, onto, chain);
  const json = { target: state.orchestration.target, onto, order: chain.map(({ plan }) => plan), plans: diff.plans, all: diff.all, caseClashes: diff.caseClashes, conflicts: conflicts.map(({ plan, with: other, files }) => ({ plan, with: other, files })) };
  const { paint } = context;
  const patch = how.patch && chain.length > 0 ? ((await landingPatch(repository, diff.all.from, diff.all.to, { color: paint.bold('') !== '' || context.terminal.colours, limit: patchLimit })) ?? 'the patch is too long to be shown') : undefined;
  const lines = [paint.bold(`${shortRef(state.orchestration.target)} would take ${chain.length === 0 ? 'nothing' : chain.map(({ plan }) => plan).join(', then ')}: ${changeWords(diff.all)}`)];
  for (const step of diff.plans) lines.push('', `${paint.bold(step.plan)}  ${changeWords(step)}${step.resolved === undefined ? '' : paint.yellow(` (conflict settled by ${step.resolved})`)}`, ...fileLines(step.files, how.all));
  for (const { plan, with: other, files } of conflicts) lines.push('', paint.red(`${plan} does not merge with ${other ?? shortRef(state.orchestration.target)}: ${listed(files, 8)}`));
  for (const [one, another] of diff.caseClashes) lines.push(paint.yellow(`${printable(one)} and ${printable(another)} differ by case only`));
  if (patch !== undefined) lines.push('', patch.trimEnd());
  return ok({ exit: conflicts.length > 0 ? exit.person : exit.done, json, text: lines.join('\n') });
}

function changeWords({ files }: StepDiff): string {
  const sum = (key: 'added' | 'removed'): number => files.reduce((total, file) => total + (file[key] ?? 0), 0);
  return files.length === 0 ? 'no change' : `${count(files.length, 'file')}, +${sum('added')} −${sum('removed')}`;
}

function fileLines(files: readonly FileDiff[], all: boolean): string[] {
  const shown = all ? files : files.slice(0, 12);
  const room = Math.min(60, Math.max(0, ...shown.map((file) => file.path.length)));
  const lines = shown.map(({ path, from, added, removed }) => `  ${padEnd(printable(path), room)}  ${added === undefined ? 'binary' : `+${added} −${removed ?? 0}`}${from === undefined ? '' : `  from ${printable(from)}`}`);
  return files.length > shown.length ? [...lines, `  … and ${files.length - shown.length} more (--stat)`] : lines;
}
