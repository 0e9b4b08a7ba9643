/** Files that an executor returns as text instead of writing them: `FILE: <path>` and a fenced block each, or a JSON array. */
import { err, ok } from '../base/result.js';
import type { Result } from '../base/result.js';

/** One file as it was returned. Nothing about the path is checked yet. */
export interface ContentFile {
  readonly path: string;
  readonly content: string;
}

const mostFiles = 2000;
/** Characters of all contents together. */
const longestContent = 64 * 1024 * 1024;

/** A line such as `FILE: src/a.ts`, the path bare, in backticks or in quotes, the line perhaps in bold. */
const fileLine = /^\s{0,3}(?:\*\*)?FILE:(?:\*\*)?[ \t]*(?:`([^`]+)`|"([^"]+)"|(\S(?:[^\n]*\S)?))[ \t]*$/;
const fenceLine = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/;

/** Reads all files out of an answer; the error is a sentence about what cannot be read for certain. At least one file is needed. */
export function parseContentFiles(answer: string): Result<readonly ContentFile[], string> {
  const files = parseJsonFiles(answer) ?? parseFencedFiles(answer);
  if (!files.ok) return files;
  if (files.value.length === 0) return err('it returned no file: neither `FILE: <path>` with a fenced block nor a JSON array of {path, content}');
  if (files.value.length > mostFiles) return err(`it returned ${files.value.length} files, and ${mostFiles} are the most`);
  const length = files.value.reduce((sum, { content }) => sum + content.length, 0);
  return length > longestContent ? err('it returned more than 64 Mi characters of content') : files;
}

/** Undefined when the answer is no JSON array, alone or as the only fenced block. */
function parseJsonFiles(answer: string): Result<readonly ContentFile[], string> | undefined {
  const text = answer.trim();
  const fenced = /^(`{3,})json[ \t]*\n([\s\S]*)\n\1$/.exec(text)?.[2];
  const json = (fenced ?? text).trim();
  if (!json.startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const files: ContentFile[] = [];
  for (const item of value as unknown[]) {
    const { path, content } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    if (typeof path !== 'string' || typeof content !== 'string') return err(`item ${files.length + 1} of the returned array is not {path, content}`);
    files.push({ path, content });
  }
  return ok(files);
}

function parseFencedFiles(answer: string): Result<readonly ContentFile[], string> {
  const lines = answer.split(/\r?\n/);
  const files: ContentFile[] = [];
  let strayFences = 0;
  for (let index = 0; index < lines.length; ) {
    const match = fileLine.exec(lines[index] ?? '');
    if (match === null) {
      // Text around the files may hold whole blocks of its own; half of one means that a file's block ended too early.
      if (files.length > 0 && fenceLine.test(lines[index] ?? '')) strayFences++;
      index++;
      continue;
    }
    const path = match[1] ?? match[2] ?? match[3] ?? '';
    if (strayFences % 2 === 1) return err(unclear(files.at(-1)));
    strayFences = 0;
    const block = readBlock(lines, index + 1);
    if (block === undefined) return err(`there is no complete fenced block after FILE: ${path}`);
    files.push({ path, content: block.content });
    index = block.next;
  }
  return strayFences % 2 === 1 ? err(unclear(files.at(-1))) : ok(files);
}

function readBlock(lines: readonly string[], from: number): { readonly content: string; readonly next: number } | undefined {
  let start = from;
  while (start < lines.length && lines[start]?.trim() === '') start++;
  const fence = fenceLine.exec(lines[start] ?? '')?.[1];
  if (fence === undefined) return undefined;
  for (let end = start + 1; end < lines.length; end++) {
    const close = fenceLine.exec(lines[end] ?? '');
    if (close === null || close[2]?.trim() !== '' || !(close[1] ?? '').startsWith(fence)) continue;
    const content = lines.slice(start + 1, end);
    return { content: content.length === 0 ? '' : `${content.join('\n')}\n`, next: end + 1 };
  }
  return undefined;
}

function unclear(file: ContentFile | undefined): string {
  return `where ${file?.path ?? 'a file'} ends is not clear, because it holds fences itself: a longer fence around it is needed`;
}
