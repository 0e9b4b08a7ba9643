/** Task ids as files write them, and their order: `2.10` comes after `2.9`, `T012b` after `T012`. */

/** An id cut into what is compared: numbers and letters. */
export type IdKey = readonly (number | string)[];

/** The comparable parts of an id. */
export function idKey(id: string): IdKey {
  return (id.match(/\d+|[A-Za-z_]+/g) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part.toLowerCase()));
}

/** Order of two ids; with `depth` only that many parts are compared. Numbers stand before letters. */
export function compareIds(a: IdKey, b: IdKey, depth = Number.MAX_SAFE_INTEGER): number {
  const length = Math.min(depth, Math.max(a.length, b.length));
  for (let index = 0; index < length; index++) {
    const left = a[index];
    const right = b[index];
    if (left === right) continue;
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    if (typeof left === 'number') return typeof right === 'number' ? left - right : -1;
    if (typeof right === 'number') return 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

/** How an id looks in a format: given a text and a position, the id that stands there or undefined. */
export type IdGrammar = (text: string, at: number) => string | undefined;

/** `N.M`, `N.M.K` and deeper, with an optional last letter: the native format and OpenSpec. */
export const dottedId: IdGrammar = matcher(/\d{1,9}(?:\.\d{1,9}){1,7}[a-z]?(?!\w|\.\d)/y);

/** `N` and everything dotted: Kiro, superpowers and Task Master. */
export const numericId: IdGrammar = matcher(/\d{1,9}(?:\.\d{1,9}){0,7}[a-z]?(?!\w|\.\d)/y);

/** Numbers, and numbers behind a T (`T1.1`, `T9a`) as some write them in Kiro's and OpenSpec's files. */
export const numberedId: IdGrammar = matcher(/(?:T-?)?\d{1,9}(?:\.\d{1,9}){0,7}[a-z]?(?!\w|\.\d)/y);

/** `T012`, `T012b` and longer inventions such as `T012a_load`: spec-kit. */
export const specKitId: IdGrammar = matcher(/T-?\d{1,9}(?:\.\d{1,9}){0,7}[A-Za-z]?[A-Za-z0-9_]{0,60}(?!\w)/y);

function matcher(pattern: RegExp): IdGrammar {
  return (text, at) => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
}

/** A grammar with further names beside its ids. */
export function named(grammar: IdGrammar, names: readonly string[]): IdGrammar {
  const known = new Set(names);
  const word = /[A-Za-z][\w-]{0,99}/y;
  return (text, at) => {
    word.lastIndex = at;
    const name = word.exec(text)?.[0];
    return name !== undefined && known.has(name) ? name : grammar(text, at);
  };
}
