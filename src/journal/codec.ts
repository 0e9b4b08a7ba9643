/** Entries as lines of text and back. One line is one entry; the first line also says the version of the format. */
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';
import type { Entry } from '../model/event.js';

/** The version of the journal that we write, and the only one that we read. */
export const journalVersion = 1;

export type JournalDamage =
  /** The line (1-based) is not the entry that has to stand there. */
  | { readonly kind: 'damaged'; readonly line: number }
  /** Written by another version of the program. */
  | { readonly kind: 'version'; readonly found: unknown };

/** An entry as its line, newline included. */
export function encodeEntry(entry: Entry): string {
  return `${JSON.stringify(entry.seq === 0 ? { version: journalVersion, ...entry } : entry)}\n`;
}

/** Reads whole lines; `first` is the number that the first of them has to bear. The text ends with a newline or is empty. */
export function decodeLines(text: string, first: number): Result<Entry[], JournalDamage> {
  const entries: Entry[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const seq = first + entries.length;
    const value = parse(end < 0 ? text.slice(at) : text.slice(at, end));
    if (seq === 0 && isObject(value) && value['version'] !== journalVersion) {
      return err('seq' in value || 'version' in value ? { kind: 'version', found: value['version'] } : { kind: 'damaged', line: 1 });
    }
    if (end < 0 || !isEntry(value) || value.seq !== seq) return err({ kind: 'damaged', line: seq + 1 });
    // The version belongs to the file, not to the entry.
    entries.push(seq === 0 ? withoutVersion(value) : value);
    at = end + 1;
  }
  return ok(entries);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is Entry {
  return isObject(value) && typeof value['seq'] === 'number' && typeof value['at'] === 'number' && isObject(value['event']) && typeof value['event']['kind'] === 'string';
}

function withoutVersion(entry: Entry): Entry {
  const { seq, at, event, request } = entry;
  return { seq, at, event, ...(request === undefined ? {} : { request }) };
}
