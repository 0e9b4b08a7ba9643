import path from 'node:path';
import type { Repository } from '../../git/repository.js';
import { planIdOf } from '../../manifest/ref-name.js';
import type { Diagnostic, Failure } from '../../model/failure.js';
import { count } from '../../status/printable.js';
import { looksLikeManifest } from '../../status/run-command.js';
import { manifestJson, manifestText } from '../check-manifest.js';
import { planJson, planText } from '../check-plan.js';
import { defineCommand, type Answer } from '../command.js';
import type { Context } from '../context.js';
import { requirePlanFile } from '../current-plan.js';
import { exit } from '../exit.js';
import { explainDiagnostic, type ShownDiagnostic } from '../explain.js';
import { load, planFileOptions, repositoryOf } from '../load.js';
import { readPlan } from '../read-plan.js';

interface CheckRequest {
  readonly file: string;
  readonly format: NonNullable<Parameters<typeof readPlan>[1]['format']> | undefined;
  readonly tag: string | undefined;
  readonly strict: boolean;
  readonly all: boolean;
}

/** `plan check`. */
export const command = defineCommand({
  name: 'check',
  description: 'Shows what was understood of a plan file or a manifest — phases, tasks, order, overlaps, every setting in force — and what was not. Touches nothing. Exit 2 where it cannot be used; --strict counts remarks as errors.',
  positionals: [{ name: 'file', describe: 'a plan file or a manifest; default: --plan, $PLAN, or what `plan use` chose', completes: 'file' }],
  options: {
    plan: { type: 'string', requiresArg: true, describe: 'the plan file' },
    ...planFileOptions,
    strict: { type: 'boolean', describe: 'remarks count as errors' },
    all: { type: 'boolean', describe: 'every task and every remark, however many' },
  },
  examples: [
    ['plan check plans/auth.md', ''],
    ['plan check release.yml --strict', ''],
    ['plan check tasks.md --json', 'for programs: see `plan schema check`'],
  ],
  async run(given, context) {
    const named = await requirePlanFile(given.words[0] ?? given.plan, context);
    if (!named.ok) return { failures: named.error };
    const request = { file: named.value, format: given.format, tag: given.tag, strict: given.strict ?? false, all: given.all ?? false };
    const repository = await repositoryOf(named.value, context);
    try {
      return looksLikeManifest(named.value) ? await checkManifest(request, repository, context) : await checkPlan(request, repository, context);
    } finally {
      repository?.close();
    }
  },
});

async function checkPlan(request: CheckRequest, repository: Repository | undefined, context: Context): Promise<Answer> {
  const read = await readPlan(request.file, request, context);
  if (!read.ok) return { failures: read.error };
  const loaded = await load({ file: request.file, format: request.format, tag: request.tag, alone: true }, context, repository);
  const diagnostics: readonly ShownDiagnostic[] = strictly(request, loaded.ok ? loaded.value.diagnostics : [...read.value.document.diagnostics.map((one) => ({ ...one, file: request.file })), ...loaded.error.filter((failure) => !repeats(failure, read.value.document.diagnostics)).map((failure) => asDiagnostic(failure, request.file))]);
  // Outside of a repository the loader knows the file's name alone, which says nothing where it is `tasks.md`.
  const named = loaded.ok ? loaded.value.orchestration.plans[0]?.id : undefined;
  const plan = named === undefined || named === planIdOf(path.basename(request.file)) ? read.value : { ...read.value, id: named };
  sayDiagnostics(diagnostics, request, context);
  return { exit: exitOf(diagnostics), json: withFailures(planJson(plan, diagnostics), diagnostics), text: planText(plan, request.file, loaded.ok ? loaded.value : undefined, context, request.all) };
}

async function checkManifest(request: CheckRequest, repository: Repository | undefined, context: Context): Promise<Answer> {
  const loaded = await load({ file: request.file, toRun: true }, context, repository);
  if (!loaded.ok) return { failures: loaded.error };
  const diagnostics = strictly(request, loaded.value.diagnostics);
  sayDiagnostics(diagnostics, request, context);
  return { exit: exitOf(diagnostics), json: withFailures(manifestJson({ ...loaded.value, diagnostics }), diagnostics), text: manifestText(loaded.value, request.file, context) };
}

/** With `--strict` every warning is an error. */
function strictly({ strict }: CheckRequest, diagnostics: readonly ShownDiagnostic[]): readonly ShownDiagnostic[] {
  return strict ? diagnostics.map((one) => (one.severity === 'warning' ? { ...one, severity: 'error' as const } : one)) : diagnostics;
}

function exitOf(diagnostics: readonly Diagnostic[]): 0 | 2 {
  return diagnostics.some(({ severity }) => severity === 'error') ? exit.usage : exit.done;
}

/** A program finds what made the exit code where every command has it. */
function withFailures(json: object, diagnostics: readonly ShownDiagnostic[]): object {
  const failures = diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message, hint, severity: _severity, ...place }): Failure => ({ kind: 'input', code, message, place, ...(hint === undefined ? {} : { hint }) }));
  return failures.length === 0 ? json : { ...json, failures };
}

const mostShown = 20;

/** What was not understood goes to stderr with its place; with `--json` it is in the object alone. */
function sayDiagnostics(diagnostics: readonly ShownDiagnostic[], { all }: CheckRequest, { terminal, json }: Context): void {
  if (json) return;
  const shown = all ? diagnostics : diagnostics.slice(0, mostShown);
  for (const one of shown) {
    terminal.stderr.write(`${explainDiagnostic(one, { colours: terminal.errorColours, width: terminal.columns() })}\n`);
  }
  if (shown.length < diagnostics.length) terminal.stderr.write(`… and ${count(diagnostics.length - shown.length, 'more remark')} (--all)\n`);
  if (shown.length > 0) terminal.stderr.write('\n');
}

function asDiagnostic({ code, message, hint, place }: Failure, file: string): ShownDiagnostic {
  return { severity: 'error', code, message, line: place?.line ?? 1, column: place?.column ?? 1, file: place?.file ?? file, ...(place?.endColumn === undefined ? {} : { endColumn: place.endColumn }), ...(place?.source === undefined ? {} : { source: place.source }), ...(hint === undefined ? {} : { hint }) };
}

function repeats(failure: Failure, diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((one) => one.severity === 'error' && one.line === failure.place?.line && one.column === failure.place.column);
}
