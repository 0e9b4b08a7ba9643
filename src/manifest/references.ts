/** Names of things that can be waited for → node ids, with the name that was probably meant where there is no such thing. */

import { nearestName } from '../base/text.js';
import type { LocalTaskId, NodeId, PhaseId, PlanId } from '../model/ids.js';
import { phaseNode, taskId } from '../model/ids.js';
import type { PlanDocument, Reference } from '../model/plan-document.js';

/** What a plan offers to be waited for. */
export interface PlanNames {
  readonly phases: ReadonlySet<PhaseId>;
  readonly tasks: ReadonlySet<LocalTaskId>;
  /** Tasks below an id that is no task itself: `2.1` of `2.1.1` and `2.1.2`. */
  readonly groups: ReadonlyMap<LocalTaskId, readonly LocalTaskId[]>;
}

/** The node ids that a name stands for, or what is wrong with it. */
export type Resolution = { readonly nodes: readonly NodeId[]; readonly plan: PlanId } | { readonly code: string; readonly message: string; readonly hint?: string };

/** The names of a plan file. */
export function namesOf(document: PlanDocument): PlanNames {
  const tasks = new Set<LocalTaskId>();
  const groups = new Map<LocalTaskId, LocalTaskId[]>();
  for (const phase of document.phases) for (const task of phase.tasks) tasks.add(task.id);
  for (const id of tasks) {
    for (let dot = id.lastIndexOf('.'); dot > 0; dot = id.lastIndexOf('.', dot - 1)) {
      const parent = id.slice(0, dot);
      if (tasks.has(parent)) continue;
      const members = groups.get(parent);
      if (members === undefined) groups.set(parent, [id]);
      else members.push(id);
    }
  }
  return { phases: new Set(document.phases.map((phase) => phase.id)), tasks, groups };
}

/** Resolves names over all plans of an orchestration. */
export class References {
  private readonly plans: ReadonlyMap<PlanId, PlanNames>;
  private readonly unread: ReadonlySet<PlanId>;

  /** `unread` plans are named in the manifest, but their files could not be read: nothing is said about what they hold. */
  constructor(plans: ReadonlyMap<PlanId, PlanNames>, unread: ReadonlySet<PlanId>) {
    this.plans = plans;
    this.unread = unread;
  }

  /** A name as the manifest writes it. `own` is the plan whose phases and tasks may be named without it; undefined where none may. */
  named(text: string, own: PlanId | undefined): Resolution {
    const names = own === undefined ? undefined : this.plans.get(own);
    if (own !== undefined && names !== undefined) {
      if (names.tasks.has(text) || names.groups.has(text)) return this.task(own, text);
      const phase = /^phase(.+)$/.exec(text)?.[1];
      if (phase !== undefined) return this.phase(own, phase);
    }
    if (this.plans.has(text)) return { nodes: [text], plan: text };
    const dot = text.indexOf('.');
    const plan = dot < 0 ? text : text.slice(0, dot);
    if (!this.plans.has(plan)) {
      if (own !== undefined && /^\d/.test(text)) return this.task(own, text);
      return this.unknownPlan(plan, dot < 0 ? '' : text.slice(dot));
    }
    const rest = text.slice(dot + 1);
    if (rest === 'landed') return { nodes: [text], plan };
    const phase = /^phase(.+)$/.exec(rest)?.[1];
    return phase === undefined ? this.task(plan, rest) : this.phase(plan, phase);
  }

  /** A reference as a plan file writes it, inside the plan `own`. */
  referred(reference: Reference, own: PlanId): Resolution {
    const plan = reference.plan ?? own;
    if (!this.plans.has(plan)) return this.unknownPlan(plan, reference.text.slice(plan.length));
    switch (reference.to.kind) {
      case 'task':
        return this.task(plan, reference.to.id);
      case 'phase':
        return this.phase(plan, reference.to.id);
      case 'plan':
        return { nodes: [plan], plan };
      case 'landed':
        return { nodes: [`${plan}.landed`], plan };
    }
  }

  private task(plan: PlanId, id: LocalTaskId): Resolution {
    const names = this.plans.get(plan);
    if (names?.tasks.has(id) === true) return { nodes: [taskId(plan, id)], plan };
    const members = names?.groups.get(id);
    if (members !== undefined) return { nodes: members.map((member) => taskId(plan, member)), plan };
    const near = nearestName(id, names?.tasks ?? []) ?? nearestName(id, [...(names?.phases ?? [])].map((phase) => `phase${phase}`));
    return { code: 'unknown-task', message: `plan ${plan} has no task \`${id}\``, ...hintFor(near === undefined ? undefined : `${plan}.${near}`) };
  }

  private phase(plan: PlanId, id: PhaseId): Resolution {
    const phases = this.plans.get(plan)?.phases;
    if (phases?.has(id) === true) return { nodes: [phaseNode(plan, id)], plan };
    const known = [...(phases ?? [])].map((phase) => `phase${phase}`);
    const message = `plan ${plan} has no phase \`${id}\``;
    if (known.length > 0 && known.length <= 10) return { code: 'unknown-phase', message, hint: `it has ${known.join(', ')}` };
    const near = nearestName(`phase${id}`, known);
    return { code: 'unknown-phase', message, ...hintFor(near === undefined ? undefined : `${plan}.${near}`) };
  }

  private unknownPlan(plan: PlanId, rest: string): Resolution {
    if (this.unread.has(plan)) return { nodes: [], plan };
    const near = nearestName(plan, this.plans.keys());
    return { code: 'unknown-plan', message: `there is no plan \`${plan}\``, ...hintFor(near === undefined ? undefined : `${near}${rest}`) };
  }
}

function hintFor(near: string | undefined): { hint?: string } {
  return near === undefined ? {} : { hint: `did you mean \`${near}\`?` };
}
