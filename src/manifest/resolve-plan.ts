/** One plan: its entry, its front matter and its file become one, and what it waits for becomes ids. */

import { matchesGlob } from '../base/glob.js';
import { nearestName } from '../base/text.js';
import type { Diagnostic, Failure, Place, SourcePlace } from '../model/failure.js';
import { planOf, taskId, type NodeId, type TaskId } from '../model/ids.js';
import type { Phase, Plan, Task } from '../model/orchestration.js';
import type { DocumentPhase, DocumentTask, Reference } from '../model/plan-document.js';
import type { PlanExecution } from './parse-settings.js';
import type { Resolution } from './references.js';
import type { PlanInput, Resolving } from './resolve-input.js';
import type { ExecutionEntry, TaskEntry } from './schema.js';
import { at, definedOnly, executionPart, hint, own, quoted, statementsOf, unique, type Places, type Statement } from './statements.js';
import { parseCost, parseDuration, parsePriority, parseUse } from './units.js';

/** A longer line is not carried about to be shown. */
const longestLine = 20_000;

/** A plan, and what it says of its execution. */
export interface ResolvedPlan {
  readonly plan: Plan;
  readonly execution: PlanExecution;
}

/** Resolves one plan; mistakes go to `resolving.fail`, and what they concern is left out of the plan. */
export function resolvePlan(input: PlanInput, resolving: Resolving): ResolvedPlan {
  return new PlanResolver(input, resolving).resolve();
}

interface Waits {
  readonly own: readonly NodeId[];
  readonly others: readonly NodeId[];
}

class PlanResolver {
  private readonly input: PlanInput;
  private readonly resolving: Resolving;
  /** Stronger first. */
  private readonly statements: readonly Statement[];
  private readonly lines: readonly string[];
  private readonly reported: ReadonlySet<string>;
  private readonly executions: { id: TaskId; file: ExecutionEntry; entry: ExecutionEntry; cost?: number }[] = [];

  constructor(input: PlanInput, resolving: Resolving) {
    this.input = input;
    this.resolving = resolving;
    this.statements = statementsOf(input, resolving.input);
    this.lines = input.text.split(/\r\n|\n|\r/);
    this.reported = new Set(input.document.diagnostics.map(({ line, column }) => `${line}:${column}`));
  }

  resolve(): ResolvedPlan {
    const { id, entry, document, frontMatter, file, digest } = this.input;
    this.takeDiagnostics();
    this.checkEntryNames();
    const said = frontMatter?.value ?? {};
    const features = { ...said.features, ...entry?.features };
    const verify = entry?.verify ?? said.verify;
    const cost = amountOf(entry?.cost ?? said.cost);
    const plan: Plan = {
      id,
      file,
      fileDigest: digest,
      format: document.format,
      title: document.title,
      goal: document.goal ?? '',
      branch: entry?.branch ?? said.branch ?? `plan/${id}`,
      priority: parsePriority(entry?.priority ?? said.priority ?? this.resolving.defaults.priority ?? 'medium'),
      depends: this.planDepends(),
      phases: document.phases.map((phase) => this.phase(phase)),
      ...(document.waves === undefined ? {} : { waves: document.waves }),
    };
    return {
      plan,
      execution: {
        id,
        frontMatter: executionPart(said),
        entry: executionPart(entry ?? {}),
        tasks: this.executions,
        ...(Object.keys(features).length === 0 ? {} : { features: definedOnly(features) }),
        ...(verify === undefined ? {} : { verify }),
        ...(cost === undefined ? {} : { cost }),
      },
    };
  }

  private takeDiagnostics(): void {
    for (const diagnostic of this.input.document.diagnostics) {
      if (diagnostic.severity === 'error') this.failAt(diagnostic, diagnostic.code, diagnostic.message, diagnostic.hint);
      else this.resolving.remark({ ...diagnostic, ...this.spot(diagnostic) });
    }
    // Words that our own nodes are named with: a task of that name could not be told from them.
    for (const task of this.input.document.phases.flatMap((phase) => phase.tasks)) {
      if (/^(start|landed|verify|phase|wave)/.test(task.id) && /^(start|landed|verify)$|^(phase|wave)\d/.test(task.id)) {
        this.failAt(task.place, 'task-id', `a task cannot be named \`${quoted(task.id)}\``);
      }
    }
  }

  /** Every phase and task that the entry speaks of must exist. */
  private checkEntryNames(): void {
    const { id, document } = this.input;
    for (const { said, path } of this.statements) {
      const tasks = new Set(document.phases.flatMap((phase) => phase.tasks.map((task) => task.id)));
      const phases = new Set(document.phases.map((phase) => `phase${phase.id}`));
      for (const [kind, keys, known] of [
        ['task', Object.keys(said.tasks ?? {}), tasks],
        ['phase', Object.keys(said.phases ?? {}), phases],
      ] as const) {
        for (const key of keys) {
          if (known.has(key)) continue;
          const near = kind === 'phase' && known.has(`phase${key}`) ? `phase${key}` : nearestName(key, known);
          const message = `plan ${id} has no ${kind} \`${quoted(key)}\``;
          const place = path.placeOfKey([`${kind}s`], key);
          this.fail({ kind: 'input', code: `unknown-${kind}`, message, ...at(place), ...hint(near === undefined ? undefined : `did you mean \`${near}\`?`) });
        }
      }
    }
  }

  /** The entry's word replaces the front matter's. */
  private planDepends(): readonly NodeId[] {
    const { id } = this.input;
    const statement = this.statements.find(({ said }) => said.depends !== undefined);
    const nodes = (statement?.said.depends ?? []).flatMap((text, index) => {
      const place = statement?.path.placeOf(['depends', index]);
      const waits = this.take(this.resolving.references.named(text, undefined), { waiter: id, place, quoted: text });
      if (waits.own.length > 0) this.fail({ kind: 'input', code: 'own-plan', message: `plan ${id} cannot wait for itself: \`${quoted(text)}\``, ...at(place), hint: 'say it of a phase or a task' });
      return waits.others;
    });
    return unique(nodes);
  }

  private phase(phase: DocumentPhase): Phase {
    const { id } = this.input;
    const waiter = `${id}.phase${phase.id}`;
    const stated = this.refer(phase.depends ?? [], waiter);
    const added = this.statements.flatMap(({ said, path }) => this.nameAll(own(said.phases, `phase${phase.id}`)?.depends, ['phases', `phase${phase.id}`, 'depends'], path, waiter));
    const pipeline = phase.pipelineStart;
    const when = pipeline !== undefined && 'when' in pipeline ? this.refer([pipeline.when], waiter) : undefined;
    const opens = [...(when?.own ?? []), ...(when?.others ?? [])];
    const [task] = opens;
    const afterPhase = task !== undefined && pipeline !== undefined && 'when' in pipeline && (pipeline.when.to.kind !== 'task' || opens.length > 1) ? opens : [];
    const statesOwn = phase.depends !== undefined && (stated.own.length > 0 || stated.others.length === 0 || phase.depends.length === 0) && !this.onlyUnknown(phase.depends, stated);
    const after = statesOwn || afterPhase.length > 0 ? unique([...stated.own, ...afterPhase]) : undefined;
    const early = pipeline !== undefined && 'percent' in pipeline ? { percent: pipeline.percent } : task !== undefined && afterPhase.length === 0 ? { when: task as TaskId } : undefined;
    return {
      id: phase.id,
      title: phase.title,
      parallel: phase.parallel,
      order: this.orderOf(phase),
      ...(after === undefined ? {} : { after }),
      depends: unique([...stated.others, ...added]),
      ...(early === undefined ? {} : { pipelineStart: early }),
      sequences: phase.sequences,
      tasks: phase.tasks.map((each) => this.task(each)),
      verifies: phase.verifies,
    };
  }

  /** True when something was stated and none of it exists: then the phase's or file's rule is safer than none. */
  private onlyUnknown(stated: readonly Reference[], found: Waits): boolean {
    return stated.length > 0 && found.own.length === 0 && found.others.length === 0;
  }

  /** Where files say nothing of order, the manifest may make them strict; it never loosens an order that a file states. */
  private orderOf(phase: DocumentPhase): 'free' | 'file' {
    const { entry, frontMatter } = this.input;
    const wished = entry?.order ?? frontMatter?.value.order ?? this.resolving.defaults.order ?? 'free';
    return wished === 'file' ? 'file' : phase.order;
  }

  private task(task: DocumentTask): Task {
    const id = taskId(this.input.id, task.id);
    const entries = this.statements.map(({ said, path }) => ({ entry: own(said.tasks, task.id), path }));
    const said = Object.assign({}, ...entries.map(({ entry }) => definedOnly(entry ?? {})).reverse()) as TaskEntry;
    const stated = task.depends === undefined ? undefined : this.refer(task.depends, id);
    const added = entries.flatMap(({ entry, path }) => this.nameAll(entry?.depends, ['tasks', task.id, 'depends'], path, id));
    const statesOwn = stated !== undefined && (stated.own.length > 0 || task.depends?.length === 0);
    const estimate = said.estimate === undefined ? task.estimateSeconds : parseDuration(said.estimate);
    const size = said.size ?? (said.estimate === undefined ? task.size : undefined);
    const cost = amountOf(said.cost);
    this.executions.push({
      id,
      ...(cost === undefined ? {} : { cost }),
      file: definedOnly({ timeout: task.timeoutSeconds, retries: task.retries }),
      entry: executionPart(said),
    });
    return {
      id,
      title: task.title,
      line: task.place.line,
      done: task.done,
      kind: task.kind,
      group: task.group,
      body: task.body,
      ...(task.script === undefined ? {} : { script: task.script }),
      ...(statesOwn ? { after: unique(stated.own) } : {}),
      depends: unique([...(stated?.others ?? []), ...added]),
      parallel: task.parallel,
      files: this.filesOf(task, said),
      ...(size === undefined ? {} : { size }),
      ...(estimate === undefined ? {} : { estimateSeconds: estimate }),
      uses: this.usesOf(task, said, entries[0]?.path),
      changesNothing: task.changesNothing,
    };
  }

  private filesOf(task: DocumentTask, said: TaskEntry): readonly string[] {
    const waived = [...(this.input.entry?.waive ?? []), ...(this.input.frontMatter?.value.waive ?? []), ...(said.waive ?? [])];
    const files = said.files ?? task.files.map((file) => file.path);
    const inside = files.filter((file) => !file.startsWith('/') && !file.split('/').includes('..'));
    return unique(inside.filter((file) => !waived.some((pattern) => pattern === file || matchesGlob(pattern, file))));
  }

  private usesOf(task: DocumentTask, said: TaskEntry, path: Places | undefined): Readonly<Record<string, number>> {
    if (said.uses === undefined) return task.uses;
    if (!Array.isArray(said.uses)) return said.uses;
    const uses: Record<string, number> = {};
    for (const [index, text] of said.uses.entries()) {
      const use = parseUse(text);
      const place = path?.placeOf(['tasks', task.id, 'uses', index]);
      if (use !== undefined) uses[use.pool] = use.amount;
      else this.fail({ kind: 'input', code: 'wrong-value', message: `\`${quoted(text)}\` is no pool; expected \`gpu\` or \`db:2\``, ...at(place) });
    }
    return uses;
  }

  /** Names as the manifest writes them, of a phase or a task. */
  private nameAll(names: readonly string[] | undefined, path: readonly (string | number)[], places: Places, waiter: NodeId): readonly NodeId[] {
    return (names ?? []).flatMap((text, index) => {
      const waits = this.take(this.resolving.references.named(text, this.input.id), { waiter, place: places.placeOf([...path, index]), quoted: text });
      return [...waits.own, ...waits.others];
    });
  }

  /** References as the plan file writes them. An unknown id of the own plan is remarked: real files hold such; of another plan it is a mistake. */
  private refer(references: readonly Reference[], waiter: NodeId): Waits {
    const own: NodeId[] = [];
    const others: NodeId[] = [];
    for (const reference of references) {
      const resolution = this.resolving.references.referred(reference, this.input.id);
      const place = this.spot(reference.place);
      const foreign = reference.plan !== undefined && reference.plan !== this.input.id;
      if (!('nodes' in resolution) && (!foreign || this.resolving.input.alone)) {
        if (this.reported.has(`${place.line}:${place.column}`)) continue;
        const severity = 'warning';
        const message = foreign ? `\`${quoted(reference.text)}\` is not part of this run and is not waited for` : `${resolution.message}: not waited for`;
        this.resolving.remark({ severity, code: resolution.code, message, ...place, ...hint(foreign ? undefined : resolution.hint) });
        continue;
      }
      const waits = this.take(resolution, { waiter, place, quoted: reference.text });
      own.push(...waits.own);
      others.push(...waits.others);
    }
    return { own, others };
  }

  private take(resolution: Resolution, said: { waiter: NodeId; place: SourcePlace | undefined; quoted: string }): Waits {
    const { id } = this.input;
    if (!('nodes' in resolution)) {
      this.fail({ kind: 'input', code: resolution.code, message: resolution.message, ...at(said.place), ...hint(resolution.hint) });
      return { own: [], others: [] };
    }
    const nodes = resolution.nodes.filter((node) => {
      const whole = planOf(node) === id && (node === id || node.endsWith('.landed'));
      if (node.endsWith('.landed') && !this.resolving.landsEach) {
        const message = `\`${quoted(said.quoted)}\` can be waited for only where each plan lands by itself`;
        this.fail({ kind: 'input', code: 'landed-needs-each', message, ...at(said.place), hint: `say \`landing: { mode: each }\`, or wait for \`${planOf(node)}\`` });
        return false;
      }
      if (whole && said.waiter !== id) {
        this.fail({ kind: 'input', code: 'own-plan', message: `${said.waiter} is part of plan ${id} and cannot wait for all of it`, ...at(said.place), hint: 'name a phase or a task' });
        return false;
      }
      return true;
    });
    for (const node of nodes) if (said.place !== undefined && !this.resolving.places.has(`${said.waiter} ${node}`)) this.resolving.places.set(`${said.waiter} ${node}`, said.place);
    return { own: nodes.filter((node) => planOf(node) === id), others: nodes.filter((node) => planOf(node) !== id) };
  }

  private fail(failure: Failure): void {
    this.resolving.fail(failure);
  }

  private failAt(place: Place | Diagnostic, code: string, message: string, advice?: string): void {
    this.fail({ kind: 'input', code, message, place: this.spot(place), ...hint(advice) });
  }

  private spot({ line, column, endColumn }: Place): SourcePlace {
    const source = this.lines[line - 1];
    return { file: this.input.shown, line, column, ...(endColumn === undefined ? {} : { endColumn }), ...(source === undefined || source.length > longestLine ? {} : { source: source.replace(/^\ufeff/, '') }) };
  }
}

function amountOf(written: string | number | undefined): number | undefined {
  return written === undefined ? undefined : parseCost(written)?.amount;
}
