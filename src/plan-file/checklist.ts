/** Checkboxes under any headings, as people write PLAN.md, ROADMAP.md and TODO.md: each is a task, in file order. */
import type { PlanDocument } from '../model/plan-document.js';
import { readHeadingPlan } from './heading-plan.js';
import { phaseHeading } from './phase-heading.js';
import { isCriteria } from './phase-names.js';
import { writtenIds } from './written-ids.js';
import type { PlanSource } from './source.js';

const stage = /^[^\p{L}\p{N}]{0,8}(?:week|day|sprint|milestone|stage|step|part|iteration|wave|chunk|batch|epic|session|m(?=\d))\s{0,3}#?(\d{1,4}(?:\.\d{1,4})?[a-z]?)(?:[\s*_`]{0,4}(?:[:：.)]|[-–—](?=\s))\s{0,3}(.*)|\s*)$/isu;

/** Sections of what may be done one day. */
const later =
  /\b(?:out of scope|non-?goals?|someday|deferred|rejected|won['’]?t (?:do|fix)|parking lot|icebox|future (?:work|enhancements?|improvements?|ideas?|features?|considerations?|extensions?|plans?|scope)|open questions?|stretch goals?)\b|^\W{0,8}(?:future|questions?|ideas)\W{0,4}$|未来(?:计划|规划|优化|扩展)|後続|将来/i;

/** Checklists that are what has to be done. */
const ofWork = /\b(?:implementation|development|dev|tasks?|migration|progress|build|work|features?|to-?do|action)\b.{0,20}\bchecklist\b/i;

/** Reads a checklist. Ids that a file gives its checkboxes throughout are kept, all others are made: `2.3` is the third task of phase 2. */
export function readChecklist(source: PlanSource): PlanDocument {
  const ids = writtenIds(source.text);
  return readHeadingPlan(source, {
    format: 'checklist',
    grammar: ids.grammar,
    phaseOf(text, level) {
      const free = /\((?:in )?parallel\s{0,3}(?:[,;][^)]{0,60})?\)/i.test(text);
      const named = phaseHeading(text);
      if (named) return { id: named.id, title: text.slice(named.rest).trim(), parallel: false, free, weak: !named.separated && named.rest < text.length };
      const other = level >= 2 ? stage.exec(text.slice(0, 500)) : null;
      return other ? { id: undefined, title: text.trim(), parallel: false, free } : undefined;
    },
    isId: (id) => ids.isId(id),
    isAside: (title, alone, inPhase) =>
      isCriteria(title) || (later.test(title) && !inPhase) || (/\bchecklist\b/i.test(title) && !ofWork.test(title) && !alone && !inPhase),
    namesTasks: true,
    boldPhases: true,
    emptyPhases: false,
    labels: false,
    isParallel: (line) => /^\[P\]|\[parallel(?::[^\]]{0,40})?\]|\(P\)$/i.test(line.title),
    sample: '- [ ] Title',
  });
}

/** How surely a file is a checklist: it has checkboxes, and what the native format asks for is not what it has. */
export function claimsChecklist({ text }: PlanSource): number {
  const boxes = text.match(/^[ \t]{0,12}(?:[-*+]|\d{1,4}[.)])[ \t]{1,4}\[[^\]\n]\][ \t]/gm)?.length ?? 0;
  if (boxes === 0) return 0;
  if (/\*\*VERIFY\b|^[*_]{0,2}(?:execution notes?|pipeline-start)\b|\[(?:SEQUENTIAL|PARALLEL)\]|\(depends: /im.test(text)) return 0;
  const numbered = text.match(/^[ \t]{0,12}(?:[-*+]|\d{1,4}[.)])[ \t]{1,4}\[[^\]\n]\][ \t]{1,4}[*_`]{0,3}\d{1,4}\.\d{1,4}/gm)?.length ?? 0;
  const native = numbered * 5 >= boxes && /^#{2,4}[ \t].{0,8}\bPhase \d/im.test(text);
  return native ? 0 : 3;
}
