/** One plan file read by itself: no repository, no manifest, no other plan. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../base/result.js';
import { planIdOf } from '../manifest/ref-name.js';
import { decode } from '../manifest/source.js';
import type { Failure } from '../model/failure.js';
import type { PlanDocument, PlanFormat } from '../model/plan-document.js';
import type { NamedDocument } from '../plan-file/reader.js';
import { readPlanFile } from '../plan-file/readers.js';
import type { Context } from './context.js';
import { noSuchFile, usageFailure } from './usage.js';

/** A plan file as read, alone. */
export interface ReadPlan {
  readonly id: string;
  readonly document: PlanDocument;
  /** Names of the other plans of the file, where it holds several. */
  readonly tags: readonly string[];
}

const mostBytes = 64 * 1024 * 1024;
/** Reads the plan that is meant of a file; `shown` is the path as typed, and what the format is told by. */
export async function readPlan(shown: string, about: { readonly format?: PlanFormat | undefined; readonly tag?: string | undefined }, context: Context): Promise<Result<ReadPlan, readonly Failure[]>> {
  const absolute = path.resolve(context.folder, shown);
  const found = await stat(absolute).catch(() => undefined);
  if (!found?.isFile()) return err([found === undefined ? noSuchFile(shown) : usageFailure('not-a-file', `${JSON.stringify(shown)} is not a file`, 'name a plan file')]);
  if (found.size > mostBytes) return err([usageFailure('file-too-large', `${JSON.stringify(shown)} has ${Math.ceil(found.size / 1024 / 1024)} MiB; at most 64 are read`, 'split it into several files')]);
  const decoded = decode(shown, await readFile(absolute), mostBytes);
  if (!('text' in decoded)) return err([decoded.failure]);
  const documents = readPlanFile(decoded.text, { path: absolute.split(path.sep).join('/'), ...(about.format === undefined ? {} : { format: about.format }) });
  const chosen = choose(documents, about.tag);
  const tags = documents.flatMap(({ name }) => name ?? []);
  if (chosen === undefined) return err([usageFailure('unknown-tag', `${JSON.stringify(shown)} has no tag ${JSON.stringify(about.tag ?? '')}`, tags.length === 0 ? 'it holds one plan' : `it has ${tags.join(', ')}`)]);
  return ok({ id: planIdOf(chosen.name !== undefined && tags.length > 1 ? chosen.name : absolute.split(path.sep).join('/')), document: chosen.document, tags });
}

function choose(documents: readonly NamedDocument[], tag: string | undefined): NamedDocument | undefined {
  if (tag !== undefined) return documents.find(({ name }) => name === tag);
  return documents.find(({ name }) => name === 'master') ?? documents[0];
}

/** How big pools are is for a manifest to say: alone, a plan has what it asks for. */
export function poolsOf({ phases }: PlanDocument): Readonly<Record<string, number>> {
  const pools = new Map<string, number>();
  for (const { tasks } of phases) for (const { uses } of tasks) for (const [pool, amount] of Object.entries(uses)) pools.set(pool, Math.max(pools.get(pool) ?? 1, amount));
  return Object.fromEntries(pools);
}
