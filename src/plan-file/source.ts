/** A plan file's text on its way through a reader: its blocks, cut once, and what is remarked about it. */
import type { Diagnostic } from '../model/failure.js';
import type { LineIndex } from './markdown-lines.js';
import { scanNestedMarkdown } from './markdown.js';
import type { MarkdownDocument } from './markdown-blocks.js';

/** The text of a plan file and where it was found; the Markdown blocks are cut when first asked for. */
export class PlanSource {
  /** POSIX path as given; used to tell formats apart, never opened. */
  readonly path: string;
  readonly text: string;
  private cut: MarkdownDocument | undefined;

  constructor(path: string, text: string) {
    this.path = path.replace(/\\/g, '/');
    this.text = text;
  }

  /** The file as Markdown. Blocks of Markdown may show fenced blocks: an author who opens one inside closes both, whatever CommonMark makes of it. */
  get markdown(): MarkdownDocument {
    this.cut ??= scanNestedMarkdown(this.text);
    return this.cut;
  }
}

/** How many remarks a file gets at most; the last one then counts the rest. */
const maxDiagnostics = 1000;

/** Collects what a reader has to say about a file; places are given as offsets. */
export class Remarks {
  private readonly lines: LineIndex;
  private readonly found: Diagnostic[] = [];
  private left = 0;

  constructor(lines: LineIndex) {
    this.lines = lines;
  }

  /** Something that was not understood or not taken. */
  warn(code: string, message: string, offset: number, endOffset?: number, hint?: string): void {
    this.say('warning', code, message, offset, endOffset, hint);
  }

  /** Something that a person may want to know and that needs no change. */
  info(code: string, message: string, offset: number, endOffset?: number, hint?: string): void {
    this.say('info', code, message, offset, endOffset, hint);
  }

  /** Something that makes the plan unusable. */
  error(code: string, message: string, offset: number, endOffset?: number, hint?: string): void {
    this.say('error', code, message, offset, endOffset, hint);
  }

  /** Takes over what was remarked while something was read that then was taken. */
  absorb(other: Remarks): void {
    if (other.found.length === 0) return;
    for (const one of other.found) {
      if (this.found.length < maxDiagnostics || one.severity === 'error') this.found.push(one);
      else this.left++;
    }
    this.left += other.left;
  }

  /** A remark whose weight depends on what was found. */
  say(severity: Diagnostic['severity'], code: string, message: string, offset: number, endOffset?: number, hint?: string): void {
    if (this.found.length >= maxDiagnostics && severity !== 'error') {
      this.left++;
      return;
    }
    this.found.push({ severity, code, message, ...this.lines.place(offset, endOffset), ...(hint === undefined ? {} : { hint }) });
  }

  /** All remarks in file order. */
  all(): Diagnostic[] {
    const sorted = [...this.found].sort((a, b) => a.line - b.line || a.column - b.column);
    if (this.left > 0) {
      sorted.push({
        severity: 'warning',
        code: 'more-remarks',
        message: `${this.left} further remarks are not shown`,
        line: this.lines.count || 1,
        column: 1,
      });
    }
    return sorted;
  }
}

/** A piece of the user's text, short enough for a message. */
export function quote(text: string): string {
  const flat = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return `“${flat.length > 60 ? `${flat.slice(0, 59)}…` : flat}”`;
}
