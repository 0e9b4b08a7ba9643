/** What a word of the command line could become: commands, options, choices, ids of the run at hand. */
import { commonOptions } from './args.js';
import type { OptionTable, Positional } from './command.js';
import { commandGroups, commands } from './commands.js';
import type { Context } from './context.js';
import { withRepository } from './context.js';
import { ok } from '../base/result.js';
import { printable } from '../status/printable.js';

/** One possible word; `:files` stands for "whatever files there are". */
export interface Candidate {
  readonly word: string;
  readonly describe: string;
}

const files: readonly Candidate[] = [{ word: ':files', describe: '' }];

/** Candidates for the word at `at` of `words` (what stands after `plan`). Never fails: what cannot be known is left out. */
export async function candidates(words: readonly string[], at: number, context: Context): Promise<readonly Candidate[]> {
  const current = words[at] ?? '';
  const before = words.slice(0, at);
  const name = before.find((word, index) => !word.startsWith('-') && before[index - 1] !== '-C');
  if (name === undefined) {
    if (before.at(-1) === '-C') return files;
    const all = commandGroups.flatMap((group) => group.commands.map((entry) => ({ word: entry.name, describe: entry.summary })));
    return matching([...all, { word: 'help', describe: 'what a command does' }, ...optionWords(commonOptions)], current);
  }
  if (name === 'help') return matching([...commands.values()].map((entry) => ({ word: entry.name, describe: entry.summary })), current);
  const entry = commands.get(name);
  if (entry === undefined) return [];
  const { command } = await entry.load();
  const table: OptionTable = { ...command.options, ...commonOptions };
  const opened = optionOf(before.at(-1) ?? '', table);
  if (opened !== undefined && opened.type !== 'boolean') return opened.choices === undefined ? valueCandidates(before.at(-1) ?? '', current, context) : matching(opened.choices.map((choice) => ({ word: String(choice), describe: '' })), current);
  if (current.startsWith('-')) return matching(optionWords(table), current);
  const place = before.slice(before.indexOf(name) + 1).filter((word, index, all) => !word.startsWith('-') && !takesValue(all[index - 1] ?? '', table)).length;
  const positional = command.positionals[Math.min(place, command.positionals.length - 1)];
  if (positional === undefined || (place >= command.positionals.length && !positional.many)) return [];
  return positionalCandidates(positional, current, context);
}

function optionWords(table: OptionTable): Candidate[] {
  return Object.entries(table).flatMap(([name, option]) => (option.hidden ? [] : [{ word: `--${name}`, describe: option.describe }]));
}

function optionOf(word: string, table: OptionTable): OptionTable[string] | undefined {
  if (!word.startsWith('-')) return undefined;
  const name = word.replace(/^--?/, '');
  return table[name] ?? Object.values(table).find((option) => option.alias === name);
}

function takesValue(word: string, table: OptionTable): boolean {
  const option = optionOf(word, table);
  return option !== undefined && option.type !== 'boolean';
}

function matching(all: readonly Candidate[], current: string): readonly Candidate[] {
  return all.filter(({ word }) => word.startsWith(current));
}

async function valueCandidates(option: string, current: string, context: Context): Promise<readonly Candidate[]> {
  if (option === '--run') return matching(await runWords(context), current);
  if (option === '--plan' && !/[/.]/.test(current)) {
    const plans = matching((await nodeWords(context)).filter(({ word }) => !word.includes('.')), current);
    if (plans.length > 0) return plans;
  }
  return files;
}

async function positionalCandidates(positional: Positional, current: string, context: Context): Promise<readonly Candidate[]> {
  switch (positional.completes) {
    case 'file':
      return files;
    case 'command':
      return matching([...commands.values()].map((entry) => ({ word: entry.name, describe: entry.summary })), current);
    case 'node':
      return matching(await nodeWords(context), current);
    default:
      return [];
  }
}

async function runWords(context: Context): Promise<readonly Candidate[]> {
  const { listRuns } = await import('../journal/layout.js');
  const runs = await withRepository(context, async ({ commonDir }) => ok(await listRuns(commonDir)));
  return runs.ok ? runs.value.map((run) => ({ word: run, describe: '' })) : [];
}

/** Ids of plans, phases, tasks and verifies of the newest run; gates that only we know are left out. */
async function nodeWords(context: Context): Promise<readonly Candidate[]> {
  const { requireRun } = await import('./runs.js');
  const run = await withRepository(context, ({ commonDir }) => requireRun(commonDir, undefined));
  if (!run.ok) return [];
  const { state } = run.value;
  const titles = new Map(state.orchestration.plans.flatMap((plan) => [[plan.id, plan.title] as const, ...plan.phases.flatMap((phase) => phase.tasks.map((task) => [task.id, task.title] as const))]));
  const known = state.graph.nodes.filter(({ kind }) => kind === 'task' || kind === 'verify' || kind === 'phase' || kind === 'plan');
  return known.map(({ id }) => ({ word: id, describe: printable(titles.get(id) ?? '') }));
}
