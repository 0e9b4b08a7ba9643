import type { InferredOptionTypes, Options } from 'yargs';
import type { Failure } from '../model/failure.js';
import type { ExitCode } from './exit.js';
import type { Context } from './context.js';

/** Options of a command by long name, as yargs takes them; `describe` is one short line. */
export type OptionTable = Readonly<Record<string, Options & { readonly describe: string }>>;

/** A word that stands without dashes. */
export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly required?: boolean;
  /** Takes all words that are left. Only the last one may. */
  readonly many?: boolean;
  /** What the shell may complete it with. */
  readonly completes?: 'file' | 'command' | 'node';
}

/** What a command has to say in the end. */
export interface Answer {
  /** Default: what the failures say, else 0. */
  readonly exit?: ExitCode;
  /** For `--json`: printed alone on stdout. Always an object, so that fields can be added. */
  readonly json?: object;
  /** For people, on stdout, unless `--json`. Without a final line end. */
  readonly text?: string;
  /** Explained on stderr; with `--json` also in the object's `failures`. */
  readonly failures?: readonly Failure[];
}

/** What a command was called with: options by name, and the positional words in order. */
export type Given<O extends OptionTable> = InferredOptionTypes<O & Record<string, Options>> & {
  readonly words: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
};

/** A command as its file states it: words, options, and what it does. */
export interface Command<O extends OptionTable = OptionTable> {
  readonly name: string;
  /** Two or three sentences for `plan <command> --help`. */
  readonly description: string;
  readonly positionals: readonly Positional[];
  readonly options: O;
  readonly examples?: readonly (readonly [command: string, what: string])[];
  run(given: Given<O>, context: Context): Promise<Answer>;
}

/** States a command; its options' types become those of `given`. */
export function defineCommand<const O extends OptionTable>(command: Command<O>): Command {
  return command;
}
