/** Templates of prompts: `{{name}}`, `{{#name}} … {{/name}}` and `{{^name}} … {{/name}}`. What is inserted is never read as a template. */
import type { Result } from '../base/result.js';
import { err, ok } from '../base/result.js';
import type { Diagnostic } from '../model/failure.js';

/**
 * What a name stands for. A text is put on one line; a block is put on lines of its own between fences that nothing in it can
 * close; a list repeats its section with the fields of each item; `true` shows a section, `false` and undefined do not.
 */
type TemplateValue = string | { readonly block: string } | boolean | readonly TemplateFields[] | undefined;

/** Values by name. A field of a list's item hides one of the same name outside. */
export interface TemplateFields {
  readonly [name: string]: TemplateValue;
}

/** A template that has been read. */
export interface Template {
  readonly parts: readonly Part[];
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'section'; readonly name: string; readonly inverted: boolean; readonly parts: readonly Part[] };

const longestTemplate = 256 * 1024;
const deepestSection = 8;
const tag = /\{\{\s*([#^/]?)\s*([A-Za-z]\w{0,60})\s*\}\}/g;

/** Reads a template; the errors say where a name is unknown or a section does not close. `names` are the names that exist. */
export function parseTemplate(source: string, names: ReadonlySet<string>): Result<Template, readonly Diagnostic[]> {
  const text = source.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  if (text.length > longestTemplate) return err([problem(text, 0, 'template-too-long', `the template is longer than ${longestTemplate} characters`)]);
  const problems: Diagnostic[] = [];
  const stack: { readonly name: string; readonly inverted: boolean; readonly at: number; readonly parts: Part[] }[] = [{ name: '', inverted: false, at: 0, parts: [] }];
  let from = 0;
  for (const found of text.matchAll(tag)) {
    const [whole, mark, name = ''] = found;
    const here = stack.at(-1);
    if (here === undefined) break;
    const alone = mark !== '' && isAlone(text, found.index, whole.length);
    here.parts.push({ kind: 'text', text: text.slice(from, alone ? lineStart(text, found.index) : found.index) });
    from = alone ? lineEnd(text, found.index + whole.length) : found.index + whole.length;
    if (mark !== '/' && !names.has(name)) problems.push(problem(text, found.index, 'unknown-field', `the template names ${name}, which does not exist`, `known are ${[...names].sort().join(', ')}`));
    if (mark === '') here.parts.push({ kind: 'field', name });
    else if (mark !== '/') {
      if (stack.length > deepestSection) return err([problem(text, found.index, 'template-too-deep', 'sections are nested too deeply')]);
      stack.push({ name, inverted: mark === '^', at: found.index, parts: [] });
    } else if (stack.length > 1 && here.name === name) {
      stack.pop();
      stack.at(-1)?.parts.push({ kind: 'section', name, inverted: here.inverted, parts: here.parts });
    } else problems.push(problem(text, found.index, 'section-not-open', `{{/${name}}} closes no section`));
  }
  for (const open of stack.slice(1)) problems.push(problem(text, open.at, 'section-not-closed', `the section ${open.name} is not closed`, `add {{/${open.name}}}`));
  stack[0]?.parts.push({ kind: 'text', text: text.slice(from) });
  return problems.length > 0 ? err(problems) : ok({ parts: stack[0]?.parts ?? [] });
}

/** Fills a template. Values pass through `clean` first; runs of empty lines become one, and the text ends with one line end. */
export function renderTemplate(template: Template, fields: TemplateFields, clean: (text: string) => string): string {
  const out: string[] = [];
  render(template.parts, [fields], clean, out);
  return joinLines(out);
}

/** Text between two fences that it cannot close. */
export function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`{3,}/g)].map((run) => run[0].length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}text\n${text.replace(/\n+$/, '')}\n${fence}`;
}

function render(parts: readonly Part[], scopes: readonly TemplateFields[], clean: (text: string) => string, out: string[]): void {
  for (const part of parts) {
    if (part.kind === 'text') {
      out.push(part.text);
      continue;
    }
    const value = lookUp(scopes, part.name);
    if (part.kind === 'field') {
      if (typeof value === 'string') out.push(clean(value).replace(/\s+/g, ' ').trim());
      else if (isBlock(value)) out.push(keep(fenced(clean(value.block))));
      continue;
    }
    const empty = value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0) || (isBlock(value) && value.block.trim() === '');
    if (part.inverted === empty) {
      const items = Array.isArray(value) ? (value as readonly TemplateFields[]) : [{}];
      for (const item of empty ? [{}] : items) render(part.parts, [...scopes, item], clean, out);
    }
  }
}

/** Empty lines of inserted text are not the template's to tidy up. */
const keptBreak = '\ue000';

function keep(text: string): string {
  return text.replaceAll(keptBreak, '').replaceAll('\n', keptBreak);
}

function joinLines(out: readonly string[]): string {
  return `${out.join('').replace(/[ \t]+\n/g, '\n').replace(/\n{3,}/g, '\n\n').trim()}\n`.replaceAll(keptBreak, '\n');
}

function lookUp(scopes: readonly TemplateFields[], name: string): TemplateValue {
  for (let index = scopes.length - 1; index >= 0; index--) {
    const scope = scopes[index];
    if (scope !== undefined && Object.hasOwn(scope, name)) return scope[name];
  }
  return undefined;
}

function isBlock(value: TemplateValue): value is { readonly block: string } {
  return typeof value === 'object' && !Array.isArray(value);
}

/** A section's mark alone on its line takes the line with it. */
function isAlone(text: string, at: number, length: number): boolean {
  return text.slice(lineStart(text, at), at).trim() === '' && text.slice(at + length, lineEnd(text, at + length)).trim() === '';
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function problem(text: string, at: number, code: string, message: string, hint?: string): Diagnostic {
  const before = text.slice(0, at);
  return { severity: 'error', code, message, line: before.split('\n').length, column: at - before.lastIndexOf('\n'), ...(hint === undefined ? {} : { hint }) };
}
