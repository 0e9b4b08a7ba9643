/** Reads a manifest or a single plan file, with everything that they name, and resolves it. */

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import { nearestName, neutralise, shorten } from '../base/text.js';
import type { LearnedSeconds } from '../graph/estimate.js';
import type { Failure, SourcePlace } from '../model/failure.js';
import type { PlanId } from '../model/ids.js';
import type { Orchestration } from '../model/orchestration.js';
import type { PlanDocument, PlanFormat } from '../model/plan-document.js';
import { tasksWithoutCommand } from './commandless.js';
import { verifyEnvironment } from './environment.js';
import { isEcho, plansAreUnknown, touches, unreadablePlans } from './follow-on.js';
import { layerOfManifest, mergeNotices, readLayers, type ManifestLayer, type ReadLayers } from './layers.js';
import { byPlace, parseManifest } from './parse-manifest.js';
import { PlanInputs, type PlanReader, type PlanRequest } from './plan-inputs.js';
import { readPrompts } from './prompt-templates.js';
import { targetNameProblem } from './ref-name.js';
import { RepositoryFiles } from './repository-files.js';
import { resolve, type Resolution, type Resolved } from './resolve.js';
import type { PlacedDiagnostic, PlanInput, ResolveInput } from './resolve-input.js';
import type { NotifyEntry } from './schema.js';
import { maxManifestBytes, type Path, type SourceDocument } from './source.js';

/** Something that is in a run's way, and the setting that would have to be another: its place is added where a file states it. */
export interface Obstacle {
  readonly failure: Failure;
  readonly setting: Path;
}

/** What loading stands on: where the command was given, and what is known of the repository. */
export interface LoadOptions {
  /** Absolute path of the top of the worktree. */
  readonly repositoryTop: string;
  /** Absolute; paths are shown relative to it. */
  readonly cwd: string;
  /** Shaped like `.planrc.yml`: `{ target?, defaults?, limits?, landing?, features?, secrets? }`. Wins over everything. */
  readonly flags?: unknown;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The branch that is checked out here; undefined when HEAD is detached. */
  readonly currentBranch?: string;
  /** Local branches that exist. */
  readonly branches?: readonly string[];
  /** True when the target exists. Absent: not asked. */
  readonly hasTarget?: (target: string) => Promise<boolean>;
  /** What in the repository or on the disk is in the way of an orchestration, before anything is touched. Absent: not asked. */
  readonly obstacles?: (orchestration: Orchestration) => Promise<readonly Obstacle[]>;
  /** Warnings count as errors. */
  readonly strict?: boolean;
  /** The machine's processors; asked of the system when absent. */
  readonly cores?: number;
  /** Seconds that tasks took in earlier runs. */
  readonly learned?: LearnedSeconds;
  /** Another reader of plan files, for tests. */
  readonly readPlans?: PlanReader;
}

/** An orchestration with all that it was made from. */
export interface Loaded extends Resolved {
  readonly documents: ReadonlyMap<PlanId, PlanDocument>;
  /** Files that were read, relative to the repository's top: the manifest (none for a single plan), the plan files. */
  readonly files: readonly string[];
  /** Absolute paths of all files that it was read from, but for settings; undefined where folders were searched, too. */
  readonly inputs: readonly string[] | undefined;
  /** Who is told how it goes; absent: nobody. Kept out of the settings, for those are journalled. */
  readonly notify?: NotifyEntry;
}

const maxFailures = 200;

/** Loads a manifest; `manifestPath` is absolute or relative to `cwd`. */
export async function loadOrchestration(options: LoadOptions & { readonly manifestPath: string }): Promise<Result<Loaded, readonly Failure[]>> {
  return new Loader(options).manifest(options.manifestPath);
}

/** Loads one plan file as an orchestration of its own; `planPath` is absolute or relative to `cwd`. */
export async function loadPlan(options: LoadOptions & { readonly planPath: string; readonly format?: PlanFormat; readonly tag?: string }): Promise<Result<Loaded, readonly Failure[]>> {
  return new Loader(options).single(options.planPath, options);
}

/** Who is told what by `.planrc.yml`, for commands that are about no manifest in particular; undefined: nobody. */
export async function loadNotices(options: Pick<LoadOptions, 'repositoryTop' | 'cwd' | 'environment'>): Promise<Result<NotifyEntry | undefined, readonly Failure[]>> {
  return new Loader(options).notices();
}

/** Everything that was read of a manifest or of a plan alone. */
interface Read {
  /** Absolute: the manifest, or the plan that came alone. */
  readonly absolute: string;
  /** Relative to the repository's top. */
  readonly manifest: string;
  readonly plans: readonly PlanInput[];
  readonly origins: ReadLayers;
  readonly document: SourceDocument | undefined;
  readonly alone: boolean;
  readonly unread: ReadonlySet<PlanId>;
  /** Parts of all files that are wrong and were left out. */
  readonly dropped: readonly Path[];
}

class Loader {
  private readonly options: LoadOptions;
  private readonly failures: Failure[] = [];
  private readonly remarks: PlacedDiagnostic[] = [];
  private readonly files: RepositoryFiles;
  private readonly inputs: PlanInputs;

  constructor(options: LoadOptions) {
    const fail = (failure: Failure): void => void this.failures.push(failure);
    const { repositoryTop, cwd, readPlans } = options;
    this.options = options;
    this.files = new RepositoryFiles(repositoryTop, cwd, fail);
    this.inputs = new PlanInputs({ repositoryTop, files: this.files, fail, remark: (remark) => void this.remarks.push(remark), ...(readPlans === undefined ? {} : { readPlans }) });
  }

  async manifest(manifestPath: string): Promise<Result<Loaded, readonly Failure[]>> {
    const absolute = path.resolve(this.options.cwd, manifestPath);
    const file = await this.files.locate(absolute, undefined);
    const text = file === undefined ? undefined : await this.files.read(absolute, undefined, maxManifestBytes);
    if (file === undefined || text === undefined) return err(this.failures);
    const { failures, sound } = parseManifest({ file: this.files.show(absolute), text });
    for (const failure of failures) this.failures.push(failure);
    if (sound === undefined || plansAreUnknown(sound.dropped)) return err(this.failures.slice(0, maxFailures));
    const { manifest, document } = sound;
    const folder = path.dirname(absolute);
    const origins = await this.layers(folder, { layer: layerOfManifest(manifest), document });
    const left = unreadablePlans(sound.dropped);
    const entries = Object.entries(manifest.plans ?? {}).filter(([id]) => !left.has(id));
    const plans = await this.inputs.ofManifest({ ...manifest, plans: Object.fromEntries(entries) }, document, folder);
    const read = new Set(plans.map((plan) => plan.id));
    const unread = new Set([...left, ...entries.flatMap(([id]) => (read.has(id) ? [] : [id]))]);
    return this.finish({ absolute, manifest: file, plans, origins, document, alone: false, unread, dropped: [...sound.dropped, ...origins.dropped] });
  }

  async single(planPath: string, about: { format?: PlanFormat; tag?: string }): Promise<Result<Loaded, readonly Failure[]>> {
    const absolute = path.resolve(this.options.cwd, planPath);
    const { format, tag } = about;
    const request: PlanRequest = { absolute, ...(format === undefined ? {} : { format }), ...(tag === undefined ? {} : { tag }) };
    const origins = await this.layers(path.dirname(absolute), { layer: {}, document: undefined });
    const plans = await this.inputs.ofFile(request);
    return this.finish({ absolute, manifest: plans[0]?.file ?? '', plans: plans.slice(0, 1), origins, document: undefined, alone: true, unread: new Set(), dropped: origins.dropped });
  }

  async notices(): Promise<Result<NotifyEntry | undefined, readonly Failure[]>> {
    const notices = mergeNotices((await this.layers(this.options.repositoryTop, { layer: {}, document: undefined })).layers);
    return this.failures.length > 0 ? err(this.failures) : ok(notices);
  }

  private layers(folder: string, manifest: ManifestLayer): Promise<ReadLayers> {
    return readLayers({ ...this.options, files: this.files, fail: (failure) => void this.failures.push(failure) }, folder, manifest);
  }

  private async finish(read: Read): Promise<Result<Loaded, readonly Failure[]>> {
    const { plans, origins } = read;
    const input = await this.input(read);
    const resolved = read.alone && plans.length === 0 ? undefined : resolve(input);
    this.failures.push(...(resolved?.failures ?? []).filter((failure) => !isEcho(failure, read.dropped)));
    if (resolved !== undefined) this.failures.push(...(await this.obstacles(resolved, read)));
    if (resolved?.resolved === undefined || this.failures.length > 0) {
      // Why there is no plan says more than that there is none.
      const unmatched = plans.length === 0 ? this.remarks.filter(({ code }) => code === 'include-without-match').map(failureOf) : [];
      const others = unmatched.length === 0 ? this.failures : this.failures.filter(({ code }) => code !== 'no-plans');
      return err(fileByFile([...unmatched, ...others]).slice(0, maxFailures));
    }
    // Who only looks at a file may mean to name an executor later.
    const idle = this.options.obstacles === undefined ? [] : tasksWithoutCommand(resolved.resolved.orchestration, plans);
    const diagnostics = [...this.remarks, ...resolved.resolved.diagnostics, ...idle];
    if (this.options.strict === true) {
      const errors = diagnostics.filter(({ severity }) => severity !== 'info').map(failureOf);
      if (errors.length > 0) return err(errors.slice(0, maxFailures));
    }
    const files = [...new Set([...(read.alone ? [] : [read.manifest]), ...plans.map((plan) => plan.file)])];
    const notify = mergeNotices(origins.layers);
    return ok({ ...resolved.resolved, diagnostics, ...(notify === undefined ? {} : { notify }), documents: new Map(plans.map((plan) => [plan.id, plan.document])), files, inputs: this.inputs.searched ? undefined : this.files.paths() });
  }

  private async input({ absolute, manifest, plans, origins, document, alone, unread, dropped }: Read): Promise<ResolveInput> {
    const { options } = this;
    const { layers } = origins;
    const target = layers.flags.target ?? layers.environment.target ?? layers.manifest.target ?? layers.rc.target ?? options.currentBranch;
    if (target !== undefined && !touches(dropped, ['target'])) await this.checkTarget(target, origins.placeOf(['target']));
    const placeOf = (at: Path): SourcePlace | undefined => document?.placeOf(at);
    const own = { prompts: layers.manifest.prompts, folder: path.dirname(absolute), placeOf };
    const prompts = await readPrompts([...(origins.prompts === undefined ? [] : [origins.prompts]), own], this.files, (failure) => void this.failures.push(failure));
    return {
      manifest,
      typed: this.files.show(absolute),
      plans,
      unread,
      layers,
      target,
      placeOf,
      placeOfKey: (at, key) => document?.placeOfKey(at, key),
      branches: options.branches ?? [],
      cores: options.cores ?? availableParallelism(),
      verifyEnvironment: verifyEnvironment(options.environment ?? {}),
      ...(options.learned === undefined ? {} : { learned: options.learned }),
      ...(prompts === undefined ? {} : { prompts }),
      alone,
    };
  }

  private async checkTarget(target: string, place: SourcePlace | undefined): Promise<void> {
    const { hasTarget, branches = [] } = this.options;
    if (hasTarget === undefined || targetNameProblem(target) !== undefined || (await hasTarget(target))) return;
    const near = nearestName(target, branches);
    const known = branches.length === 0 ? (this.options.branches === undefined ? '' : 'the repository has no commit yet: git commit --allow-empty -m start') : `there are ${shorten(neutralise(branches.slice(0, 5).join(', ')), 200)}${branches.length > 5 ? ', …' : ''}`;
    const hint = near === undefined ? known : `did you mean \`${near}\`?`;
    const message = `there is no branch \`${shorten(neutralise(target), 80)}\` to land in`;
    this.failures.push({ kind: 'input', code: 'unknown-target', message, ...(place === undefined ? {} : { place }), ...(hint === '' ? {} : { hint }) });
  }

  private async obstacles({ orchestration }: Resolution, { plans, origins, document, dropped }: Read): Promise<readonly Failure[]> {
    if (orchestration === undefined || this.options.obstacles === undefined) return [];
    const found = (await this.options.obstacles(orchestration)).filter(({ setting }) => !touches(dropped, setting));
    const said = new Set(this.failures.map(({ place }) => placeKey(place)));
    return found.flatMap(({ failure, setting }) => {
      const place = setting[0] === 'plans' ? placeOfPlan(setting, plans, document) : origins.placeOf(setting);
      // A branch whose name is wrong by itself is in the way of nothing more.
      if (setting[2] === 'branch' && place !== undefined && said.has(placeKey(place))) return [];
      return [place === undefined ? failure : { ...failure, place }];
    });
  }
}

function placeKey(place: SourcePlace | undefined): string {
  return `${place?.file}:${place?.line}:${place?.column}`;
}

/** Where a plan's entry, or a value of it, is stated: in the manifest, else in the plan file's front matter; else the plan's name, or its file. */
function placeOfPlan([, id, ...rest]: Path, plans: readonly PlanInput[], document: SourceDocument | undefined): SourcePlace | undefined {
  const plan = plans.find((each) => each.id === id);
  const [key] = rest;
  const states = (entry: object | undefined): boolean => key !== undefined && entry !== undefined && Object.hasOwn(entry, key);
  if (plan?.entry !== undefined && !states(plan.entry) && states(plan.frontMatter?.value)) return plan.frontMatter?.placeOf(rest);
  if (plan?.entry === undefined || document === undefined) return plan === undefined ? undefined : states(plan.frontMatter?.value) ? plan.frontMatter?.placeOf(rest) : { file: plan.shown, line: 1, column: 1 };
  return states(plan.entry) ? document.placeOf(['plans', plan.id, ...rest]) : document.placeOfKey(['plans'], plan.id);
}

/** What stands in no file first, then file by file, each from its top: whatever stage found it. */
function fileByFile(failures: readonly Failure[]): readonly Failure[] {
  const fileOf = ({ place }: Failure): string => place?.file ?? '';
  const files = [...new Set(failures.map(fileOf))].sort((one, other) => Number(one !== '') - Number(other !== ''));
  return files.flatMap((file) => failures.filter((failure) => fileOf(failure) === file).sort(byPlace));
}

function failureOf({ code, message, file, line, column, endColumn, source, hint }: PlacedDiagnostic): Failure {
  const place = { file, line, column, ...(endColumn === undefined ? {} : { endColumn }), ...(source === undefined ? {} : { source }) };
  return { kind: 'input', code, message, place, ...(hint === undefined ? {} : { hint }) };
}
