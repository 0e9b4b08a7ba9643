/** OpenSpec: `## 1. Group` and `- [ ] 1.1 Title`, in file order. */
import type { PlanDocument } from '../model/plan-document.js';
import { readHeadingPlan } from './heading-plan.js';
import { numberedId } from './ids.js';
import { phaseHeading } from './phase-heading.js';
import { isChecklist } from './phase-names.js';
import type { PlanSource } from './source.js';

/** Reads an OpenSpec `tasks.md`. Checkboxes without a number are tasks too, as they are for the tool itself. */
export function readOpenSpec(source: PlanSource): PlanDocument {
  return readHeadingPlan(source, {
    format: 'openspec',
    grammar: numberedId,
    phaseOf(text, level) {
      const free = /\((?:in )?parallel\s{0,3}(?:[,;][^)]{0,60})?\)/i.test(text);
      const named = phaseHeading(text);
      if (named && (named.separated || named.rest >= text.length))
        return { id: named.id, title: text.slice(named.rest).trim(), parallel: false, free };
      const task = level === 2 ? /^task\s{1,3}(\d{1,4}(?:\.\d{1,4}){0,3}[a-z]?)\s{0,3}[:：.–—-]\s{0,3}(\S.*)$/i.exec(text) : null;
      if (task) return { id: task[1] ?? '', title: (task[2] ?? '').trim(), parallel: false, free };
      const numbered = /^[^\p{L}\p{N}]{0,8}(\d{1,4}[a-z]?)(?:[.)：:]|\s[-–—·•|])?\s{1,3}(\S.*)$/u.exec(text);
      if (!numbered || level < 2 || /^\d{4}$/.test(numbered[1] ?? '')) return undefined;
      return { id: (numbered[1] ?? '').replace(/^0+(?=\d)/, ''), title: (numbered[2] ?? '').trim(), parallel: false, free };
    },
    isId: (id, following) => id.includes('.') || id.startsWith('T') || /^[.):]/.test(following.replace(/^[*_`]+/, '')),
    isAside: (title, alone) => !alone && isChecklist(title),
    namesTasks: true,
    boldPhases: false,
    emptyPhases: false,
    labels: false,
    isParallel: (line) => /^\[P\]|\[parallel(?::[^\]]{0,40})?\]/i.test(line.title),
    sample: '- [ ] 1.1 Title',
  });
}

/** How surely a file is OpenSpec's. */
export function claimsOpenSpec(source: PlanSource): number {
  if (/(?:^|\/)openspec\/changes\/.*tasks\.md$/.test(source.path)) return 12;
  const groups = source.text.match(/^## \d{1,3}\.? \S/gm)?.length ?? 0;
  const tasks = source.text.match(/^[ \t]{0,8}[-*+] \[[ xX]\] (?:\*\*)?\d{1,3}\.\d{1,3}/gm)?.length ?? 0;
  return groups > 0 && tasks > 0 && !/^#{2,3} .{0,8}Phase \d/m.test(source.text) ? 3 : 0;
}
