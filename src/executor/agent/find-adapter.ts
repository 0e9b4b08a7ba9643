/** Which adapter a name in a manifest means, and whether its options can be used. */
import { z } from 'zod';
import type { Result } from '../../base/result.js';
import { err, ok } from '../../base/result.js';
import type { AgentAdapter, AgentOptions } from './adapter.js';
import { claude } from './claude.js';
import { codex } from './codex.js';
import { describedAdapter } from './described.js';
import { agentDescription } from './description.js';
import { gemini } from './gemini.js';
import { opencode } from './opencode.js';
import { aider, copilot, cursor } from './shipped.js';

const shipped: ReadonlyMap<string, AgentAdapter> = new Map(
  [claude, codex, gemini, opencode, describedAdapter('cursor', cursor), describedAdapter('copilot', copilot), describedAdapter('aider', aider)].map((adapter) => [adapter.name, adapter]),
);

/** Agents that have no way to be started without the right to write. */
const writesAlways: ReadonlySet<string> = new Set(['cursor', 'copilot', 'aider']);

/** Names of the agents that need no description, in the order in which they are listed to people. */
export const shippedAgents: readonly string[] = [...shipped.keys()];

const variable = z.string().regex(/^[A-Za-z_]\w*\*?$/, 'expected the name of an environment variable, or a beginning followed by *');

/** The schema of `executor.options` for an agent. */
const agentOptions = z.strictObject({
  command: z.array(z.string().min(1)).min(1).optional(),
  arguments: z.array(z.string()).max(100).optional(),
  environment: z.array(variable).max(100).optional(),
  permissionMode: z.enum(['default', 'acceptEdits', 'auto', 'bypassPermissions', 'dontAsk', 'plan']).optional(),
  skipPermissions: z.boolean().optional(),
  fallbackModel: z.string().min(1).optional(),
  appendSystemPrompt: z.string().min(1).max(100_000).optional(),
  limitPauseMinutes: z.number().positive().max(24 * 60).optional(),
  lingerSeconds: z.number().positive().max(3600).optional(),
  fallbackOn: z.array(z.enum(['limit', 'start', 'login', 'budget', 'error'])).optional(),
  fallbackOptions: z.record(z.string(), z.unknown()).optional(),
  model: z.string().min(1).optional(),
  description: agentDescription.optional(),
});

/** An agent ready to be used. */
export interface FoundAgent {
  readonly adapter: AgentAdapter;
  readonly options: AgentOptions;
}

/** What is wrong with an agent as a manifest names it. */
export interface AgentProblem {
  /** Where below the executor's settings: `['agent']`, `['options', 'permissionMode']`. */
  readonly at: readonly (string | number)[];
  /** One sentence for people. */
  readonly message: string;
  /** The name that nobody knows; absent where the options are at fault. */
  readonly unknown?: string;
}

/** The agent of that name with these options; the error is one sentence for people. A description in the options makes a new agent. */
export function findAgent(name: string, options: Readonly<Record<string, unknown>>): Result<FoundAgent, string> {
  const found = lookUp(name, options, ['agent'], ['options']);
  return found.ok ? found : err(found.error.message);
}

/** What is wrong with an agent or its fallback; undefined when both can be used. */
export function agentProblem(settings: { readonly agent: string; readonly fallback?: string; readonly returns?: 'files'; readonly options: Readonly<Record<string, unknown>> }): AgentProblem | undefined {
  for (const at of ['agent', 'fallback'] as const) {
    const name = settings[at];
    const described = at === 'agent' && settings.options['description'] !== undefined;
    if (settings.returns === 'files' && name !== undefined && !described && writesAlways.has(name)) {
      return { at: [at], message: `${name} cannot be started without the right to write, which \`returns: files\` is for` };
    }
  }
  const main = lookUp(settings.agent, settings.options, ['agent'], ['options']);
  if (!main.ok) return main.error;
  if (settings.fallback === undefined) return undefined;
  const spare = lookUp(settings.fallback, main.value.options.fallbackOptions ?? {}, ['fallback'], ['options', 'fallbackOptions']);
  return spare.ok ? undefined : spare.error;
}

function lookUp(name: string, options: Readonly<Record<string, unknown>>, atName: readonly string[], atOptions: readonly string[]): Result<FoundAgent, AgentProblem> {
  const parsed = agentOptions.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = (issue?.path ?? []).map((step) => (typeof step === 'symbol' ? step.toString() : step));
    return err({ at: [...atOptions, ...path], message: `options of agent ${name}: ${[path.join('.'), issue?.message].filter(Boolean).join(': ')}` });
  }
  const { description, ...rest } = parsed.data;
  const adapter = description === undefined ? shipped.get(name) : describedAdapter(name, description);
  if (adapter === undefined) return err({ at: atName, message: `no agent is called ${name}; known are ${shippedAgents.join(', ')}, and any with options.description`, unknown: name });
  return ok({ adapter, options: withoutUndefined(rest) });
}

function withoutUndefined(options: Readonly<Record<string, unknown>>): AgentOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
