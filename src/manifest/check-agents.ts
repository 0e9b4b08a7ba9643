/** Agents that the settings name: each is one that is known or described, with options that it has; or every mistake, before anything starts. */

import { nearestName, neutralise, shorten } from '../base/text.js';
import { agentProblem, shippedAgents } from '../executor/agent/find-adapter.js';
import type { Failure, SourcePlace } from '../model/failure.js';
import { localOf, planOf, type NodeId } from '../model/ids.js';
import type { Settings } from '../model/orchestration.js';
import type { ResolveInput } from './resolve-input.js';
import type { ExecutionEntry } from './schema.js';
import type { Path } from './source.js';

/** Fails for each agent that cannot be used, once for each place that names it. */
export function checkAgents(input: ResolveInput, execution: Settings['execution'], fail: (failure: Failure) => void): void {
  const said = new Set<string>();
  for (const [node, { executor }] of Object.entries(execution)) {
    const problem = executor.kind === 'agent' ? agentProblem(executor) : undefined;
    if (problem === undefined) continue;
    const place = placeOfExecutor(input, node, problem.at);
    const once = JSON.stringify([problem.message, place?.file, place?.line, place?.column]);
    if (said.has(once)) continue;
    said.add(once);
    const at = place === undefined ? {} : { place };
    if (problem.unknown === undefined) {
      fail({ kind: 'input', code: 'agent-options', message: shorten(neutralise(problem.message), 400), ...at, hint: 'see docs/agents.md for what an agent may be told' });
      continue;
    }
    const near = nearestName(problem.unknown, shippedAgents);
    const known = `known are ${shippedAgents.join(', ')}, and any with \`options.description\``;
    fail({ kind: 'input', code: 'unknown-agent', message: `no agent is called \`${shorten(neutralise(problem.unknown), 80)}\``, ...at, hint: near === undefined ? known : `did you mean \`${near}\`? ${known}` });
  }
}

/** The strongest statement of an executor for a node that stands in a file; undefined where flags, the environment or `.planrc.yml` say it. */
function placeOfExecutor({ layers, plans, placeOf }: ResolveInput, node: NodeId, below: Path): SourcePlace | undefined {
  if ([layers.flags, layers.environment].some((layer) => layer.defaults?.executor !== undefined)) return undefined;
  const path: Path = ['executor', ...below];
  const plan = plans.find(({ id }) => id === planOf(node));
  const says = (entry: ExecutionEntry | undefined): boolean => entry?.executor !== undefined;
  const task = localOf(node);
  const ofTask = (tasks: Readonly<Record<string, ExecutionEntry>> | undefined): ExecutionEntry | undefined => (tasks !== undefined && Object.hasOwn(tasks, task) ? tasks[task] : undefined);
  if (plan !== undefined && node.includes('.')) {
    if (says(ofTask(plan.entry?.tasks))) return placeOf(['plans', plan.id, 'tasks', task, ...path]);
    if (says(ofTask(plan.frontMatter?.value.tasks))) return plan.frontMatter?.placeOf(['tasks', task, ...path]);
  }
  if (says(plan?.entry)) return placeOf(['plans', plan?.id ?? '', ...path]);
  if (says(plan?.frontMatter?.value)) return plan?.frontMatter?.placeOf(path);
  return says(layers.manifest.defaults) ? placeOf(['defaults', ...path]) : undefined;
}
