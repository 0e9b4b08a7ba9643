/** One call of the program: finds the command, loads it, and turns its answer into output and an exit code. */
import path from 'node:path';
import { statSync } from 'node:fs';
import { AssertionFailure } from '../base/assert.js';
import type { Failure } from '../model/failure.js';
import { ansiPaint, plainPaint } from '../status/paint.js';
import { commandWord } from '../status/run-command.js';
import { helpOf, parseArguments } from './args.js';
import type { Answer, Command } from './command.js';
import { commands, type CommandEntry } from './commands.js';
import type { Context } from './context.js';
import { exit, exitOfFailures, type ExitCode } from './exit.js';
import { explainAll } from './explain.js';
import { overview } from './help.js';
import { nearestName } from '../base/text.js';
import { flush, processTerminal, type Terminal } from './terminal.js';
import { usageFailure } from './usage.js';

/** Runs one command on the process's own terminal, and resolves when everything is written. */
export async function runProcess(words: readonly string[]): Promise<ExitCode> {
  const terminal = processTerminal();
  // A limit of file sizes is to be an error of the write that meets it, not our end.
  process.on('SIGXFSZ', () => undefined);
  const code = await run(words, terminal);
  await Promise.all([flush(terminal.stdout), flush(terminal.stderr)]);
  return code;
}

/** Runs one command. Never rejects: what goes wrong is explained on stderr and said by the exit code. */
export async function run(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const { before, name, after } = findName(words);
    if (name === undefined || name === 'help') return await helpCall(name === 'help' ? after : [], before, terminal);
    const entry = commands.get(name);
    if (entry === undefined) return fail([unknownCommand(name)], terminal, words.includes('--json'));
    const { command } = await entry.load();
    if (wantsHelp([...before, ...after])) return await commandHelp(command, terminal);
    return await call(command, [...before, ...after], terminal);
  } catch (error) {
    return await internal(error, words, terminal);
  }
}

/** Options that may stand before the command take their value along: `plan -C folder status`. */
function findName(words: readonly string[]): { readonly before: readonly string[]; readonly name: string | undefined; readonly after: readonly string[] } {
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '-C' || word === '--directory') at++;
    else if (!word.startsWith('-') || word === '-') break;
  }
  return { before: words.slice(0, at), name: words[at], after: words.slice(at + 1) };
}

function wantsHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === '--help' || word === '-h');
}

async function call(command: Command, words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const parsed = parseArguments(command, words);
  if (!parsed.ok) return fail(parsed.error, terminal, words.includes('--json'));
  const { common } = parsed.value;
  const folder = path.resolve(terminal.folder, common.directory ?? '.');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return fail([usageFailure('no-such-folder', `there is no folder ${JSON.stringify(common.directory)}`, 'paths are relative to the folder that the command is given in')], terminal, common.json);
  }
  const paint = (common.color ?? terminal.colours) ? ansiPaint : plainPaint;
  const context: Context = { terminal, folder, json: common.json, paint };
  return give(fromElsewhere(await command.run(parsed.value, context), common.directory), context);
}

/** Commands that an answer offers are for where the caller stands, not for where it acted: they repeat its `-C`. */
function fromElsewhere(answer: Answer, directory: string | undefined): Answer {
  if (directory === undefined || directory === '') return answer;
  const names = [...commands.keys()].join('|');
  const offered = new RegExp(`(^|\`|→ |: |\\bthen +)plan (?=(?:${names})(?![\\w-]))`, 'gm');
  const repeat = (text: string): string => text.replace(offered, (_, before: string) => `${before}plan -C ${commandWord(directory)} `);
  const failures = answer.failures?.map((failure) => (failure.hint === undefined ? failure : { ...failure, hint: repeat(failure.hint) }));
  return { ...answer, ...(failures === undefined ? {} : { failures }), ...(answer.text === undefined ? {} : { text: repeat(answer.text) }) };
}

/** Prints an answer: with `--json` one object alone on stdout, else words; failures in words on stderr either way. */
function give(answer: Answer, context: Context): ExitCode {
  const { terminal, json } = context;
  const failures = answer.failures ?? [];
  if (json) {
    const object = { ...answer.json, ...(failures.length > 0 ? { failures } : {}) };
    if (answer.json !== undefined || failures.length > 0) terminal.stdout.write(`${JSON.stringify(object, null, 2)}\n`);
  } else if (answer.text !== undefined && answer.text !== '') {
    terminal.stdout.write(`${answer.text}\n`);
  }
  if (failures.length > 0) sayFailures(failures, terminal);
  return answer.exit ?? exitOfFailures(failures);
}

function fail(failures: readonly Failure[], terminal: Terminal, json: boolean): ExitCode {
  if (json) terminal.stdout.write(`${JSON.stringify({ failures }, null, 2)}\n`);
  sayFailures(failures, terminal);
  return exitOfFailures(failures);
}

function sayFailures(failures: readonly Failure[], terminal: Terminal): void {
  terminal.stderr.write(`${explainAll(failures, { colours: terminal.errorColours, width: terminal.columns() })}\n`);
}

function unknownCommand(name: string): Failure {
  const begun = [...commands.keys()].filter((known) => name.length > 1 && known.startsWith(name));
  const meant = begun.length === 1 ? begun[0] : nearestName(name, commands.keys());
  return usageFailure('unknown-command', `there is no command \`${name}\``, meant === undefined ? 'see `plan --help`' : `did you mean \`plan ${meant}\`?`);
}

async function helpCall(words: readonly string[], before: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [topic] = words;
  const entry: CommandEntry | undefined = topic === undefined ? undefined : commands.get(topic);
  if (entry !== undefined) return commandHelp((await entry.load()).command, terminal);
  if (topic !== undefined) return fail([unknownCommand(topic)], terminal, [...before, ...words].includes('--json'));
  const asked = wantsHelp(before) || words.length > 0 || before.length === 0;
  if (!asked && before.includes('--json')) return fail([usageFailure('no-command', 'no command was given', 'see `plan --help`')], terminal, true);
  (asked ? terminal.stdout : terminal.stderr).write(`${overview(Math.min(terminal.columns(), 120))}\n`);
  return asked ? exit.done : exit.usage;
}

async function commandHelp(command: Command, terminal: Terminal): Promise<ExitCode> {
  terminal.stdout.write(`${await helpOf(command, terminal.columns())}\n`);
  return exit.done;
}

/** A git or a system that said no where nobody thought it could is explained; a bug of ours is said in full, with what to send us. */
async function internal(error: unknown, words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (!(error instanceof AssertionFailure)) {
    const { failureOf } = await import('../engine/failure-of.js');
    const failure = failureOf(error);
    if (failure !== undefined) return fail([failure], terminal, words.includes('--json'));
  }
  terminal.stderr.write(`error: plan made a mistake of its own; nothing that was recorded is lost\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exit.internal;
}
