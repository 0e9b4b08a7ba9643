import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { err, ok, type Result } from '../../base/result.js';
import { createPlanDeeds } from '../../git/plan-deeds.js';
import type { Failure } from '../../model/failure.js';
import { printable } from '../../status/printable.js';
import { defineCommand, type Answer } from '../command.js';
import { asTyped, withRepository, type Context } from '../context.js';
import { exit } from '../exit.js';
import { isLive } from '../live-run.js';
import { unknownPlan } from '../nodes.js';
import { slotPath } from '../places.js';
import { request } from '../request.js';
import { requireRun, runOption } from '../runs.js';
import { usageFailure } from '../usage.js';

/** `plan shell`. */
export const command = defineCommand({
  name: 'shell',
  description:
    "Takes a plan over by hand: the run starts nothing more of it, and a shell opens in its worktree, on its branch. `plan mark <task> completed` commits what stands there and counts the task as done. " +
    'When the shell ends the plan is given back, unless --keep; --give-back does only that.',
  positionals: [{ name: 'plan', required: true, describe: 'a plan of the run', completes: 'node' }],
  options: {
    ...runOption,
    print: { type: 'boolean', describe: 'take it over and only say where its worktree is' },
    keep: { type: 'boolean', describe: 'do not give it back when the shell ends' },
    'give-back': { type: 'boolean', describe: 'only give it back' },
  },
  async run(given, context) {
    const [plan = ''] = given.words;
    if (given['give-back']) return takeover(plan, false, given.run, context);
    const found = await withRepository(context, async (repository): Promise<Result<{ path: string; branch: string }, readonly Failure[]>> => {
      const run = await requireRun(repository.commonDir, given.run);
      if (!run.ok) return run;
      const { state } = run.value;
      const known = state.plans.get(plan);
      if (known === undefined) return err([unknownPlan(plan, state)]);
      if (known.tip === undefined) return err([usageFailure('no-branch', `plan ${plan} has not begun: it has no branch yet`)]);
      const path = slotPath(repository, state, plan);
      const live = await isLive(repository.commonDir, state.orchestration.manifest);
      if (live && known.running > 0) return err([{ kind: 'busy', code: 'plan-runs', message: `tasks of plan ${plan} run now`, hint: `plan pause ${plan} and wait for them, or plan cancel ${plan}` }]);
      const deeds = createPlanDeeds(repository, { run: state.run, copy: state.settings.copy });
      try {
        if (!existsSync(path)) {
          const made = await deeds.prepareWorktree({ plan, slot: 0, path }, known.tip);
          if (!made.ok) return err([made.error]);
        }
        await deeds.attach(path, known.plan.branch);
      } finally {
        deeds.close();
      }
      return ok({ path, branch: known.plan.branch });
    });
    if (!found.ok) return { failures: found.error };
    const taken = await takeover(plan, true, given.run, context);
    if ((taken.failures?.length ?? 0) > 0) return taken;
    const { path, branch } = found.value;
    if (given.print || context.json) return { ...taken, json: { ...taken.json, plan, worktree: path, branch }, text: asTyped(context, path) };
    const { terminal } = context;
    terminal.stderr.write(`plan ${plan} is yours, on ${printable(branch)}; it is given back when this shell ends\n`);
    const code = await openShell(path, context);
    if (!given.keep) {
      const back = await takeover(plan, false, given.run, context);
      if (back.text !== undefined) terminal.stderr.write(`${back.text}\n`);
    }
    return { exit: code === 0 ? exit.done : exit.failed };
  },
});

function takeover(plan: string, on: boolean, run: string | undefined, context: Context): Promise<Answer> {
  return request(run, (state) => (state.plans.has(plan) ? ok({ event: { kind: 'takeover.requested', plan, on }, words: on ? `take ${plan} over` : `give ${plan} back` }) : err([unknownPlan(plan, state)])), context);
}

/** The user's own shell with the terminal as its own; resolves with its exit code. */
function openShell(folder: string, { terminal }: Context): Promise<number> {
  const program = terminal.environment['SHELL'] ?? '/bin/sh';
  const silence = terminal.onSignal(() => undefined);
  return new Promise((resolve) => {
    const child = spawn(program, { cwd: folder, stdio: 'inherit', env: { ...terminal.environment, PLAN_WORKTREE: folder } });
    const end = (code: number): void => {
      silence();
      resolve(code);
    };
    child.on('error', () => end(1));
    child.on('exit', (code) => end(code ?? 1));
  });
}
