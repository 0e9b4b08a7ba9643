/** What an attempt's process finds in its environment. */
import type { AttemptRequest } from './executor.js';
import { attemptMark, markVariable } from './mark.js';

/** A title longer than this is cut: one variable may not hold more than 128 KiB. */
const titleLength = 4096;

/** Gives each worktree ports of its own, so that servers of tasks side by side do not meet. */
export interface PortBases {
  /** The first of `portsEach` ports; the same for the same worktree as long as the program runs. */
  of(worktree: string): number;
}

/** Ports that a worktree may use from its `PLAN_PORT_BASE` on. */
export const portsEach = 20;
/** Below the range from which systems hand out ports by themselves. */
const firstPort = 20_000;
const portBlocks = 600;

/** Numbers are spread by path, so that two programs on one machine seldom choose the same. */
export function createPortBases(): PortBases {
  const blocks = new Map<string, number>();
  const taken = new Set<number>();
  return {
    of(worktree) {
      let block = blocks.get(worktree);
      if (block === undefined) {
        block = hash(worktree) % portBlocks;
        while (taken.has(block) && taken.size < portBlocks) block = (block + 1) % portBlocks;
        blocks.set(worktree, block);
        taken.add(block);
      }
      return firstPort + block * portsEach;
    },
  };
}

/** The caller's environment, the execution's own variables, and ours, which win. `promptFile` is what `PLAN_PROMPT_FILE` names. */
export function attemptEnvironment(request: AttemptRequest, promptFile: string, ports: PortBases): Record<string, string> {
  const environment: Record<string, string> = { ...request.environment, ...request.execution.env };
  const outer = request.environment[markVariable];
  const mark = attemptMark(request.run, request.outputFile, request.node, request.attempt);
  Object.assign(environment, {
    PLAN_RUN: request.run,
    PLAN_ID: request.plan,
    PLAN_PHASE: request.phase,
    PLAN_TASK: request.task,
    PLAN_TASK_TITLE: request.title.slice(0, titleLength),
    PLAN_ATTEMPT: String(request.attempt),
    PLAN_WORKTREE: request.worktree,
    PLAN_PROMPT_FILE: promptFile,
    PLAN_PORT_BASE: String(ports.of(request.worktree)),
    TMPDIR: request.scratch,
    [markVariable]: outer === undefined || outer === '' ? mark : `${outer} ${mark}`,
  });
  // The kernel ends a variable at a NUL, and Node refuses it.
  for (const [name, value] of Object.entries(environment)) if (value.includes('\0')) environment[name] = value.replaceAll('\0', '');
  return environment;
}

/** FNV-1a: spreads paths evenly, and the same in every program. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
