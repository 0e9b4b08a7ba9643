/** The text of a manifest → the manifest as written, with the places of everything in it; or every mistake. */

import { err, ok, type Result } from '../base/result.js';
import type { Failure } from '../model/failure.js';
import { manifestSchema, type Manifest } from './schema.js';
import { parseSource, type Source, type SourceDocument } from './source.js';
import { validate } from './validate.js';

/** A manifest that fits the schema; names in it are not resolved yet. */
export interface ParsedManifest {
  readonly manifest: Manifest;
  readonly document: SourceDocument;
}

/** Reads a manifest's text. */
export function parseManifest(source: Source): Result<ParsedManifest, readonly Failure[]> {
  const parsed = parseSource(source);
  if ('failures' in parsed) return err(parsed.failures);
  const { document } = parsed;
  if (document.value === undefined || document.value === null) {
    const place = { file: source.file, line: 1, column: 1 };
    return err([{ kind: 'input', code: 'empty', message: 'the manifest is empty', place, hint: 'run `plan init` to have one written' }]);
  }
  const checked = validate(manifestSchema, document);
  return 'failures' in checked ? err(checked.failures) : ok({ manifest: checked.value, document });
}
