/** What went wrong through no fault of ours, as data. Words for the terminal are made by cli/explain.ts. */

/** Where in a file: 1-based line and column (UTF-16 code units, as editors count). */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** Column after the last marked character on the same line; one character is marked when absent. */
  readonly endColumn?: number;
}

/** A place together with its file and the source line, ready to be shown with a caret. */
export interface SourcePlace extends Place {
  /** Path as the user would type it: relative to where the command was given. */
  readonly file: string;
  /** The text of that line, shortened to a printable length; absent where the file could not be read. */
  readonly source?: string;
}

export type FailureKind =
  /** The user's input cannot be used as it is: exit 2, nothing was touched. */
  | 'input'
  /** Something of the run failed: exit 1. */
  | 'failed'
  /** A person has to act before it can go on: exit 3. */
  | 'person'
  /** Another live process holds what is needed: exit 2. */
  | 'busy';

/** One thing that is wrong, said once, with what to do about it. */
export interface Failure {
  readonly kind: FailureKind;
  /** Stable name in kebab-case, such as `unknown-plan`; what tests and `--json` readers match. */
  readonly code: string;
  /** One sentence without a final full stop, starting in lower case. */
  readonly message: string;
  readonly place?: SourcePlace;
  /** What to do next: a sentence or a command. */
  readonly hint?: string;
}

/** A remark about a plan file that does not stop the run, unless `--strict` makes it an error. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn?: number;
  readonly hint?: string;
}
