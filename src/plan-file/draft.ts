/** A plan on its way from text to document: tasks and phases as found, dependencies not yet looked up. */
import type { LocalTaskId, PhaseId } from '../model/ids.js';
import type { DocumentVerify, FileMention, PlanDocument, PlanFormat, TaskSize } from '../model/plan-document.js';
import type { IdGrammar } from './ids.js';

/** A list of dependencies as written, with the file offset of its first character. */
export interface StatedList {
  readonly text: string;
  readonly offset: number;
  /** It is a dependency only if all it names are tasks: `needs 3.11` may speak of a version. */
  readonly ifKnown?: boolean;
}

/** A task or a parent of tasks. */
export interface DraftTask {
  id: LocalTaskId;
  /** Another name that dependencies may use; absent for most. */
  readonly alias?: string | undefined;
  readonly title: string;
  /** File offsets of the id (or the title). */
  readonly offset: number;
  readonly endOffset: number;
  readonly done: boolean;
  readonly checkbox: number | undefined;
  readonly kind: 'task' | 'verify';
  readonly group: readonly string[];
  body: string;
  script: string | undefined;
  readonly parallel: boolean;
  readonly optional: boolean;
  readonly files: FileMention[];
  readonly size: TaskSize | undefined;
  readonly estimateSeconds: number | undefined;
  readonly uses: Readonly<Record<string, number>>;
  readonly changesNothing: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly retries: number | undefined;
  /** Every list of dependencies it states; none is not the same as an empty one. */
  readonly depends: StatedList[];
  /** Marked `[SEQUENTIAL]` on its own line. */
  readonly sequential: boolean;
  readonly parent: DraftTask | undefined;
  readonly children: DraftTask[];
  readonly phase: DraftPhase;
}

/** A phase as found. */
export interface DraftPhase {
  id: PhaseId;
  readonly title: string;
  readonly offset: number;
  readonly endOffset: number;
  parallel: boolean;
  order: 'free' | 'file';
  readonly depends: StatedList[];
  pipelineStart: StatedList | undefined;
  /** Tasks and parents in file order. */
  readonly tasks: DraftTask[];
  readonly verifies: DocumentVerify[];
}

/** A heading that stands for the tasks below it: `### 2.1 Heading`. */
export interface DraftGroup {
  readonly id: string;
  readonly tasks: DraftTask[];
}

/** Tasks or phases that a note orders. */
export interface DraftNote {
  readonly what: 'tasks' | 'phases' | 'here';
  readonly mode: 'SEQUENTIAL' | 'PARALLEL';
  readonly list: StatedList;
  /** The phase under which the note stands. */
  readonly phase: DraftPhase | undefined;
}

/** A new phase without tasks. */
export function draftPhase(id: PhaseId, title: string, offset: number, endOffset: number, order: 'free' | 'file'): DraftPhase {
  return { id, title, offset, endOffset, parallel: false, order, depends: [], pipelineStart: undefined, tasks: [], verifies: [] };
}

/** Everything that a reader found in a file. */
export interface Draft {
  readonly format: PlanFormat;
  readonly title: string;
  readonly goal: string | undefined;
  readonly overview: PlanDocument['overview'];
  readonly frontMatter: PlanDocument['frontMatter'];
  readonly suggestions: PlanDocument['suggestions'];
  readonly phases: readonly DraftPhase[];
  readonly groups: readonly DraftGroup[];
  readonly notes: readonly DraftNote[];
  readonly waves: readonly (readonly string[])[] | undefined;
  readonly grammar: IdGrammar;
}
