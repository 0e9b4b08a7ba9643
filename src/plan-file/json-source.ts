/** JSON with places: numbers keep their spelling (`5.10` is not 5.1) and every value knows its offsets. Bounded in depth. */

/** A JSON value with where it stands. */
export type JsonNode = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'object'; readonly entries: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly raw: string }
  | { readonly kind: 'literal'; readonly value: boolean | null }
);

/** Where and why a text is no JSON. */
export interface JsonFault {
  readonly offset: number;
  readonly message: string;
}

const maxDepth = 100;

/** Parses a whole text as JSON (a BOM before it is allowed). */
export function parseJson(text: string): JsonNode | JsonFault {
  const parser = new JsonParser(text);
  try {
    return parser.whole();
  } catch (fault) {
    if (fault instanceof Fault) return { offset: fault.offset, message: fault.message };
    throw fault;
  }
}

/** Whether parsing failed. */
export function isFault(result: JsonNode | JsonFault): result is JsonFault {
  return 'message' in result;
}

/** The text of a string or the spelling of a number. */
export function scalarText(node: JsonNode | undefined): string | undefined {
  if (node?.kind === 'string') return node.value;
  return node?.kind === 'number' ? node.raw : undefined;
}

class Fault extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

class JsonParser {
  private readonly text: string;
  private at: number;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
    this.at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  whole(): JsonNode {
    const node = this.value();
    this.skip();
    if (this.at < this.text.length) throw new Fault(this.at, 'nothing may follow the value');
    return node;
  }

  private skip(): void {
    while (this.at < this.text.length && ' \t\r\n'.includes(this.text.charAt(this.at))) this.at++;
  }

  private value(): JsonNode {
    this.skip();
    const start = this.at;
    const character = this.text.charAt(start);
    if (character === '{') return this.object(start);
    if (character === '[') return this.array(start);
    if (character === '"') return { kind: 'string', value: this.string(), start, end: this.at };
    const scalar = /(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
    scalar.lastIndex = start;
    const raw = scalar.exec(this.text)?.[0];
    if (raw === undefined) throw new Fault(start, start < this.text.length ? 'a value was expected here' : 'the text ends too early');
    this.at = start + raw.length;
    if (/^[tfn]/.test(raw)) return { kind: 'literal', value: raw === 'null' ? null : raw === 'true', start, end: this.at };
    return { kind: 'number', raw, start, end: this.at };
  }

  private enter(): void {
    this.at++;
    if (++this.depth > maxDepth) throw new Fault(this.at, `values are nested more than ${maxDepth} deep`);
    this.skip();
  }

  private object(start: number): JsonNode {
    const entries = new Map<string, JsonNode>();
    this.enter();
    while (this.text.charAt(this.at) !== '}') {
      if (this.text.charAt(this.at) !== '"') throw new Fault(this.at, 'a key in double quotes was expected here');
      const key = this.string();
      this.skip();
      if (this.text.charAt(this.at) !== ':') throw new Fault(this.at, 'a colon was expected here');
      this.at++;
      entries.set(key, this.value());
      this.separator('}');
    }
    this.at++;
    this.depth--;
    return { kind: 'object', entries, start, end: this.at };
  }

  private array(start: number): JsonNode {
    const items: JsonNode[] = [];
    this.enter();
    while (this.text.charAt(this.at) !== ']') {
      items.push(this.value());
      this.separator(']');
    }
    this.at++;
    this.depth--;
    return { kind: 'array', items, start, end: this.at };
  }

  /** A comma with something behind it, or the closing mark. */
  private separator(close: string): void {
    this.skip();
    const character = this.text.charAt(this.at);
    if (character === close) return;
    if (character !== ',') throw new Fault(this.at, `a comma or “${close}” was expected here`);
    this.at++;
    this.skip();
    if (this.text.charAt(this.at) === close) throw new Fault(this.at, 'a comma stands before the end');
  }

  private string(): string {
    const start = this.at;
    for (let end = start + 1; end < this.text.length; end++) {
      const code = this.text.charCodeAt(end);
      if (code === 92) end++;
      else if (code === 34) {
        this.at = end + 1;
        return this.decoded(start, end + 1);
      } else if (code < 32) throw new Fault(end, 'a control character in a string has to be escaped');
    }
    throw new Fault(start, 'this string is never closed');
  }

  private decoded(start: number, end: number): string {
    const raw = this.text.slice(start, end);
    if (!raw.includes('\\')) return raw.slice(1, -1);
    try {
      return JSON.parse(raw) as string;
    } catch {
      throw new Fault(start, 'this string has a wrong escape');
    }
  }
}
