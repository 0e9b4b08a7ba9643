/** spec-kit: `- [ ] T012 [P] [US1] Title in src/models/user.py` under `## Phase 3: User Story 1 …`. */
import type { PlanDocument } from '../model/plan-document.js';
import { readHeadingPlan } from './heading-plan.js';
import { specKitId } from './ids.js';
import { phaseHeading } from './phase-heading.js';
import { isChecklist } from './phase-names.js';
import type { PlanSource } from './source.js';

/** Reads a spec-kit `tasks.md`. User stories are independent of one another: their phases open together. */
export function readSpecKit(source: PlanSource): PlanDocument {
  return readHeadingPlan(source, {
    format: 'spec-kit',
    grammar: specKitId,
    phaseOf(text) {
      const named = phaseHeading(text);
      if (named) return { ...phase(named.id, text.slice(named.rest)), weak: !named.separated && named.rest < text.length };
      const unnumbered = /^[^\p{L}]{0,8}(?:final\s{1,3}phase|phase\s{1,3}(?:N|X|final))\s{0,3}[:：–—-]\s{0,3}(.*)$/iu.exec(
        text.slice(0, 500),
      );
      return unnumbered ? phase(undefined, unnumbered[1] ?? '') : undefined;
    },
    isId: (id) => /\d/.test(id),
    isAside: isChecklist,
    namesTasks: false,
    boldPhases: false,
    emptyPhases: true,
    labels: true,
    isParallel: (line) => line.labels.includes('P'),
    sample: '- [ ] T001 Title',
  });
}

function phase(id: string | undefined, title: string): { id: string | undefined; title: string; parallel: boolean } {
  return { id, title: title.trim(), parallel: /\buser\s{1,3}stor(?:y|ies)\b|\bUS-?\d/i.test(title) };
}

/** How surely a file is spec-kit's. */
export function claimsSpecKit(source: PlanSource): number {
  const ids = source.text.match(/^[ \t]{0,8}[-*+] (?:\[[^\]\n]\] )?(?:\*\*|\[)?T-?\d{2,4}[a-z]?\b/gm)?.length ?? 0;
  const path = /(?:^|\/)specs\/[^/]+\/tasks\.md$/.test(source.path) ? 1 : 0;
  return ids === 0 ? path * 2 : ids >= 3 ? 8 + path : 4 + path;
}
