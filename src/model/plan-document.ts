import type { Diagnostic, Place } from './failure.js';
import type { LocalTaskId, PhaseId, PlanId } from './ids.js';

/** A plan file as read: what it states, with places, before anything is resolved against other plans. */
export interface PlanDocument {
  readonly format: PlanFormat;
  /** '' when the file has no title. */
  readonly title: string;
  /** The `Goal` of the overview, for people and for prompts. */
  readonly goal?: string;
  /** Bullets of the overview, shown and never executed. */
  readonly overview: readonly { readonly key: string; readonly value: string }[];
  /** YAML between the leading `---` lines, as text; `line` is the file line on which it begins. Read by manifest/. */
  readonly frontMatter?: { readonly text: string; readonly line: number };
  readonly phases: readonly DocumentPhase[];
  /** Kiro's waves: when present they, not the phases, say what waits for what. Every leaf task is in one. */
  readonly waves?: readonly (readonly LocalTaskId[])[];
  /** Prose such as `### Upstream - **auth.md** (must be complete)`: suggested, never obeyed. */
  readonly suggestions: readonly { readonly file: string; readonly text: string; readonly place: Place }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `checklist`: checkboxes under any headings, mostly without ids, as people write PLAN.md and TODO.md. */
export type PlanFormat = 'native' | 'spec-kit' | 'kiro' | 'openspec' | 'superpowers' | 'taskmaster' | 'checklist';

export interface DocumentPhase {
  /** The number in its heading, else its ordinal from 1. */
  readonly id: PhaseId;
  readonly title: string;
  readonly place: Place;
  /** Marked `[PARALLEL]`, by heading or note: neighbours so marked open together as one group. */
  readonly parallel: boolean;
  /** `free`: tasks may run side by side. `file`: in file order, but for neighbours marked parallel. */
  readonly order: 'free' | 'file';
  /** `(depends: …)` of the heading. `undefined` when not stated: then the phase waits for the one before. */
  readonly depends?: readonly Reference[];
  /** The phase opens early: when a task of the plan completes, or when this share (0–100) of the phase before is done. */
  readonly pipelineStart?: { readonly when: Reference } | { readonly percent: number; readonly place: Place };
  /** Chains of tasks that must run one after another in the order given, from `[SEQUENTIAL]` notes. */
  readonly sequences: readonly (readonly LocalTaskId[])[];
  /** Leaf tasks in file order. A parent with subtasks is not a task; its text is in `group` of its leaves. */
  readonly tasks: readonly DocumentTask[];
  /** `**VERIFY Phase N:**` blocks bound to this phase. */
  readonly verifies: readonly DocumentVerify[];
}

export interface DocumentTask {
  readonly id: LocalTaskId;
  readonly title: string;
  /** Of the id (or of the title, where the format has no ids). */
  readonly place: Place;
  readonly done: boolean;
  /** UTF-16 offset in the file's text (BOM included) of the character between the brackets; absent without a checkbox. */
  readonly checkbox?: number;
  readonly kind: 'task' | 'verify';
  /** Parents' titles and group headings above it, outermost first. */
  readonly group: readonly string[];
  /** Markdown of the sub-bullets and paragraphs that belong to it, dedented; '' when none. */
  readonly body: string;
  /** The fenced `sh` block (sh, bash, shell) directly under the task: what the shell executor runs. */
  readonly script?: string;
  /** What the file states, ranges expanded; `undefined` when the task states nothing (then its phase's rule holds). */
  readonly depends?: readonly Reference[];
  /** spec-kit's `[P]`, cc-sdd's `(P)`: may run beside its neighbours in a phase of order `file`. */
  readonly parallel: boolean;
  readonly optional: boolean;
  /** Files, directories and globs that the task says it writes; `stated` tells an annotation from a guess out of the text. */
  readonly files: readonly FileMention[];
  readonly size?: TaskSize;
  readonly estimateSeconds?: number;
  /** Named pools with amounts: `(uses: db:2, gpu)`. */
  readonly uses: Readonly<Record<string, number>>;
  readonly changesNothing: boolean;
  readonly timeoutSeconds?: number;
  readonly retries?: number;
}

export type TaskSize = 'S' | 'M' | 'L' | 'XL';

export interface FileMention {
  /** POSIX path relative to the repository, or a glob, or a directory ending in `/`. */
  readonly path: string;
  readonly stated: boolean;
}

export interface DocumentVerify {
  readonly blocking: boolean;
  /** The fenced `sh` block under it; absent means criteria only. */
  readonly script?: string;
  readonly criteria: readonly string[];
  readonly place: Place;
}

/** What a `depends` names: `2.1`, `phase1`, `A.phase2`, `A.2.3`, `A`, `A.landed`. `plan` is absent for the own plan. */
export interface Reference {
  readonly text: string;
  readonly place: Place;
  readonly plan?: PlanId;
  /** The id that the file names where it is that of a parent or group, of which `to` is one leaf; absent where `to` is what is named. */
  readonly stated?: LocalTaskId;
  /** Stated by a parent of the task and not by the task itself. */
  readonly inherited?: true;
  readonly to: { readonly kind: 'task'; readonly id: LocalTaskId } | { readonly kind: 'phase'; readonly id: PhaseId } | { readonly kind: 'plan' } | { readonly kind: 'landed' };
}
