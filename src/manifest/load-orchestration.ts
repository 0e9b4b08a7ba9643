/** Reads a manifest or a single plan file, with everything that they name, and resolves it. */

import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import { nearestName, neutralise, shorten } from '../base/text.js';
import type { LearnedSeconds } from '../graph/estimate.js';
import type { Failure, SourcePlace } from '../model/failure.js';
import type { PlanId } from '../model/ids.js';
import type { PlanDocument, PlanFormat } from '../model/plan-document.js';
import { readPlanFile } from '../plan-file/readers.js';
import { layerOfEnvironment, verifyEnvironment } from './environment.js';
import { readFrontMatter } from './front-matter.js';
import { findFiles } from './include.js';
import { parseManifest } from './parse-manifest.js';
import type { Layers } from './parse-settings.js';
import { loadRc } from './rc.js';
import { planIdOf, targetNameProblem } from './ref-name.js';
import { posix, RepositoryFiles } from './repository-files.js';
import { readPrompts, type StatedPrompts } from './prompt-templates.js';
import { resolve, type Resolved } from './resolve.js';
import type { PlacedDiagnostic, PlanInput, ResolveInput } from './resolve-input.js';
import { layerSchema, type Manifest, type NotifyEntry, type PlanEntry, type SettingsLayer } from './schema.js';
import { maxManifestBytes, parseSource, withoutPlaces, type Path, type SourceDocument } from './source.js';
import { validate } from './validate.js';

/** A plan inside a file: a Task Master file holds one for each tag, every other file one without. */
export interface ReadPlan {
  readonly tag?: string;
  readonly document: PlanDocument;
}

/** Reads the text of a plan file. `path` is relative to the repository's top; `format` forces one. */
export type PlanReader = (text: string, about: { readonly path: string; readonly format?: PlanFormat }) => readonly ReadPlan[];

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
  /** Who is told how it goes; absent: nobody. Kept out of the settings, for those are journalled. */
  readonly notify?: NotifyEntry;
}

const readPlans: PlanReader = (text, about) => readPlanFile(text, about).map(({ name, document }) => ({ document, ...(name === undefined ? {} : { tag: name }) }));

const maxPlans = 20_000;
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

interface PlanRequest {
  readonly id?: PlanId;
  readonly entry?: PlanEntry;
  readonly format?: PlanFormat;
  readonly tag?: string;
  readonly absolute: string;
  readonly place?: SourcePlace;
}

class Loader {
  private readonly options: LoadOptions;
  private readonly failures: Failure[] = [];
  private readonly remarks: PlacedDiagnostic[] = [];
  private readonly files: RepositoryFiles;
  /** Known once the layers were read. */
  private rcPrompts: StatedPrompts | undefined;

  constructor(options: LoadOptions) {
    this.options = options;
    this.files = new RepositoryFiles(options.repositoryTop, options.cwd, (failure) => void this.failures.push(failure));
  }

  async manifest(manifestPath: string): Promise<Result<Loaded, readonly Failure[]>> {
    const absolute = path.resolve(this.options.cwd, manifestPath);
    const file = await this.files.locate(absolute, undefined);
    const text = file === undefined ? undefined : await this.files.read(absolute, undefined, maxManifestBytes);
    if (file === undefined || text === undefined) return err(this.failures);
    const parsed = parseManifest({ file: this.files.show(absolute), text });
    if (!parsed.ok) return parsed;
    const { manifest, document } = parsed.value;
    const folder = path.dirname(absolute);
    const layers = await this.layers(folder, manifestLayer(manifest));
    const plans = await this.plansOf(manifest, document, folder);
    const read = new Set(plans.map((plan) => plan.id));
    const unread = new Set(Object.keys(manifest.plans ?? {}).filter((id) => !read.has(id)));
    return this.finish({ manifest: file, plans, layers, document, folder, alone: false, unread });
  }

  async single(planPath: string, about: { format?: PlanFormat; tag?: string }): Promise<Result<Loaded, readonly Failure[]>> {
    const absolute = path.resolve(this.options.cwd, planPath);
    const { format, tag } = about;
    const request: PlanRequest = { absolute, ...(format === undefined ? {} : { format }), ...(tag === undefined ? {} : { tag }) };
    const layers = await this.layers(path.dirname(absolute), {});
    const plans = await this.readRequest(request, new Set());
    return this.finish({ manifest: plans[0]?.file ?? '', plans: plans.slice(0, 1), layers, document: undefined, folder: path.dirname(absolute), alone: true, unread: new Set() });
  }

  async notices(): Promise<Result<NotifyEntry | undefined, readonly Failure[]>> {
    const notices = mergeNotices(await this.layers(this.options.repositoryTop, {}));
    return this.failures.length > 0 ? err(this.failures) : ok(notices);
  }

  private async finish(read: { manifest: string; plans: readonly PlanInput[]; layers: Layers; document: SourceDocument | undefined; folder: string; alone: boolean; unread: ReadonlySet<PlanId> }): Promise<Result<Loaded, readonly Failure[]>> {
    const { document, layers, plans } = read;
    const { options } = this;
    const target = layers.flags.target ?? layers.environment.target ?? layers.manifest.target ?? layers.rc.target ?? options.currentBranch;
    const placeOf = (at: Path): SourcePlace | undefined => document?.placeOf(at);
    if (target !== undefined && options.hasTarget !== undefined && targetNameProblem(target) === undefined && !(await options.hasTarget(target))) {
      const place = layers.manifest.target === target ? placeOf(['target']) : undefined;
      const near = nearestName(target, options.branches ?? []);
      const message = `there is no branch \`${shorten(neutralise(target), 80)}\` to land in`;
      this.failures.push({ kind: 'input', code: 'unknown-target', message, ...(place === undefined ? {} : { place }), ...(near === undefined ? {} : { hint: `did you mean \`${near}\`?` }) });
    }
    const own: StatedPrompts = { prompts: layers.manifest.prompts, folder: read.folder, placeOf };
    const prompts = await readPrompts([...(this.rcPrompts === undefined ? [] : [this.rcPrompts]), own], this.files, (failure) => void this.failures.push(failure));
    const input: ResolveInput = {
      manifest: read.manifest,
      plans,
      unread: read.unread,
      layers,
      target,
      placeOf,
      placeOfKey: (at, key) => document?.placeOfKey(at, key),
      branches: options.branches ?? [],
      cores: options.cores ?? availableParallelism(),
      verifyEnvironment: verifyEnvironment(options.environment ?? {}),
      ...(options.learned === undefined ? {} : { learned: options.learned }),
      ...(prompts === undefined ? {} : { prompts }),
      alone: read.alone,
    };
    const resolved = read.alone && plans.length === 0 ? err([]) : resolve(input);
    if (!resolved.ok || this.failures.length > 0) {
      // Why there is no plan: said along with that.
      const unmatched = plans.length === 0 ? this.remarks.filter(({ code }) => code === 'include-without-match').map(failureOf) : [];
      return err([...this.failures, ...unmatched, ...(resolved.ok ? [] : resolved.error)].slice(0, maxFailures));
    }
    const diagnostics = [...this.remarks, ...resolved.value.diagnostics];
    if (options.strict === true) {
      const errors = diagnostics.filter(({ severity }) => severity !== 'info').map(failureOf);
      if (errors.length > 0) return err(errors.slice(0, maxFailures));
    }
    const files = [...new Set([...(read.alone ? [] : [read.manifest]), ...plans.map((plan) => plan.file)])];
    const notify = mergeNotices(layers);
    return ok({ ...resolved.value, diagnostics, ...(notify === undefined ? {} : { notify }), documents: new Map(plans.map((plan) => [plan.id, plan.document])), files });
  }

  private async layers(folder: string, manifest: SettingsLayer): Promise<Layers> {
    const environment = layerOfEnvironment(this.options.environment ?? {});
    return {
      rc: await this.rc(folder),
      manifest,
      environment: this.layer(withoutPlaces(environment ?? {}, ''), 'environment'),
      flags: this.layer(withoutPlaces(this.options.flags ?? {}, ''), 'command line'),
    };
  }

  private async rc(folder: string): Promise<SettingsLayer> {
    let found;
    try {
      found = await loadRc(folder, this.options.repositoryTop, (file) => this.files.show(file));
    } catch (error) {
      this.failures.push({ kind: 'input', code: 'settings-file', message: `${this.settingsFileOf(error)} cannot be read: ${shorten(neutralise(String(error)), 200)}` });
    }
    if (found === undefined) return {};
    const file = 'source' in found ? found.source.file : found.file;
    const parsed = 'source' in found ? parseSource(found.source) : { document: withoutPlaces(found.value, found.file) };
    if (!('document' in parsed)) {
      this.failures.push(...parsed.failures);
      return {};
    }
    const { document } = parsed;
    const layer = this.layer(document, undefined);
    this.rcPrompts = { prompts: layer.prompts, folder: path.dirname(path.resolve(this.options.cwd, file)), placeOf: (at) => document.placeOf(at) };
    return layer;
  }

  /** The file that cosmiconfig was reading when it threw, as the user would type it. */
  private settingsFileOf(error: unknown): string {
    const file = error instanceof Error && 'filepath' in error ? error.filepath : undefined;
    return typeof file === 'string' ? `\`${shorten(neutralise(this.files.show(file)), 200)}\`` : 'the settings file';
  }

  /** Checks one origin's settings. What stands in no file is said without a place, by its `origin`. */
  private layer(document: SourceDocument, origin: string | undefined): SettingsLayer {
    if (document.value === undefined || document.value === null) return {};
    const checked = validate(layerSchema, document);
    if ('value' in checked) return checked.value;
    for (const { place, message, ...failure } of checked.failures) {
      this.failures.push(origin === undefined ? { ...failure, message, ...(place === undefined ? {} : { place }) } : { ...failure, message: `${origin}: ${message}` });
    }
    return {};
  }

  private async plansOf(manifest: Manifest, document: SourceDocument, folder: string): Promise<readonly PlanInput[]> {
    const taken = new Set<string>();
    const plans: PlanInput[] = [];
    const named = Object.entries(manifest.plans ?? {});
    for (const [id] of named) taken.add(id.toLowerCase());
    if (named.length > maxPlans) {
      this.failures.push({ kind: 'input', code: 'too-many-plans', message: `the manifest names ${named.length} plans; at most ${maxPlans} are run together`, place: document.placeOf(['plans']) });
      return [];
    }
    for (const [id, entry] of named) {
      const absolute = path.resolve(folder, entry.plan);
      const { format, tag } = entry;
      plans.push(...(await this.readRequest({ id, entry, absolute, place: document.placeOf(['plans', id, 'plan']), ...(format === undefined ? {} : { format }), ...(tag === undefined ? {} : { tag }) }, taken)));
    }
    const known = new Set(plans.map((plan) => plan.file));
    for (const [index, glob] of (manifest.include ?? []).entries()) {
      const place = document.placeOf(['include', index]);
      if (path.isAbsolute(glob) || glob.split('/').includes('..')) {
        this.failures.push({ kind: 'input', code: 'outside-repository', message: `\`${shorten(neutralise(glob), 80)}\` leads out of the manifest's folder`, place });
        continue;
      }
      const files = await findFiles(folder, glob);
      if (files.length === 0) this.remarks.push({ severity: 'warning', code: 'include-without-match', message: `no file matches \`${shorten(neutralise(glob), 80)}\``, ...place });
      if (plans.length + files.length > maxPlans) {
        this.failures.push({ kind: 'input', code: 'too-many-plans', message: `${files.length} files match; at most ${maxPlans} plans are run together`, place });
        continue;
      }
      for (const file of files) {
        const absolute = path.join(folder, file);
        if (known.has(posix(path.relative(this.options.repositoryTop, absolute)))) continue;
        const found = await this.readRequest({ absolute, place }, taken);
        for (const plan of found) known.add(plan.file);
        plans.push(...found);
      }
    }
    return plans;
  }

  /** The plans of one file: one, but for a Task Master file that nobody chose a tag of. */
  private async readRequest(request: PlanRequest, taken: Set<string>): Promise<readonly PlanInput[]> {
    const { absolute, place, format, tag } = request;
    const file = await this.files.locate(absolute, place);
    const text = file === undefined ? undefined : await this.files.read(absolute, place);
    if (file === undefined || text === undefined) return [];
    const read = (this.options.readPlans ?? readPlans)(text, { path: file, ...(format === undefined ? {} : { format }) });
    const chosen = request.id === undefined && tag === undefined ? read : this.choose(read, request);
    return chosen.map((plan) => this.planInput(plan, { request, file, text, taken, several: chosen.length > 1 }));
  }

  private choose(read: readonly ReadPlan[], { tag, entry, id, place }: PlanRequest): readonly ReadPlan[] {
    const wanted = tag ?? (read.length > 1 ? 'master' : undefined);
    const found = wanted === undefined ? read[0] : (read.find((plan) => plan.tag === wanted) ?? (entry?.tag === undefined && tag === undefined ? read[0] : undefined));
    if (found !== undefined) return [found];
    const tags = read.flatMap((plan) => plan.tag ?? []).join(', ');
    const message = `the file of plan ${id ?? ''} has no tag \`${shorten(neutralise(wanted ?? ''), 60)}\``.replace('plan  ', 'the plan ');
    this.failures.push({ kind: 'input', code: 'unknown-tag', message, ...(place === undefined ? {} : { place }), ...(tags === '' ? {} : { hint: `it has ${shorten(tags, 200)}` }) });
    return [];
  }

  private planInput(plan: ReadPlan, about: { request: PlanRequest; file: string; text: string; taken: Set<string>; several: boolean }): PlanInput {
    const { request, file, text, taken, several } = about;
    const shown = this.files.show(request.absolute);
    const read = readFrontMatter(plan.document, { file: shown });
    this.failures.push(...read.failures);
    this.remarks.push(...read.remarks);
    const id = request.id ?? freeId(read.statement?.value.id ?? (several && plan.tag !== undefined ? planIdOf(plan.tag) : planIdOf(file)), taken);
    return {
      id,
      ...(request.entry === undefined ? {} : { entry: request.entry }),
      file,
      shown,
      text,
      digest: createHash('sha256').update(text).digest('hex'),
      document: plan.document,
      ...(read.statement === undefined ? {} : { frontMatter: read.statement }),
    };
  }
}

/** Key by key; undefined where no origin says anything. */
function mergeNotices({ rc, manifest, environment, flags }: Layers): NotifyEntry | undefined {
  const stated = [rc, manifest, environment, flags].flatMap(({ notify }) => (notify === undefined ? [] : [notify]));
  return stated.length === 0 ? undefined : (Object.assign({}, ...stated) as NotifyEntry);
}

function manifestLayer({ target, defaults, limits, landing, features, secrets, prompts, notify }: Manifest): SettingsLayer {
  const layer = { target, defaults, limits, landing, features, secrets, prompts, notify };
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}

function freeId(wanted: string, taken: Set<string>): PlanId {
  let id = wanted;
  for (let number = 2; taken.has(id.toLowerCase()); number++) id = `${wanted}-${number}`;
  taken.add(id.toLowerCase());
  return id;
}

function failureOf({ code, message, file, line, column, endColumn, source, hint }: PlacedDiagnostic): Failure {
  const place = { file, line, column, ...(endColumn === undefined ? {} : { endColumn }), ...(source === undefined ? {} : { source }) };
  return { kind: 'input', code, message, place, ...(hint === undefined ? {} : { hint }) };
}
