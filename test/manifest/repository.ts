/** A folder with files, a reader of very small plan files, and what comes out of loading a manifest there. */

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadOrchestration, loadPlan, type Loaded, type LoadOptions } from '../../src/manifest/load-orchestration.js';
import type { PlanReader } from '../../src/manifest/plan-inputs.js';
import type { Failure } from '../../src/model/failure.js';
import type { DocumentPhase, DocumentTask, PlanDocument, Reference } from '../../src/model/plan-document.js';

/** `## Phase 1: Name (depends: phase0)` and `- [ ] 1.1 Title (depends: 1.2, B.phase1)`, and front matter. */
export const readSmallPlan: PlanReader = (text) => {
  const front = /^---\n([\s\S]*?)\n---\n/.exec(text);
  const phases: (Omit<DocumentPhase, 'tasks'> & { tasks: DocumentTask[] })[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    const heading = /^## Phase (\d+):\s*([^([]*)/.exec(line);
    const task = /^- \[([ x])\] (\S+) ([^(]*)/.exec(line);
    const depends = referencesIn(line, at + 1);
    if (heading !== null) {
      phases.push({
        id: heading[1] ?? '',
        title: (heading[2] ?? '').trim(),
        place: { line: at + 1, column: 1 },
        parallel: line.includes('[PARALLEL]'),
        order: 'free',
        ...(depends === undefined ? {} : { depends }),
        sequences: [],
        tasks: [],
        verifies: [],
      });
    } else if (task !== null) {
      phases[phases.length - 1]?.tasks.push({
        id: task[2] ?? '',
        title: (task[3] ?? '').trim(),
        place: { line: at + 1, column: 7 },
        done: task[1] === 'x',
        kind: 'task',
        group: [],
        body: '',
        ...(depends === undefined ? {} : { depends }),
        parallel: false,
        optional: false,
        files: (/\(files: ([^)]*)\)/.exec(line)?.[1] ?? '').split(/,\s*/).filter((file) => file !== '').map((file) => ({ path: file, stated: true })),
        uses: {},
        changesNothing: false,
      });
    }
  }
  const document: PlanDocument = {
    format: 'native',
    title: /^# (.*)$/m.exec(text)?.[1] ?? '',
    overview: [],
    ...(front === null ? {} : { frontMatter: { text: front[1] ?? '', line: 2 } }),
    phases,
    suggestions: [],
    diagnostics: [],
  };
  return [{ document }];
};

function referencesIn(line: string, number: number): readonly Reference[] | undefined {
  const stated = /\(depends: ([^)]*)\)/.exec(line);
  return stated?.[1]?.split(/,\s*/).filter((name) => name !== 'none').map((text) => {
    const place = { line: number, column: line.indexOf(text, stated.index) + 1, endColumn: line.indexOf(text, stated.index) + 1 + text.length };
    const [, plan, rest] = /^(?:([A-Za-z][\w-]*)\.)?(.+)$/.exec(text) ?? [];
    const named = rest ?? '';
    if (plan === undefined && /^[A-Z]/.test(named)) return { text, place, plan: named, to: { kind: 'plan' as const } };
    const phase = /^phase(.+)$/.exec(named)?.[1];
    const to = named === 'landed' ? ({ kind: 'landed' } as const) : phase === undefined ? ({ kind: 'task', id: named } as const) : ({ kind: 'phase', id: phase } as const);
    return { text, place, ...(plan === undefined ? {} : { plan }), to };
  });
}

/** A plan with phases of so many tasks each. */
export function planText(...counts: readonly number[]): string {
  return ['# Plan', ...counts.flatMap((count, at) => [`## Phase ${at + 1}: Name`, ...Array.from({ length: count }, (_, task) => `- [ ] ${at + 1}.${task + 1} Task`)]), ''].join('\n');
}

const folders: string[] = [];

/** A temporary folder with these files; removed by `removeFolders`. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'plan-manifest-')));
  folders.push(folder);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.join(folder, path.dirname(file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  return folder;
}

export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

type Options = Partial<LoadOptions>;

/** Loads `manifest.yml` of a folder with these files. */
export async function load(files: Readonly<Record<string, string | Uint8Array>>, options: Options = {}): ReturnType<typeof loadOrchestration> {
  const top = await folderWith(files);
  return loadOrchestration({ repositoryTop: top, cwd: top, currentBranch: 'main', cores: 2, readPlans: readSmallPlan, manifestPath: 'manifest.yml', ...options });
}

/** Loads the single plan `plan.md`. */
export async function loadAlone(files: Readonly<Record<string, string>>, planPath: string, options: Options = {}): ReturnType<typeof loadPlan> {
  const top = await folderWith(files);
  return loadPlan({ repositoryTop: top, cwd: top, currentBranch: 'main', cores: 2, readPlans: readSmallPlan, planPath, ...options });
}

export async function loaded(files: Readonly<Record<string, string | Uint8Array>>, options: Options = {}): Promise<Loaded> {
  const result = await load(files, options);
  if (!result.ok) throw new Error(result.error.map(said).join('\n'));
  return result.value;
}

export async function refused(files: Readonly<Record<string, string | Uint8Array>>, options: Options = {}): Promise<readonly string[]> {
  const result = await load(files, options);
  if (result.ok) throw new Error('nothing was refused');
  return result.error.map(said);
}

/** `file:line:column code: message (hint)`. */
export function said({ place, code, message, hint }: Failure): string {
  const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column} `;
  return `${where}${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
}
