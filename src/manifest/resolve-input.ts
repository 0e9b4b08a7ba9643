/** What resolving starts from: everything that was read, with its places. */

import type { LearnedSeconds } from '../graph/estimate.js';
import type { Diagnostic, Failure, SourcePlace } from '../model/failure.js';
import type { PlanId } from '../model/ids.js';
import type { Settings } from '../model/orchestration.js';
import type { PlanDocument } from '../model/plan-document.js';
import type { Layers } from './parse-settings.js';
import type { References } from './references.js';
import type { FrontMatter, PlanEntry, SettingsLayer } from './schema.js';
import type { Path } from './source.js';

/** A plan file that was read, and what is said of it. */
export interface PlanInput {
  readonly id: PlanId;
  /** The manifest's entry; undefined for plans that an `include` found, or that came alone. */
  readonly entry?: PlanEntry;
  /** Relative to the repository's top, POSIX. */
  readonly file: string;
  /** As the user would type it. */
  readonly shown: string;
  readonly text: string;
  readonly digest: string;
  readonly document: PlanDocument;
  readonly frontMatter?: { readonly value: FrontMatter; readonly placeOf: (path: Path) => SourcePlace };
}

/** Everything that was read. */
export interface ResolveInput {
  /** Path relative to the repository's top, POSIX. */
  readonly manifest: string;
  /** The same as the user would type it. */
  readonly typed: string;
  readonly plans: readonly PlanInput[];
  /** Plans that the manifest names and whose files could not be read; that failure is known already. */
  readonly unread: ReadonlySet<PlanId>;
  readonly layers: Layers;
  /** The branch to land in, once all layers were asked; undefined where none was named and none is checked out. */
  readonly target: string | undefined;
  /** Where the manifest says something; undefined for flags and for a plan that came alone. */
  readonly placeOf: (path: Path) => SourcePlace | undefined;
  readonly placeOfKey: (path: Path, key: string) => SourcePlace | undefined;
  /** Local branches that exist. */
  readonly branches: readonly string[];
  readonly cores: number;
  /** Digest of the variables that the answer of a verify hangs on. */
  readonly verifyEnvironment: string;
  readonly learned?: LearnedSeconds;
  /** Texts of the user's own prompt templates, checked; absent: none is named. */
  readonly prompts?: Settings['prompts'];
  /** Names of other plans in a plan file are remarks, not mistakes: the plan came alone. */
  readonly alone: boolean;
}

/** A diagnostic with its file. */
export interface PlacedDiagnostic extends Diagnostic {
  readonly file: string;
  /** The line's text, where it could be had. */
  readonly source?: string;
}

/** What is handed down while one orchestration is resolved. */
export interface Resolving {
  readonly input: ResolveInput;
  readonly references: References;
  readonly fail: (failure: Failure) => void;
  readonly remark: (diagnostic: PlacedDiagnostic) => void;
  /** Where a dependency was stated, by `waiter named`: for the cycle that it may be part of. */
  readonly places: Map<string, SourcePlace>;
  /** True with `landing.mode: each`: only then can `A.landed` be waited for. */
  readonly landsEach: boolean;
  /** `defaults` of all layers, merged. */
  readonly defaults: NonNullable<SettingsLayer['defaults']>;
}
