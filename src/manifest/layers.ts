/** The origins of settings, weakest first, each checked: `.planrc.yml`, the manifest, the environment, the command line. */

import path from 'node:path';
import { neutralise, shorten } from '../base/text.js';
import type { Failure, SourcePlace } from '../model/failure.js';
import { layerOfEnvironment } from './environment.js';
import type { Layers } from './parse-settings.js';
import type { StatedPrompts } from './prompt-templates.js';
import { loadRc } from './rc.js';
import type { RepositoryFiles } from './repository-files.js';
import { layerSchema, type Manifest, type NotifyEntry, type SettingsLayer } from './schema.js';
import { parseSource, withoutPlaces, type Path, type SourceDocument } from './source.js';
import { validate } from './validate.js';

/** Where settings come from besides the manifest, and who hears what is wrong with them. */
export interface LayerOrigins {
  readonly repositoryTop: string;
  readonly cwd: string;
  readonly flags?: unknown;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly files: RepositoryFiles;
  readonly fail: (failure: Failure) => void;
}

/** All layers, as far as they are sound. */
export interface ReadLayers {
  readonly layers: Layers;
  /** The templates that the settings file names; undefined where there is no such file. */
  readonly prompts: StatedPrompts | undefined;
  /** Where the setting that holds is stated; undefined where that is no file: a flag, a variable, our default. */
  readonly placeOf: (path: Path) => SourcePlace | undefined;
  /** Settings that are wrong and were left out. */
  readonly dropped: readonly Path[];
}

/** What a manifest says besides its plans, with its places. */
export interface ManifestLayer {
  readonly layer: SettingsLayer;
  readonly document: SourceDocument | undefined;
}

/** Reads what holds in a folder. A layer with a mistake counts as far as it is sound; the mistake goes to `fail`. */
export async function readLayers(origins: LayerOrigins, folder: string, manifest: ManifestLayer): Promise<ReadLayers> {
  const file = await readSettingsFile(origins, folder);
  const environment = checkedLayer(withoutPlaces(layerOfEnvironment(origins.environment ?? {}) ?? {}, ''), 'environment', origins.fail);
  const flags = checkedLayer(withoutPlaces(origins.flags ?? {}, ''), 'command line', origins.fail);
  const rc = file?.checked.layer ?? {};
  const placeOf = (at: Path): SourcePlace | undefined => {
    if (states(flags.layer, at) || states(environment.layer, at)) return undefined;
    if (states(manifest.layer, at)) return manifest.document?.placeOf(at);
    return states(rc, at) ? file?.document.placeOf(at) : undefined;
  };
  return {
    layers: { rc, manifest: manifest.layer, environment: environment.layer, flags: flags.layer },
    prompts: file === undefined ? undefined : { prompts: rc.prompts, folder: file.folder, placeOf: (at) => file.document.placeOf(at) },
    placeOf,
    dropped: [file?.checked, environment, flags].flatMap((checked) => checked?.dropped ?? []),
  };
}

function states(layer: SettingsLayer, path: Path): boolean {
  return path.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Record<string | number, unknown>)[step] : undefined), layer) !== undefined;
}

interface SettingsFile {
  readonly checked: Checked;
  readonly document: SourceDocument;
  /** Absolute. */
  readonly folder: string;
}

async function readSettingsFile({ repositoryTop, cwd, files, fail }: LayerOrigins, folder: string): Promise<SettingsFile | undefined> {
  let found;
  try {
    found = await loadRc(folder, repositoryTop, (file) => files.show(file));
  } catch (error) {
    fail({ kind: 'input', code: 'settings-file', message: `${fileOf(error, files)} cannot be read: ${shorten(neutralise(String(error)), 200)}` });
  }
  if (found === undefined) return undefined;
  const file = 'source' in found ? found.source.file : found.file;
  const parsed = 'source' in found ? parseSource(found.source) : { document: withoutPlaces(found.value, found.file) };
  for (const failure of 'failures' in parsed ? parsed.failures : []) fail(failure);
  const { document } = parsed;
  if (document === undefined) return undefined;
  return { checked: checkedLayer(document, undefined, fail), document, folder: path.dirname(path.resolve(cwd, file)) };
}

/** The file that cosmiconfig was reading when it threw, as the user would type it. */
function fileOf(error: unknown, files: RepositoryFiles): string {
  const file = error instanceof Error && 'filepath' in error ? error.filepath : undefined;
  return typeof file === 'string' ? `\`${shorten(neutralise(files.show(file)), 200)}\`` : 'the settings file';
}

interface Checked {
  readonly layer: SettingsLayer;
  readonly dropped: readonly Path[];
}

/** One origin's settings. What stands in no file is said without a place, by its `origin`. */
function checkedLayer(document: SourceDocument, origin: string | undefined, fail: (failure: Failure) => void): Checked {
  if (document.value === undefined || document.value === null) return { layer: {}, dropped: [] };
  const checked = validate(layerSchema, document);
  if ('value' in checked) return { layer: checked.value, dropped: [] };
  for (const { place, message, ...failure } of checked.failures) {
    fail(origin === undefined ? { ...failure, message, ...(place === undefined ? {} : { place }) } : { ...failure, message: `${origin}: ${message}` });
  }
  return { layer: checked.sound ?? {}, dropped: checked.dropped };
}

/** What a manifest says besides its plans. */
export function layerOfManifest({ target, defaults, limits, landing, features, secrets, prompts, notify }: Manifest): SettingsLayer {
  const layer = { target, defaults, limits, landing, features, secrets, prompts, notify };
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}

/** Who is told what, key by key; undefined where no origin says anything. */
export function mergeNotices({ rc, manifest, environment, flags }: Layers): NotifyEntry | undefined {
  const stated = [rc, manifest, environment, flags].flatMap(({ notify }) => (notify === undefined ? [] : [notify]));
  return stated.length === 0 ? undefined : (Object.assign({}, ...stated) as NotifyEntry);
}
