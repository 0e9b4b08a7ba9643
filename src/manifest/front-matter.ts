/** What a plan file says of itself between `---` lines. */

import type { Failure, SourcePlace } from '../model/failure.js';
import type { PlanDocument } from '../model/plan-document.js';
import type { PlacedDiagnostic } from './resolve-input.js';
import { frontMatterSchema, type FrontMatter } from './schema.js';
import { parseSource, type Path } from './source.js';
import { validate } from './validate.js';

/** Front matter as far as it was understood. */
export interface ReadFrontMatter {
  readonly statement?: { readonly value: FrontMatter; readonly placeOf: (path: Path) => SourcePlace };
  readonly failures: readonly Failure[];
  readonly remarks: readonly PlacedDiagnostic[];
}

/**
 * Reads the front matter of a plan. Keys that are not ours belong to other tools and are remarked, not refused; a wrong value of a key
 * of ours is a mistake in a native plan, and a remark in a file that another tool wrote.
 */
export function readFrontMatter(document: PlanDocument, { file }: { file: string }): ReadFrontMatter {
  const { frontMatter } = document;
  if (frontMatter === undefined) return { failures: [], remarks: [] };
  const lenient = document.format !== 'native';
  const parsed = parseSource({ file, text: frontMatter.text, lineOffset: frontMatter.line - 1 });
  if ('failures' in parsed) return sorted(parsed.failures, lenient);
  const { value } = parsed.document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { failures: [], remarks: [] };
  const checked = validate(frontMatterSchema, parsed.document);
  const placeOf = (path: Path): SourcePlace => {
    const last = path[path.length - 1];
    return typeof last === 'string' ? parsed.document.placeOfKey(path.slice(0, -1), last) : parsed.document.placeOf(path);
  };
  if ('value' in checked) return { statement: { value: checked.value, placeOf }, failures: [], remarks: [] };
  const foreign = checked.failures.filter(({ code, message }) => code === 'unknown-key' && !message.includes(' in '));
  const wrong = checked.failures.filter((failure) => !foreign.includes(failure));
  const { failures, remarks } = sorted(wrong, lenient);
  return {
    ...(checked.sound === undefined ? {} : { statement: { value: checked.sound, placeOf } }),
    failures,
    remarks: [...foreign.map(remarkOf), ...remarks],
  };
}

function sorted(found: readonly Failure[], lenient: boolean): ReadFrontMatter {
  return lenient ? { failures: [], remarks: found.map(remarkOf) } : { failures: found, remarks: [] };
}

function remarkOf({ code, message, place, hint }: Failure): PlacedDiagnostic {
  const at = place ?? { file: '', line: 1, column: 1 };
  return { severity: 'warning', code: code === 'unknown-key' ? 'unknown-front-matter' : code, message, ...at, ...(hint === undefined ? {} : { hint }) };
}
