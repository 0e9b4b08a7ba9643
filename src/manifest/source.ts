/** YAML text → plain values that know where they stand. Everything about YAML that could surprise is refused here, with its place. */

import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, type Alias, type Document, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Failure, SourcePlace } from '../model/failure.js';
import { neutralise, shorten } from '../base/text.js';

/** A file as the user would name it, with its text: what failures point into. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** Lines of the file that stand before the text: front matter begins in a later line. */
  readonly lineOffset?: number;
}

/** Keys and indexes from the top of a document. */
export type Path = readonly (string | number)[];

/** A YAML document as plain data. Objects have no prototype; keys are the text that stands in the file. */
export interface SourceDocument {
  /** Undefined for an empty document. */
  readonly value: unknown;
  /** Where the value at a path stands, or the nearest value above it that exists. */
  placeOf(path: Path): SourcePlace;
  /** Where a key stands; the place of the map when it has no such key. */
  placeOfKey(path: Path, key: string): SourcePlace;
}

/** What the parser makes of a file takes a hundred times its size: twenty thousand plans fit, and a mistake stays harmless. */
export const maxManifestBytes = 4 * 1024 * 1024;
const knownTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`));
/** Values after all aliases are followed: an alias bomb meets this long before memory does. */
const maxValues = 2_000_000;
const maxAliases = 200;
const maxDepth = 64;
const maxErrors = 50;
/** Mistakes that leave all else in the file as it was meant. */
const harmless: ReadonlySet<string> = new Set(['duplicate-key']);
/** A longer line is not carried about to be shown. */
const longestLine = 20_000;

/** The text of a file's bytes, or the one thing that makes it no text. `limit` is in bytes. */
export function decode(file: string, bytes: Uint8Array, limit = maxManifestBytes): { text: string } | { failure: Failure } {
  const refuse = (code: string, message: string, hint?: string): { failure: Failure } => ({
    failure: { kind: 'input', code, message, place: { file, line: 1, column: 1 }, ...(hint === undefined ? {} : { hint }) },
  });
  if (bytes.length > limit) return refuse('file-too-large', `the file has ${mebibytes(bytes.length)}; at most ${mebibytes(limit)} are read`, 'split it into several files');
  const nul = bytes.indexOf(0);
  if (nul >= 0) return refuse('not-text', `the file is not text: byte ${nul + 1} is NUL`, 'save it as UTF-8');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return refuse('not-utf8', 'the file is not UTF-8', 'save it as UTF-8');
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MiB`;
}

/** Parses one YAML document; or everything that is wrong with it as YAML, with the document where one could be made in spite of that. */
export function parseSource(source: Source): { document: SourceDocument } | { failures: readonly Failure[]; document: SourceDocument | undefined } {
  const lines = new Lines(source);
  const documents = parseAllDocuments(source.text, { lineCounter: lines.counter, prettyErrors: false, logLevel: 'silent', uniqueKeys: false, merge: false });
  if (!Array.isArray(documents)) return { document: emptyDocument(lines) };
  const failures = syntaxFailures(documents as Document.Parsed[], lines, source.text);
  const second = documents[1];
  if (failures.length === 0 && second !== undefined) {
    const at = second.range?.[0] ?? 0;
    failures.push({ kind: 'input', code: 'several-documents', message: 'the file holds more than one YAML document', place: lines.place(at, at + 1), hint: 'keep one, without `---` between' });
  }
  const document = documents[0];
  if (document === undefined && failures.length === 0) return { document: emptyDocument(lines) };
  if (document === undefined || failures.length > 0) return { failures: failures.slice(0, maxErrors), document: undefined };
  const reading = new Reading(document, lines);
  const value = reading.read();
  const read: SourceDocument = { value, placeOf: (path) => reading.place(path), placeOfKey: (path, key) => reading.placeOfKey(path, key) };
  if (reading.failures.length === 0) return { document: read };
  const whole = reading.failures.every(({ code }) => harmless.has(code));
  return { failures: reading.failures.slice(0, maxErrors), document: whole ? read : undefined };
}

/** What is no YAML: one failure a line, because the parser goes on after the first and stumbles over what it made of it. */
function syntaxFailures(documents: readonly Document.Parsed[], lines: Lines, text: string): Failure[] {
  const end = text.trimEnd().length;
  const failures: Failure[] = [];
  const said = new Set<number>();
  for (const error of documents.flatMap((document) => document.errors)) {
    // What lacks at the end is shown where the text ends, not in the empty line after it.
    const place = error.pos[0] >= end ? lines.place(end, end) : lines.place(error.pos[0], error.pos[1]);
    // The parser recurses: it tells of nesting that no stack holds in words of its own.
    if (error.message.includes('call stack')) return [{ kind: 'input', code: 'too-deep', message: `values are nested more than ${maxDepth} deep`, place }];
    if (said.has(place.line) || failures.length >= maxErrors) continue;
    said.add(place.line);
    const message = `not YAML: ${lowerFirst(error.message)}`.replace(/\.$/, '');
    failures.push({ kind: 'input', code: 'not-yaml', message: shorten(neutralise(message), 300), place });
  }
  return failures;
}

function emptyDocument(lines: Lines): SourceDocument {
  return { value: undefined, placeOf: () => lines.place(0, 0), placeOfKey: () => lines.place(0, 0) };
}

/** A document for values that stand in no file, such as flags. */
export function withoutPlaces(value: unknown, file: string): SourceDocument {
  const place = (): SourcePlace => ({ file, line: 1, column: 1 });
  return { value, placeOf: place, placeOfKey: place };
}

/** Offsets → places with the line's text. */
class Lines {
  readonly counter = new LineCounter();
  private readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  place(start: number, end: number): SourcePlace {
    const { text, file, lineOffset = 0 } = this.source;
    const { line, col } = this.counter.linePos(Math.min(Math.max(0, start), text.length));
    const lineStart = this.counter.lineStarts[line - 1] ?? 0;
    const lineEnd = this.counter.lineStarts[line] ?? text.length + 1;
    let stop = Math.min(Math.max(lineStart, lineEnd), text.length);
    while (stop > lineStart && (text[stop - 1] === '\n' || text[stop - 1] === '\r')) stop--;
    // Editors do not count a byte order mark.
    const mark = text[lineStart] === '\ufeff' ? 1 : 0;
    const lastColumn = Math.min(end, stop) - lineStart + 1;
    return {
      file,
      line: Math.max(1, line) + lineOffset,
      column: Math.max(1, col - mark),
      ...(lastColumn > col ? { endColumn: lastColumn - mark } : {}),
      ...(stop - lineStart <= longestLine ? { source: text.slice(lineStart + mark, stop) } : {}),
    };
  }
}

/** One walk over a document's nodes. */
class Reading {
  readonly failures: Failure[] = [];
  private readonly document: Document.Parsed;
  private readonly lines: Lines;
  private readonly anchors = new Map<string, Node>();
  private readonly targets = new Map<Node, Node>();
  private readonly above = new Set<Node>();
  private readonly pairs = new Map<Node, Map<string, Pair>>();
  private values = 0;
  private aliases = 0;

  constructor(document: Document.Parsed, lines: Lines) {
    this.document = document;
    this.lines = lines;
  }

  read(): unknown {
    return this.document.contents === null ? undefined : this.valueOf(this.document.contents, 0);
  }

  place(path: Path): SourcePlace {
    const node = this.find(path);
    const [start, end] = node?.range ?? [0, 0];
    return this.lines.place(start, end);
  }

  placeOfKey(path: Path, key: string): SourcePlace {
    const map = this.find(path);
    const found = isMap(map) ? this.pairsOf(map).get(key)?.key : undefined;
    if (isScalar(found)) {
      const [start, end] = found.range ?? [0, 0];
      return this.lines.place(start, end);
    }
    return this.place(path);
  }

  /** The node at a path; the deepest one above it that exists otherwise. */
  private find(path: Path): Node | null | undefined {
    let node: Node | null | undefined = this.document.contents;
    for (const step of path) {
      const target = this.follow(node);
      let next: unknown;
      if (isMap(target)) next = this.pairsOf(target).get(String(step))?.value;
      else if (isSeq(target)) next = target.items[Number(step)];
      if (next === undefined || next === null) return node;
      node = next as Node;
    }
    return node;
  }

  /** Found once: a manifest may name thousands of plans. */
  private pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    let pairs = this.pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map();
      for (const pair of map.items) if (isScalar(pair.key) && !pairs.has(keyText(pair.key))) pairs.set(keyText(pair.key), pair);
      this.pairs.set(map, pairs);
    }
    return pairs;
  }

  private follow(node: Node | null | undefined): Node | null | undefined {
    return isAlias(node) ? this.targets.get(node) : node;
  }

  private fail(code: string, message: string, node: Node, hint?: string): undefined {
    const [start, end] = node.range ?? [0, 0];
    if (this.failures.length < maxErrors) this.failures.push({ kind: 'input', code, message, place: this.lines.place(start, end), ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }

  private valueOf(node: Node | null | undefined, depth: number): unknown {
    if (node === null || node === undefined) return null;
    if (++this.values > maxValues) {
      if (this.values > maxValues + 1) return undefined;
      return this.fail('too-large', `the file stands for more than ${maxValues} values`, node, 'aliases (`*name`) count each time they are used');
    }
    if (depth > maxDepth) return this.fail('too-deep', `values are nested more than ${maxDepth} deep`, node);
    if (isAlias(node)) return this.aliasOf(node, depth);
    if (node.tag !== undefined && !knownTags.has(node.tag)) return this.fail('unknown-tag', `\`${shorten(neutralise(node.tag.replace('tag:yaml.org,2002:', '!!')), 60)}\` is no tag that is read`, node);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.scalarOf(node);
    this.above.add(node);
    let value: unknown;
    if (isSeq(node)) value = node.items.map((item) => this.valueOf(item as Node | null, depth + 1));
    else if (isMap(node)) value = this.mapOf(node, depth);
    this.above.delete(node);
    return value;
  }

  private aliasOf(node: Alias, depth: number): unknown {
    if (++this.aliases > maxAliases) {
      if (this.aliases > maxAliases + 1) return undefined;
      return this.fail('too-many-aliases', `the file uses more than ${maxAliases} aliases`, node, 'write the values out');
    }
    const target = this.anchors.get(node.source);
    if (target === undefined) return this.fail('unknown-alias', `no anchor is named \`${shorten(neutralise(node.source), 60)}\``, node);
    if (this.above.has(target)) return this.fail('alias-circle', 'the alias stands inside its own anchor', node);
    this.targets.set(node, target);
    return this.valueOf(target, depth + 1);
  }

  private mapOf(node: YAMLMap, depth: number): unknown {
    const result = Object.create(null) as Record<string, unknown>;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        this.fail('key-not-text', 'a key has to be text', isNode(key) ? key : node);
        continue;
      }
      const name = keyText(key);
      if (name === '__proto__') this.fail('unknown-key', '`__proto__` cannot be a name', key);
      else if (name === '<<') this.fail('merge-key', 'merge keys (`<<`) are not read', key, 'write the values out');
      else if (Object.hasOwn(result, name)) this.fail('duplicate-key', `\`${shorten(neutralise(name), 60)}\` stands twice`, key, 'remove one of them');
      else result[name] = this.valueOf(value as Node | null, depth + 1);
    }
    return result;
  }

  /** Numbers and words keep the text they were written with: `2.10` is not 2.1 where a name is wanted. */
  private scalarOf(node: Scalar): unknown {
    const { value, source } = node;
    if ((typeof value === 'number' || typeof value === 'boolean') && source !== undefined) return new Written(value, source);
    if (typeof value === 'bigint') return new Written(Number(value), source ?? String(value));
    return value;
  }
}

/** A number or a truth value, together with the text that it was written with. */
export class Written {
  readonly value: number | boolean;
  readonly text: string;

  constructor(value: number | boolean, text: string) {
    this.value = value;
    this.text = text;
  }
}

function keyText(key: Scalar): string {
  return key.source ?? String(key.value);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
