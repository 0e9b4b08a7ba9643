/** The text of a manifest → the manifest as written, with the places of everything in it, and every mistake. */

import type { Failure } from '../model/failure.js';
import { manifestSchema, type Manifest } from './schema.js';
import { parseSource, type Path, type Source, type SourceDocument } from './source.js';
import { validate } from './validate.js';

/** A manifest as far as it fits the schema; names in it are not resolved yet. */
export interface ParsedManifest {
  /** In the order of the file; empty where nothing is wrong. */
  readonly failures: readonly Failure[];
  /** Undefined where too little is left of it to look any further. */
  readonly sound: { readonly manifest: Manifest; readonly document: SourceDocument; readonly dropped: readonly Path[] } | undefined;
}

/** Reads a manifest's text. */
export function parseManifest(source: Source): ParsedManifest {
  const parsed = parseSource(source);
  const { document } = parsed;
  const failures = 'failures' in parsed ? parsed.failures : [];
  if (document === undefined) return { failures, sound: undefined };
  if (document.value === undefined || document.value === null) {
    const place = { file: source.file, line: 1, column: 1 };
    return { failures: [...failures, { kind: 'input', code: 'empty', message: 'the manifest is empty', place, hint: 'run `plan init` to have one written' }], sound: undefined };
  }
  const checked = validate(manifestSchema, document);
  if ('value' in checked) return { failures, sound: { manifest: checked.value, document, dropped: [] } };
  const { sound: manifest, dropped } = checked;
  return { failures: [...failures, ...checked.failures].sort(byPlace), sound: manifest === undefined ? undefined : { manifest, document, dropped } };
}

/** The order in which a reader of the file meets them. */
export function byPlace({ place: one }: Failure, { place: other }: Failure): number {
  return (one?.line ?? 0) - (other?.line ?? 0) || (one?.column ?? 0) - (other?.column ?? 0);
}
