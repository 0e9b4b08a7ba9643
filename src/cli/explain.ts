/** Failures and diagnostics → the words that a person sees: what is wrong, where, the line with a caret, what to do. */

import { displayWidth, neutralise, shortenAround } from '../base/text.js';
import type { Diagnostic, Failure, SourcePlace } from '../model/failure.js';

/** How it is shown. */
export interface ExplainOptions {
  /** Colours of the terminal; none by default. */
  readonly colours?: boolean;
  /** Columns of the terminal, for long source lines; 100 by default. */
  readonly width?: number;
}

/** A remark of a file, ready to be shown. */
export type ShownDiagnostic = Diagnostic & { readonly file: string; readonly source?: string };

const smallestWidth = 40;
const widest = 400;
const longestCaret = 60;

/**
 * A failure as it is printed, without a final line break:
 *
 *     error: a task waits for itself: auth.2.1 → billing.1.3 → auth.2.1
 *       orchestrations/release.yml:14:15
 *         depends: [auth.phase2]
 *                   ^^^^^^^^^^^
 *     hint: remove one of these dependencies
 */
export function explain(failure: Failure, options: ExplainOptions = {}): string {
  return print('error', failure.message, failure.place, failure.hint, options);
}

/** Something that a person should know and that stops nothing, in the same form. */
export function explainWarning(warning: Failure, options: ExplainOptions = {}): string {
  return print('warning', warning.message, warning.place, warning.hint, options);
}

/** Several failures, an empty line between them; the last line counts them where there are several. */
export function explainAll(failures: readonly Failure[], options: ExplainOptions = {}): string {
  const shown = failures.map((failure) => explain(failure, options));
  return shown.length < 2 ? shown.join('') : [...shown, `${shown.length} errors`].join('\n\n');
}

/** A diagnostic as it is printed: like a failure, led by its severity. */
export function explainDiagnostic(diagnostic: ShownDiagnostic, options: ExplainOptions = {}): string {
  const { severity, message, hint } = diagnostic;
  return print(severity, message, diagnostic, hint, options);
}

function print(severity: Diagnostic['severity'], message: string, place: SourcePlace | undefined, hint: string | undefined, options: ExplainOptions): string {
  const paint = painter(options.colours === true);
  const lines = [`${paint[severity](`${severity}:`)} ${paint.bold(clean(message))}`];
  if (place !== undefined) {
    lines.push(`  ${paint.dim(`${clean(place.file)}:${place.line}:${place.column}`)}`);
    lines.push(...sourceLines(place, options.width ?? 100, (caret) => paint[severity](caret)));
  }
  if (hint !== undefined) lines.push(`${paint.hint('hint:')} ${clean(hint)}`);
  return lines.join('\n');
}

/** The source line without its indentation, and the caret below what is marked. */
function sourceLines(place: SourcePlace, width: number, paint: (caret: string) => string): readonly string[] {
  if (place.source === undefined || place.source.trim() === '') return [];
  const text = place.source.replace(/[\r\n]+$/, '');
  const start = place.column - 1;
  const end = place.endColumn === undefined ? start + 1 : place.endColumn - 1;
  const indent = Math.min(text.length - text.trimStart().length, Math.max(0, start));
  const room = Math.min(widest, Math.max(smallestWidth, width)) - 6;
  const part = shortenAround(text.slice(indent), start - indent, Math.max(start + 1, end) - indent, room);
  const shown = neutralise(part.text);
  // Tabs stay tabs in the line above and below, so that the caret stands where the terminal put the character.
  const before = [...shown.slice(0, part.start)].map((letter) => (letter === '\t' ? '\t' : ' '.repeat(displayWidth(letter)))).join('');
  const marked = Math.max(1, displayWidth(shown.slice(part.start, part.end).trimEnd()));
  return [`    ${shown.trimEnd()}`, `    ${before}${paint('^'.repeat(Math.min(marked, longestCaret, room)))}`];
}

/** One line, whatever it held. */
function clean(text: string): string {
  return neutralise(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

type Style = Diagnostic['severity'] | 'bold' | 'dim' | 'hint';

function painter(colours: boolean): Readonly<Record<Style, (text: string) => string>> {
  const style =
    (open: number, close: number) =>
    (text: string): string =>
      colours ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { error: style(31, 39), warning: style(33, 39), info: style(36, 39), bold: style(1, 22), dim: style(2, 22), hint: style(36, 39) };
}
