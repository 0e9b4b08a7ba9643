import { existsSync } from 'node:fs';
import { ok, type Result } from '../../base/result.js';
import { checkoutsOf } from '../../git/checkouts.js';
import { isAncestor, listRefs, moveRef, resolveCommit, runRef, runRefs } from '../../git/refs.js';
import type { Repository } from '../../git/repository.js';
import { reasonToKeep, removeWorktree } from '../../git/worktree-removal.js';
import { listRecords } from '../../git/worktree-record.js';
import { listRuns, runPaths } from '../../journal/layout.js';
import type { Failure } from '../../model/failure.js';
import type { RunState } from '../../state/run-state.js';
import { loadRun } from '../../status/follow.js';
import { count, printable, wrap } from '../../status/printable.js';
import { defineCommand, type Answer } from '../command.js';
import { asTyped, withRepository, type Context } from '../context.js';
import { isLive } from '../live-run.js';
import { graphOfRun } from '../runs.js';

/** `plan clean`. */
export const command = defineCommand({
  name: 'clean',
  description:
    'Says which worktrees, and with --branches which landed branches, would be removed and why that loses nothing; --yes removes them. Removed is only what is proved to be in the target or on a branch. ' +
    'Kept work (`plan salvage`) and journals stay; --refs also lets go of pins and candidates of runs that have landed.',
  positionals: [],
  options: {
    yes: { type: 'boolean', alias: 'y', describe: 'remove it' },
    branches: { type: 'boolean', describe: 'branches of plans that have landed, too' },
    refs: { type: 'boolean', describe: 'pins and candidates of runs that have landed, too' },
  },
  async run(given, context) {
    const answer = await withRepository(context, async (repository): Promise<Result<Answer, readonly Failure[]>> => {
      const runs = await settledRuns(repository);
      const ours = await worktrees(repository, runs, context);
      const going = new Set(ours.flatMap(({ path, keep }) => (keep === undefined ? [path] : [])));
      const items = [...ours, ...(given.branches ? await branches(repository, runs, going) : []), ...(given.refs ? await refs(repository, runs) : [])];
      const removable = items.filter((item) => item.keep === undefined);
      const removed: string[] = [];
      const failures: Failure[] = [];
      if (given.yes) {
        // Worktrees first: a branch that is checked out cannot go.
        for (const item of removable) {
          const done = await item.remove();
          if (done.ok) removed.push(item.name);
          else failures.push(done.error);
        }
      }
      const end = given.yes ? [] : removable.length === 0 ? ['nothing to remove'] : [`plan clean --yes${given.branches ? ' --branches' : ''}${given.refs ? ' --refs' : ''} removes ${count(removable.length, 'thing')}`];
      return ok({ json: { items: items.map(({ kind, name, why, keep }) => ({ kind, name, why, ...(keep === undefined ? {} : { keep }) })), removed }, text: [...linesOf(items, given.yes === true ? new Set(removed) : undefined, context), ...end].join('\n'), failures });
    });
    return answer.ok ? answer.value : { failures: answer.error };
  },
});

/** What is to go, those together that have the same reason, and what stays. `removed` undefined: nothing was, it is only said. */
function linesOf(items: readonly Item[], removed: ReadonlySet<string> | undefined, { terminal }: Context): readonly string[] {
  const columns = terminal.columns();
  const groups = new Map<string, string[]>();
  for (const { name, why } of items.filter(({ keep }) => keep === undefined)) {
    const what = removed === undefined ? 'would remove' : removed.has(name) ? 'removed' : 'could not remove';
    const reason = `${what}, because ${why}:`;
    groups.set(reason, [...(groups.get(reason) ?? []), `  ${printable(name)}`]);
  }
  const kept = items.flatMap(({ name, keep }) => (keep === undefined ? [] : [`keeps ${printable(name)}:`, `  ${printable(keep.replace(/^.* stays: /, ''))}`]));
  return [...[...groups].flatMap(([reason, names]) => [wrap(reason, columns), ...names]), ...kept];
}

interface Item {
  readonly kind: 'worktree' | 'branch' | 'ref';
  readonly name: string;
  /** Why nothing is lost with it. */
  readonly why: string;
  /** Why it stays. */
  readonly keep?: string;
  remove(): Promise<Result<void, Failure>>;
}

interface SettledRun {
  readonly state: RunState;
  readonly live: boolean;
}

async function settledRuns(repository: Repository): Promise<readonly SettledRun[]> {
  const runs: SettledRun[] = [];
  for (const run of await listRuns(repository.commonDir)) {
    const loaded = await loadRun(runPaths(repository.commonDir, run).journal, graphOfRun);
    if (loaded.ok && loaded.value !== undefined) runs.push({ state: loaded.value, live: await isLive(repository.commonDir, loaded.value.orchestration.manifest) });
  }
  return runs;
}

/** Worktrees that we made: of a run that goes on none is touched. */
async function worktrees(repository: Repository, runs: readonly SettledRun[], context: Context): Promise<readonly (Item & { readonly path: string })[]> {
  const busy = runs.some(({ live }) => live);
  const items: (Item & { readonly path: string })[] = [];
  for (const { path } of await listRecords(repository)) {
    const reason = busy ? 'a run goes on' : (await reasonToKeep(repository, path))?.message;
    const why = existsSync(path) ? 'its tree is clean, and a branch holds what is checked out' : 'it is gone already';
    items.push({ kind: 'worktree', path, name: asTyped(context, path), why, ...(reason === undefined ? {} : { keep: reason }), remove: () => removeWorktree(repository, path) });
  }
  return items;
}

/** Branches of plans that landed, as long as the target holds what they point at and nobody stands on them; `going`: worktrees that are removed first. */
async function branches(repository: Repository, runs: readonly SettledRun[], going: ReadonlySet<string>): Promise<readonly Item[]> {
  const items = new Map<string, Item>();
  for (const { state, live } of runs) {
    const target = await resolveCommit(repository, state.target.ref);
    for (const { plan, landed } of state.plans.values()) {
      const ref = `refs/heads/${plan.branch}`;
      const tip = await resolveCommit(repository, ref);
      if (tip === undefined || items.has(ref) || (!landed && !state.landing.landed.has(plan.id))) continue;
      const held = target !== undefined && (await isAncestor(repository, tip, target));
      const checkout = (await checkoutsOf(repository, ref)).find(({ path }) => !going.has(path));
      const keep = live ? 'a run goes on' : !held ? 'the target does not hold its commits as they are' : checkout === undefined ? undefined : `it is checked out in ${checkout.path}`;
      items.set(ref, { kind: 'branch', name: plan.branch, why: `${state.orchestration.target} holds all of it`, ...(keep === undefined ? {} : { keep }), remove: () => removeBranch(repository, ref, tip) });
    }
  }
  return [...items.values()];
}

/** Pins of published phases and candidates; salvage stays. */
async function refs(repository: Repository, runs: readonly SettledRun[]): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (const { state, live } of runs) {
    if (live || state.finished !== 'landed') continue;
    const target = await resolveCommit(repository, state.target.ref);
    for (const { name, id } of await listRefs(repository, runRef(state.run, ''))) {
      if (name.startsWith(runRef(state.run, 'salvage/'))) continue;
      const held = target !== undefined && (await isAncestor(repository, id, target));
      items.push({ kind: 'ref', name: name.slice(runRefs.length), why: `${state.orchestration.target} holds its commit`, ...(held ? {} : { keep: 'the target does not hold its commit as it is' }), remove: () => removeRef(repository, name, id) });
    }
  }
  return items;
}

/** A checkout without its branch would show every file as new. */
async function removeBranch(repository: Repository, ref: string, tip: string): Promise<Result<void, Failure>> {
  const [checkout] = await checkoutsOf(repository, ref);
  if (checkout !== undefined) return { ok: false, error: { kind: 'failed', code: 'branch-checked-out', message: `${ref} is checked out in ${checkout.path} and stays` } };
  return removeRef(repository, ref, tip);
}

async function removeRef(repository: Repository, ref: string, from: string): Promise<Result<void, Failure>> {
  const moved = await moveRef(repository, ref, from, null);
  return moved.ok ? moved : { ok: false, error: { kind: 'failed', code: 'ref-moved', message: `${ref} was moved meanwhile and stays` } };
}
