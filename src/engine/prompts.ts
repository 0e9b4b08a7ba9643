/** Gathers what an executor is told about its task: from the state alone, so that a prompt costs no git. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../base/assert.js';
import { ownSession } from '../executor/agent/session-name.js';
import { parsePromptTemplate, renderPrompt, type DependencyFacts, type EarlierAttempt, type PromptFacts, type PromptKind } from '../executor/prompt.js';
import { createMask } from '../executor/secrets.js';
import type { Template } from '../executor/template.js';
import { localOf, phaseNode, planOf, type NodeId } from '../model/ids.js';
import { executionOf, type Phase } from '../model/orchestration.js';
import { commitOf, lastAttempt, nodeState, type AttemptState, type RunState } from '../state/run-state.js';
import { verifyOf } from './attempts.js';
import { findTask, requirePlan } from './run-view.js';

export interface PromptParts {
  readonly state: RunState;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of the shipped templates. */
  readonly templates: string;
  /** The last lines of an attempt's output. */
  readonly outputOf: (node: NodeId, attempt: number) => Promise<string>;
}

/** Renders prompts; each template is read once, the user's own out of the settings: it was checked before the run began. */
export function promptWriter(parts: PromptParts): (node: NodeId, attempt: number, worktree: string) => Promise<string> {
  const templates = new Map<string, Promise<Template>>();
  const templateOf = (kind: PromptKind): Promise<Template> => {
    const own = parts.state.settings.prompts?.[kind];
    const key = own ?? `shipped ${kind}`;
    let template = templates.get(key);
    if (!template) templates.set(key, (template = load(parts, kind, own)));
    return template;
  };
  const mask = createMask([parts.environment], parts.state.settings.secrets);
  return async (node, attempt, worktree) => {
    const { executor } = executionOf(parts.state.settings, node);
    const task = findTask(parts.state.orchestration, node);
    // A shell reads its script, not a prompt: its environment says the rest.
    if (executor.kind === 'shell') return task ? [task.task.title, task.task.body].filter((text) => text !== '').join('\n\n') : '';
    const facts = await promptFacts(parts, node, attempt, worktree);
    return renderPrompt(await templateOf(task ? 'task' : 'verify'), facts, mask);
  };
}

async function load(parts: PromptParts, kind: PromptKind, own: string | undefined): Promise<Template> {
  const template = parsePromptTemplate(own ?? (await readFile(join(parts.templates, 'prompts', `${kind}.md`), 'utf8')));
  assert(template.ok, `the ${kind} prompt template is not valid`);
  return template.value;
}

/** All that a prompt may say about a node. */
export async function promptFacts(parts: PromptParts, node: NodeId, attempt: number, worktree: string): Promise<PromptFacts> {
  const { state } = parts;
  const { plan } = requirePlan(state, planOf(node));
  const placed = findTask(state.orchestration, node);
  const verify = placed ? undefined : verifyOf(state, node);
  const phase = plan.phases.find((one) => one.id === (placed?.phase ?? nodeState(state, node)?.node.phase));
  const { executor } = executionOf(state.settings, node);
  const before = (nodeState(state, node)?.attempts ?? []).filter((one) => one.number < attempt);
  const earlier = before.filter((one) => one.outcome?.result !== 'passed');
  return {
    plan: { id: plan.id, title: plan.title, goal: plan.goal, branch: plan.branch },
    phase: { id: phase?.id ?? '', title: phase?.title ?? '' },
    task: localOf(node),
    title: placed?.task.title ?? verify?.title ?? '',
    group: placed?.task.group ?? [],
    body: placed?.task.body ?? '',
    ...(placed?.task.script !== undefined && { script: placed.task.script }),
    files: placed?.task.files ?? [],
    changesNothing: placed?.task.changesNothing ?? true,
    criteria: verify?.criteria ?? [],
    worktree,
    dependencies: dependenciesOf(state, node),
    attempt,
    earlier: await Promise.all(earlier.map((one) => earlierAttempt(parts, node, one))),
    resumed: executor.kind === 'agent' && ownSession(executor.agent, before.at(-1)?.session, false) !== undefined,
    returnsFiles: 'returns' in executor && executor.returns === 'files',
  };
}

async function earlierAttempt(parts: PromptParts, node: NodeId, attempt: AttemptState): Promise<EarlierAttempt> {
  const { outcome, rejected, salvaged, number } = attempt;
  const how = rejected ? `its work could not be committed: ${rejected.reason} ${rejected.files.join(', ')}` : [outcome?.result, outcome?.reason, outcome?.exitCode].filter((part) => part !== undefined).join(' ');
  return { attempt: number, how, output: await parts.outputOf(node, number), ...(salvaged && { kept: salvaged.ref }) };
}

/** What the tasks and phases directly before a node have delivered. */
function dependenciesOf(state: RunState, node: NodeId): readonly DependencyFacts[] {
  const placed = findTask(state.orchestration, node);
  const named = [...(placed?.task.after ?? []), ...(placed?.task.depends ?? []), ...(nodeState(state, node)?.node.imports ?? [])];
  return [...new Set(named)].flatMap((id) => {
    const task = findTask(state.orchestration, id);
    if (task) return [delivered(state, id, task.task.title, [id])];
    const found = nodeState(state, id)?.node;
    const phase = found?.phase === undefined ? undefined : requirePlan(state, found.plan).plan.phases.find((one) => one.id === found.phase);
    if (phase && found) return [delivered(state, phaseNode(found.plan, phase.id), phase.title, tasksOf(phase))];
    return found?.kind === 'plan' ? [delivered(state, id, requirePlan(state, found.plan).plan.title, requirePlan(state, found.plan).plan.phases.flatMap(tasksOf))] : [];
  });
}

function tasksOf(phase: Phase): readonly NodeId[] {
  return phase.tasks.map((task) => task.id);
}

function delivered(state: RunState, id: NodeId, title: string, tasks: readonly NodeId[]): DependencyFacts {
  const commits = tasks.flatMap((task) => {
    const commit = commitOf(state, task);
    return commit === undefined ? [] : [{ commit, subject: findTask(state.orchestration, task)?.task.title ?? task }];
  });
  const notes = tasks.flatMap((task) => {
    const found = nodeState(state, task);
    return (found && lastAttempt(found)?.outcome?.note) ?? [];
  });
  return { id, title, summary: notes.join('\n'), commits };
}
