/** Words of the command line → what a command was given, or what is wrong with them. Yargs splits; the checks and their words are ours. */
import yargs from 'yargs';
import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import type { Command, Given, OptionTable } from './command.js';
import { nearestName } from '../base/text.js';
import { usageFailure } from './usage.js';

/** Options that every command understands. */
export const commonOptions = {
  json: { type: 'boolean', describe: 'one JSON object on stdout instead of words' },
  directory: { type: 'string', alias: 'C', requiresArg: true, describe: 'act as if started in this folder' },
  color: { type: 'boolean', describe: 'colours, or --no-color for none' },
  help: { type: 'boolean', alias: 'h', describe: 'show this help' },
} as const satisfies OptionTable;

/** Nothing is guessed: `2.10` stays a text, a dot is no path, and what is not known can be seen. */
const parserConfiguration = {
  'camel-case-expansion': false,
  'dot-notation': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'duplicate-arguments-array': false,
  'greedy-arrays': false,
  'populate--': true,
  'strip-aliased': true,
};

/** What the words mean for this command. All that is wrong with them is said at once. */
export function parseArguments(command: Command, words: readonly string[]): Result<Given<OptionTable> & { readonly common: CommonGiven }, readonly Failure[]> {
  const table: OptionTable = { ...commonOptions, ...command.options };
  const failures: Failure[] = [];
  let parsed: Record<string, unknown> = { _: [] };
  try {
    parsed = prepare(table)
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseSync([...words]);
  } catch (error) {
    return err([usageFailure('bad-option', lowerFirst(String((error as Error).message).split('\n')[0] ?? ''), seeHelp(command))]);
  }
  const known = new Set(Object.keys(table));
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '_' || name === '--' || name === '$0') continue;
    if (!known.has(name)) failures.push(unknownOption(command, name, table));
    else if (!isAlias(name, table)) options[name] = checked(name, value, table, failures);
  }
  const listed = (parsed['_'] as readonly unknown[]).map(String);
  const rest = ((parsed['--'] as readonly unknown[] | undefined) ?? []).map(String);
  failures.push(...wordFailures(command, listed));
  if (failures.length > 0) return err(failures);
  const { json = false, directory, color } = options as { json?: boolean; directory?: string; color?: boolean };
  return ok({ ...options, words: listed, rest, common: { json, directory, color } });
}

/** The common options as given; undefined where not. */
export interface CommonGiven {
  readonly json: boolean;
  readonly directory: string | undefined;
  readonly color: boolean | undefined;
}

/** The words of `plan <command> --help`. */
export async function helpOf(command: Command, columns: number): Promise<string> {
  const words = command.positionals.map(({ name, required, many }) => (required ? `<${name}${many ? '..' : ''}>` : `[${name}${many ? '..' : ''}]`));
  const shown = yargs([])
    .scriptName('plan')
    .locale('en')
    .usage(`plan ${[command.name, ...words].join(' ')}\n\n${command.description}`)
    .help(false)
    .version(false)
    .wrap(Math.max(40, Math.min(columns, 110)))
    .updateStrings({ 'Positionals:': 'Words:', 'Options:': 'Options:' });
  for (const { name, describe } of command.positionals) shown.positional(name, { describe, type: 'string' });
  shown.options(command.options as Record<string, object>).options(commonOptions as Record<string, object>);
  shown.group(Object.keys(command.options), 'Options:').group(Object.keys(commonOptions), 'Everywhere:');
  for (const [example, what] of command.examples ?? []) shown.example(example, what);
  return (await shown.getHelp()).trimEnd();
}

/** Choices are checked by us: yargs' words for them are long, and it does not know what was meant. */
function prepare(table: OptionTable): ReturnType<typeof yargs> {
  const bare = Object.fromEntries(Object.entries(table).map(([name, { choices: _choices, ...option }]) => [name, option]));
  return yargs([]).help(false).version(false).exitProcess(false).locale('en').parserConfiguration(parserConfiguration).options(bare as Record<string, object>);
}

function isAlias(name: string, table: OptionTable): boolean {
  return table[name] === undefined;
}

function checked(name: string, value: unknown, table: OptionTable, failures: Failure[]): unknown {
  const option = table[name];
  const choices = option?.choices?.map(String);
  for (const one of (Array.isArray(value) ? value : [value]) as readonly (string | number | boolean | undefined)[]) {
    if (option?.type === 'number' && (typeof one !== 'number' || !Number.isFinite(one))) {
      failures.push(usageFailure('bad-number', `\`--${name}\` wants a number`));
    }
    if (choices !== undefined && one !== undefined && !choices.includes(String(one))) {
      const meant = nearestName(String(one), choices);
      const hint = meant === undefined ? `one of ${choices.join(', ')}` : `did you mean \`${meant}\`? One of ${choices.join(', ')}`;
      failures.push(usageFailure('bad-choice', `\`--${name}\` does not know ${JSON.stringify(one)}`, hint));
    }
  }
  return value;
}

function unknownOption(command: Command, name: string, table: OptionTable): Failure {
  const meant = nearestName(name, Object.keys(table));
  const dashes = name.length === 1 ? '-' : '--';
  return usageFailure('unknown-option', `\`plan ${command.name}\` has no option \`${dashes}${name}\``, meant === undefined ? seeHelp(command) : `did you mean \`--${meant}\`?`);
}

function wordFailures(command: Command, words: readonly string[]): Failure[] {
  const missing = command.positionals.filter((positional, index) => positional.required && words[index] === undefined);
  if (missing.length > 0) return missing.map(({ name, describe }) => usageFailure('missing-word', `\`plan ${command.name}\` needs <${name}>: ${describe}`, seeHelp(command)));
  const last = command.positionals.at(-1);
  if (last?.many || words.length <= command.positionals.length) return [];
  const extra = words.slice(command.positionals.length).map((word) => `\`${word}\``);
  return [usageFailure('too-many-words', `\`plan ${command.name}\` has no use for ${extra.join(', ')}`, seeHelp(command))];
}

function seeHelp(command: Command): string {
  return `see \`plan ${command.name} --help\``;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
