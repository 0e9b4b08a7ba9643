/** Ids of a team's own making — `TASK-001`, `A1`, `2.T3`, `1.` — told by how a file's checkboxes use them. */
import type { IdGrammar } from './ids.js';

const token = '(?:[A-Za-z0-9]{1,12}[-_.]){0,4}[A-Za-z]{0,12}\\d{1,5}[a-z]?(?!\\w|[-.]\\w)';
const box = new RegExp(
  `^[ \\t]{0,20}(?:[-*+]|\\d{1,4}[.)])[ \\t]{1,4}\\[[^\\]\\n]\\][ \\t]{1,4}([*_\`~[(]{0,4})((?:sub-?)?tasks?[ \\t]{1,3}#?)?(${token})([*_\`~\\])]{0,4})([^\\n]?)`,
  'gim',
);
const atPlace = new RegExp(token, 'y');
/** Boxes looked at; a file that has more uses its ids alike behind them. */
const maxBoxes = 20_000;

/** `TASK-001` and `TASK-12` are written alike, and so are `1.2` and `1.2.3`. */
function shapeOf(id: string): string {
  return id
    .replace(/[a-z]$/, '')
    .replace(/\d+/g, '#')
    .replace(/(?:\.#)+/g, '.#');
}

/** How a file names its tasks. */
export interface WrittenIds {
  /** Finds the ids of tasks and of numbered headings, and the names that tasks without an id are given. */
  readonly grammar: IdGrammar;
  /** Whether a checkbox that begins with this is called so. */
  isId(id: string): boolean;
}

/** The ids of a file's checkboxes: those of a form that at least two boxes share and that names none of them twice. */
export function writtenIds(text: string): WrittenIds {
  const byShape = new Map<string, { count: number; ids: Set<string> }>();
  let boxes = 0;
  for (const match of text.matchAll(box)) {
    if (boxes++ >= maxBoxes) break;
    const [, before = '', word, id = '', , after = ''] = match;
    const shape = shapeOf(id);
    if (!/^[A-Z0-9]/.test(id)) continue;
    const closed = word !== undefined || /[[(*`]$/.test(before) || /[:.)：、]/.test(match[4] ?? '') || /[:.)：、]/.test(after);
    // `S3 bucket` and `3 tests` are words; `TASK-12 bucket` and `1.2 tests` hardly are.
    if (!closed && !/^(?:#\.#|.*[A-Za-z][-_.]?.*[-_.].*#|#\.[A-Za-z]+#)$/.test(shape)) continue;
    const found = byShape.get(shape) ?? { count: 0, ids: new Set<string>() };
    found.count++;
    found.ids.add(id);
    byShape.set(shape, found);
  }
  const shapes = new Set([...byShape].filter(([, { count, ids }]) => count >= 2 && ids.size === count).map(([shape]) => shape));
  // What headings are numbered like, and what tasks without an id are called.
  const known = new Set([...shapes, '#.#']);
  return {
    grammar: (line, at) => {
      atPlace.lastIndex = at;
      const id = atPlace.exec(line)?.[0];
      return id !== undefined && known.has(shapeOf(id)) ? id : undefined;
    },
    isId: (id) => shapes.has(shapeOf(id)),
  };
}
