/** YAML between `---` lines at the start of a file. */
import type { LineIndex } from './markdown-lines.js';

/** The front matter and the number of the line that ends it; undefined when the file has none. */
export function frontMatter(lines: LineIndex): { readonly text: string; readonly last: number } | undefined {
  if (!/^---[ \t]*$/.test(lines.line(1))) return undefined;
  for (let line = 2; line <= lines.count; line++) {
    if (!/^(?:---|\.\.\.)[ \t]*$/.test(lines.line(line))) continue;
    const start = lines.starts[1] ?? 0;
    const text = lines.text.slice(start, Math.max(start, lines.starts[line - 1] ?? start));
    const first = text.split(/\r\n|\n|\r/, 40).find((part) => part.trim() !== '') ?? '';
    // A leading rule followed by prose and another rule is not front matter.
    return /^\s*(?:$|#|["']?[A-Za-z_][\w-]*["']?\s*:)/.test(first) ? { text, last: line } : undefined;
  }
  return undefined;
}
