/** The plan files that a manifest names, read: what each holds, its front matter, and the id it goes by. */

import { createHash } from 'node:crypto';
import path from 'node:path';
import { neutralise, shorten } from '../base/text.js';
import type { Failure, SourcePlace } from '../model/failure.js';
import type { PlanId } from '../model/ids.js';
import type { PlanDocument, PlanFormat } from '../model/plan-document.js';
import { readPlanFile } from '../plan-file/readers.js';
import { readFrontMatter } from './front-matter.js';
import { findFiles } from './include.js';
import { planIdOf } from './ref-name.js';
import { posix, type RepositoryFiles } from './repository-files.js';
import type { PlacedDiagnostic, PlanInput } from './resolve-input.js';
import type { Manifest, PlanEntry } from './schema.js';
import type { SourceDocument } from './source.js';

/** A plan inside a file: a Task Master file holds one for each tag, every other file one without. */
export interface ReadPlan {
  readonly tag?: string;
  readonly document: PlanDocument;
}

/** Reads the text of a plan file. `path` is relative to the repository's top; `format` forces one. */
export type PlanReader = (text: string, about: { readonly path: string; readonly format?: PlanFormat }) => readonly ReadPlan[];

const readPlans: PlanReader = (text, about) => readPlanFile(text, about).map(({ name, document }) => ({ document, ...(name === undefined ? {} : { tag: name }) }));

const maxPlans = 20_000;

/** A plan file that is to be read, and as what. */
export interface PlanRequest {
  readonly id?: PlanId;
  readonly entry?: PlanEntry;
  readonly format?: PlanFormat;
  readonly tag?: string;
  readonly absolute: string;
  readonly place?: SourcePlace;
}

/** What reading stands on, and who hears what is wrong. */
export interface PlanSources {
  readonly repositoryTop: string;
  readonly files: RepositoryFiles;
  /** Another reader of plan files, for tests. */
  readonly readPlans?: PlanReader;
  readonly fail: (failure: Failure) => void;
  readonly remark: (diagnostic: PlacedDiagnostic) => void;
}

/** Reads plan files; what cannot be read goes to `fail`. */
export class PlanInputs {
  /** True when folders were searched: another file there could be a plan, too. */
  searched = false;
  private readonly sources: PlanSources;

  constructor(sources: PlanSources) {
    this.sources = sources;
  }

  /** The plans of a manifest's entries, then those that its `include` finds. */
  async ofManifest(manifest: Manifest, document: SourceDocument, folder: string): Promise<readonly PlanInput[]> {
    const taken = new Set<string>();
    const plans: PlanInput[] = [];
    const named = Object.entries(manifest.plans ?? {});
    for (const [id] of named) taken.add(id.toLowerCase());
    if (named.length > maxPlans) {
      this.sources.fail({ kind: 'input', code: 'too-many-plans', message: `the manifest names ${named.length} plans; at most ${maxPlans} are run together`, place: document.placeOf(['plans']) });
      return [];
    }
    for (const [id, entry] of named) {
      const absolute = path.resolve(folder, entry.plan);
      const { format, tag } = entry;
      plans.push(...(await this.ofFile({ id, entry, absolute, place: document.placeOf(['plans', id, 'plan']), ...(format === undefined ? {} : { format }), ...(tag === undefined ? {} : { tag }) }, taken)));
    }
    const known = new Set(plans.map((plan) => plan.file));
    for (const [index, glob] of (manifest.include ?? []).entries()) {
      const place = document.placeOf(['include', index]);
      if (path.isAbsolute(glob) || glob.split('/').includes('..')) {
        this.sources.fail({ kind: 'input', code: 'outside-repository', message: `\`${shorten(neutralise(glob), 80)}\` leads out of the manifest's folder`, place });
        continue;
      }
      this.searched = true;
      const files = await findFiles(folder, glob);
      if (files.length === 0) this.sources.remark({ severity: 'warning', code: 'include-without-match', message: `no file matches \`${shorten(neutralise(glob), 80)}\``, ...place });
      if (plans.length + files.length > maxPlans) {
        this.sources.fail({ kind: 'input', code: 'too-many-plans', message: `${files.length} files match; at most ${maxPlans} plans are run together`, place });
        continue;
      }
      for (const file of files) {
        const absolute = path.join(folder, file);
        if (known.has(posix(path.relative(this.sources.repositoryTop, absolute)))) continue;
        const found = await this.ofFile({ absolute, place }, taken);
        for (const plan of found) known.add(plan.file);
        plans.push(...found);
      }
    }
    return plans;
  }

  /** The plans of one file: one, but for a Task Master file that nobody chose a tag of. */
  async ofFile(request: PlanRequest, taken: Set<string> = new Set()): Promise<readonly PlanInput[]> {
    const { absolute, place, format, tag } = request;
    const file = await this.sources.files.locate(absolute, place);
    const text = file === undefined ? undefined : await this.sources.files.read(absolute, place);
    if (file === undefined || text === undefined) return [];
    const read = (this.sources.readPlans ?? readPlans)(text, { path: file, ...(format === undefined ? {} : { format }) });
    const chosen = request.id === undefined && tag === undefined ? read : this.choose(read, request);
    return chosen.map((plan) => this.planInput(plan, { request, file, text, taken, several: chosen.length > 1 }));
  }

  private choose(read: readonly ReadPlan[], { tag, entry, id, place }: PlanRequest): readonly ReadPlan[] {
    const wanted = tag ?? (read.length > 1 ? 'master' : undefined);
    const found = wanted === undefined ? read[0] : (read.find((plan) => plan.tag === wanted) ?? (entry?.tag === undefined && tag === undefined ? read[0] : undefined));
    if (found !== undefined) return [found];
    const tags = read.flatMap((plan) => plan.tag ?? []).join(', ');
    const message = `the file of plan ${id ?? ''} has no tag \`${shorten(neutralise(wanted ?? ''), 60)}\``.replace('plan  ', 'the plan ');
    this.sources.fail({ kind: 'input', code: 'unknown-tag', message, ...(place === undefined ? {} : { place }), ...(tags === '' ? {} : { hint: `it has ${shorten(tags, 200)}` }) });
    return [];
  }

  private planInput(plan: ReadPlan, about: { request: PlanRequest; file: string; text: string; taken: Set<string>; several: boolean }): PlanInput {
    const { request, file, text, taken, several } = about;
    const shown = this.sources.files.show(request.absolute);
    const read = readFrontMatter(plan.document, { file: shown });
    read.failures.forEach(this.sources.fail);
    read.remarks.forEach(this.sources.remark);
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

function freeId(wanted: string, taken: Set<string>): PlanId {
  let id = wanted;
  for (let number = 2; taken.has(id.toLowerCase()); number++) id = `${wanted}-${number}`;
  taken.add(id.toLowerCase());
  return id;
}
