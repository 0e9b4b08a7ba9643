import { assert } from '../base/assert.js';
import type { DocumentVerify, PlanFormat, TaskSize } from './plan-document.js';
import { planOf } from './ids.js';
import type { LocalTaskId, NodeId, PhaseId, PlanId, TaskId } from './ids.js';

/** The manifest and its plans, resolved and valid. Plain data (it is the first event of the journal); never changes during a run. */
export interface Orchestration {
  /** Manifest path relative to the repository's top, POSIX. */
  readonly manifest: string;
  /** SHA-256 over what is structural: plans, branches, phases, tasks, dependencies. Limits, policies and commands do not count. */
  readonly digest: string;
  /** The ref that plans land in, as the user named it: `main`, `origin/main`. */
  readonly target: string;
  /** In manifest order. */
  readonly plans: readonly Plan[];
  readonly settings: Settings;
}

export interface Plan {
  readonly id: PlanId;
  /** Path of its file relative to the repository's top, POSIX. */
  readonly file: string;
  /** SHA-256 of the file's bytes. */
  readonly fileDigest: string;
  readonly format: PlanFormat;
  readonly title: string;
  readonly goal: string;
  /** Short branch name, such as `feature/auth`. */
  readonly branch: string;
  /** Greater is sooner: low 25, medium 50, high 75, critical 100, or the user's own number. */
  readonly priority: number;
  /** What holds back the plan's first tasks: node ids of other plans. */
  readonly depends: readonly NodeId[];
  readonly phases: readonly Phase[];
  /** Kiro's waves, by local ids; when present they order the plan's tasks instead of the phases. */
  readonly waves?: readonly (readonly LocalTaskId[])[];
}

export interface Phase {
  readonly id: PhaseId;
  readonly title: string;
  readonly parallel: boolean;
  readonly order: 'free' | 'file';
  /** From the file: of the own plan (replaces "waits for the phase before") . `undefined` when not stated. */
  readonly after?: readonly NodeId[];
  /** Of other plans, from the file or the manifest: adds, never loosens. */
  readonly depends: readonly NodeId[];
  readonly pipelineStart?: { readonly when: TaskId } | { readonly percent: number };
  readonly sequences: readonly (readonly LocalTaskId[])[];
  readonly tasks: readonly Task[];
  readonly verifies: readonly DocumentVerify[];
}

export interface Task {
  readonly id: TaskId;
  readonly title: string;
  readonly line: number;
  /** Ticked in the file when the run began: not run. */
  readonly done: boolean;
  readonly kind: 'task' | 'verify';
  readonly group: readonly string[];
  readonly body: string;
  readonly script?: string;
  /** From the file: tasks and phases of the own plan. `undefined` when not stated: the phase's rule holds. */
  readonly after?: readonly NodeId[];
  /** Of other plans, from the file or the manifest, and manifest additions of the own plan: adds, never loosens. */
  readonly depends: readonly NodeId[];
  readonly parallel: boolean;
  /** Files, directories (ending in `/`) and globs it is expected to write, waived ones left out. */
  readonly files: readonly string[];
  readonly size?: TaskSize;
  readonly estimateSeconds?: number;
  readonly uses: Readonly<Record<string, number>>;
  readonly changesNothing: boolean;
}

/** Everything that may be read anew on resume: how, how fast and how far, never what. */
export interface Settings {
  readonly limits: Limits;
  readonly landing: LandingSettings;
  readonly features: Features;
  /** Features that one plan switches otherwise than the rest; absent: none does. */
  readonly planFeatures?: Readonly<Record<PlanId, Partial<Features>>>;
  /** `serialise`: tasks of different plans that would write the same file exclude one another. Absent: `report`. */
  readonly crossPlanFiles?: 'report' | 'serialise';
  /** How a task is carried out, by task where it differs from its plan, by plan, and the default under ''. */
  readonly execution: Readonly<Record<string, Execution>>;
  /** Shell command run once in each new worktree. */
  readonly setup?: string;
  /** Ignored files copied from the main worktree into each new one. */
  readonly copy: readonly string[];
  /** Shell command run on each candidate before it lands. */
  readonly verify?: string;
  /** Digest of the caller's variables that a verify's answer hangs on (PATH, locale, …): a result counts for these only. */
  readonly verifyEnvironment?: string;
  /** Per plan: run on its branch before it counts as complete. */
  readonly planVerify: Readonly<Record<PlanId, string>>;
  /** Folder that holds the worktrees; relative to the repository's top. */
  readonly worktrees?: string;
  readonly failFast: boolean;
  /** How many attempts of one plan run side by side at most; 1 is a chain. */
  readonly perPlan: number;
  /** Names or patterns of environment variables whose values are masked wherever they would be shown. */
  readonly secrets: readonly string[];
  readonly commit: { readonly hooks: boolean };
  /** Most that agents may cost, by plan and by task, over all attempts; absent: no limit. */
  readonly budgets?: Readonly<Record<string, number>>;
  /** Texts of the user's own prompt templates, valid; absent: the shipped ones. */
  readonly prompts?: { readonly task?: string; readonly verify?: string };
}

export interface Limits {
  /** Attempts at once, over all plans. */
  readonly tasks: number;
  /** Plans with work under way at once; `undefined` is unlimited. */
  readonly plans?: number;
  readonly memoryBytes?: number;
  /** Nothing is added to what runs while the machine's load average of one minute is above it; absent: the load does not count. */
  readonly load?: number;
  /** Capacity of named pools. A pool that tasks use and that is not named here has capacity 1. */
  readonly pools: Readonly<Record<string, number>>;
  readonly cost?: { readonly amount: number; readonly currency: string };
  /** Local wall-clock time `HH:MM` after which nothing starts. */
  readonly until?: string;
  /** What becomes of attempts that still run then: they may end (also when absent), or are stopped, their work kept, and run again next time. */
  readonly overrun?: 'finish' | 'stop';
}

export interface LandingSettings {
  readonly mode: 'all-or-nothing' | 'each' | 'manual';
  readonly strategy: 'merge' | 'squash' | 'rebase' | 'ff-only';
  readonly onConflict: 'stop' | 'skip' | 'ours' | 'theirs' | 'agent' | 'command';
  /** The command of `onConflict: command`. */
  readonly conflictCommand?: string;
  readonly onFailure: 'hold' | 'land-rest';
  readonly approve: 'auto' | 'ask';
  readonly push: boolean;
  /** Open pull requests instead of moving the target. */
  readonly pullRequests: boolean;
  /** Message template of a landing commit; see docs/manifest.md for its fields. */
  readonly message?: string;
  /** How many candidates are verified ahead at most; 1 is one after another. */
  readonly speculation: number;
  readonly deleteBranches: boolean;
}

/** Stages that can be switched off alone, down to one plan, one task, phase after phase. */
export interface Features {
  readonly multiPlanOrchestration: boolean;
  readonly gitWorktrees: boolean;
  readonly taskDependencyGraph: boolean;
  readonly parallelTasks: boolean;
  readonly autoFileConflictDetection: boolean;
  readonly pipelinePhaseOverlap: boolean;
  readonly backgroundVerify: boolean;
  readonly adaptiveLimits: boolean;
  readonly radar: boolean;
  readonly speculation: boolean;
}

/** How one task is carried out. */
export interface Execution {
  readonly executor: ExecutorSettings;
  /** Seconds; `undefined` is no limit. */
  readonly timeoutSeconds?: number;
  /** Seconds without output after which an attempt counts as stuck. */
  readonly stuckSeconds: number;
  /** Further attempts after the first one failed. */
  readonly retries: number;
  /** Extra environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Wrapper put before the argv, such as `[bwrap, …]`. */
  readonly sandbox?: readonly string[];
}

export type ExecutorSettings =
  | { readonly kind: 'shell'; /** Used where the task has no `sh` block. */ readonly shell?: string }
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly prompt: 'stdin' | 'file'; readonly result?: 'json'; readonly returns?: 'files' }
  | { readonly kind: 'manual' }
  | {
      readonly kind: 'agent';
      readonly agent: string;
      readonly model?: string;
      readonly fallback?: string;
      readonly maxTurns?: number;
      readonly budget?: number;
      readonly returns?: 'files';
      readonly options: Readonly<Record<string, unknown>>;
    };

/** How a task or verify is carried out: its own settings, else its plan's, else the default. */
export function executionOf(settings: Settings, node: NodeId): Execution {
  const { execution } = settings;
  const found = own(execution, node) ?? own(execution, planOf(node)) ?? own(execution, '');
  assert(found !== undefined, `no execution settings for ${node}`);
  return found;
}

/** The features as one plan has them. */
export function featuresOf(settings: Settings, plan: PlanId): Features {
  const differing = settings.planFeatures === undefined ? undefined : own(settings.planFeatures, plan);
  return differing === undefined ? settings.features : { ...settings.features, ...differing };
}

/** A record's own value: names such as `constructor` are plan ids like any other. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
