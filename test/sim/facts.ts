/** What a journal tells, remembered by simple means for the invariants. */
import type { Event } from '../../src/model/event.js';
import type { CommitId, NodeId, PlanId } from '../../src/model/ids.js';

export class Facts {
  readonly committed = new Set<NodeId>();
  readonly skipped = new Set<NodeId>();
  readonly landed = new Set<PlanId>();
  /** Commits by what was published. */
  readonly published = new Map<string, CommitId>();
  readonly requests = new Set<string>();
  /** Effects that were announced, with the entry that did. */
  readonly intents = new Map<string, number>();
  /** Settings were changed; tasks have other ids than before. */
  resettled = false;
  renumbered = false;
  /** Work that others may have built on was asked for again, or taken back out of the target. */
  reworked = false;

  copy(): Facts {
    const copy = new Facts();
    for (const name of ['committed', 'skipped', 'landed', 'requests'] as const) for (const one of this[name]) copy[name].add(one);
    for (const [intent, seq] of this.intents) copy.intents.set(intent, seq);
    for (const [name, commit] of this.published) copy.published.set(name, commit);
    copy.resettled = this.resettled;
    copy.renumbered = this.renumbered;
    copy.reworked = this.reworked;
    return copy;
  }

  learn(event: Event, seq: number, request: string | undefined): void {
    if (request !== undefined) this.requests.add(request);
    const intent = intentOf(event);
    if (intent !== undefined && !this.intents.has(intent)) this.intents.set(intent, seq);
    switch (event.kind) {
      case 'task.committed':
        this.committed.add(event.node);
        return;
      case 'retry.requested':
        for (const node of event.nodes) {
          if (this.committed.has(node)) this.reworked = true;
          this.committed.delete(node);
          this.skipped.delete(node);
        }
        return;
      case 'skip.requested':
        for (const node of event.nodes) this.skipped.add(node);
        return;
      case 'mark.requested':
        if (event.as === 'skipped') this.skipped.add(event.node);
        return;
      case 'target.advanced':
        for (const plan of event.plans) this.landed.add(plan);
        return;
      case 'target.undone':
        for (const plan of event.plans ?? []) this.landed.delete(plan);
        this.reworked = true;
        return;
      case 'phase.published':
        this.published.set(publicationOf(event), event.commit);
        return;
      case 'settings.changed':
        this.resettled = true;
        return;
      case 'run.replanned':
        return this.replanned(event.carried);
      default:
        return;
    }
  }

  private replanned(carried: Readonly<Record<NodeId, NodeId>>): void {
    for (const known of [this.committed, this.skipped]) {
      const kept = [...known].flatMap((node) => carried[node] ?? []);
      known.clear();
      for (const node of kept) known.add(node);
    }
    if (Object.entries(carried).some(([before, after]) => before !== after)) this.renumbered = true;
  }
}

/** The name of a generation of a phase. */
export function publicationOf({ plan, phase, generation }: Extract<Event, { kind: 'phase.published' }>): string {
  return `${plan}.phase${phase}/${generation}`;
}

/** What an entry announces, or says of a branch's tip; undefined: nothing of this kind. */
function intentOf(event: Event): string | undefined {
  switch (event.kind) {
    case 'attempt.started':
      return `attempt ${event.node} ${event.attempt}`;
    case 'plan.opening':
    case 'plan.integrating':
      return `tip ${event.plan} ${event.to}`;
    case 'plan.advanced':
      return `tip ${event.plan} ${event.tip}`;
    case 'commit.prepared':
      return `tip ${event.node.split('.')[0]} ${event.to}`;
    case 'target.advancing':
      return `target ${event.from} ${event.to}`;
    default:
      return undefined;
  }
}
