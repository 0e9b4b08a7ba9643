import { stat } from 'node:fs/promises';
import path from 'node:path';
import { printable } from '../../status/printable.js';
import { defineCommand } from '../command.js';
import { asTyped } from '../context.js';
import { choosePlan, chosenPlan } from '../current-plan.js';
import { noSuchFile } from '../usage.js';

/** `plan use`. */
export const command = defineCommand({
  name: 'use',
  description: 'Chooses the plan file that commands mean which are given without one. `--plan` and the variable PLAN are stronger. Without a word it says which is chosen.',
  positionals: [{ name: 'plan', describe: 'a plan file', completes: 'file' }],
  options: { clear: { type: 'boolean', describe: 'choose none' } },
  async run(given, context) {
    const [file] = given.words;
    if (given.clear) {
      const done = await choosePlan(undefined, context);
      return done.ok ? { json: { plan: null }, text: 'no plan is chosen now' } : { failures: done.error };
    }
    if (file === undefined) {
      const chosen = await chosenPlan(context);
      if (!chosen.ok) return { failures: chosen.error };
      const shown = chosen.value === undefined ? undefined : asTyped(context, chosen.value);
      return { json: { plan: shown ?? null }, text: shown === undefined ? 'no plan is chosen: `plan use <file>`' : printable(shown) };
    }
    if (!(await stat(path.resolve(context.folder, file)).catch(() => undefined))?.isFile()) {
      return { failures: [noSuchFile(file)] };
    }
    const done = await choosePlan(file, context);
    return done.ok ? { json: { plan: file }, text: `commands without --plan now mean ${printable(file)}` } : { failures: done.error };
  },
});
