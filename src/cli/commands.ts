import type { Command } from './command.js';

/** A line of the command table: what `plan --help` shows, and how the command is loaded when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Commands by what they are for, in the order in which help shows them. */
export const commandGroups: readonly { readonly title: string; readonly commands: readonly CommandEntry[] }[] = [
  {
    title: 'Run',
    commands: [
      { name: 'orchestrate-multi', summary: 'run the plans of a manifest at once, each on its own worktree, and land them', load: () => import('./commands/orchestrate-multi.js') },
      { name: 'orchestrate', summary: 'the same for one plan file', load: () => import('./commands/orchestrate.js') },
      { name: 'demo', summary: 'make a small repository and watch three plans run and land', load: () => import('./commands/demo.js') },
    ],
  },
  {
    title: 'Look',
    commands: [
      { name: 'check', summary: 'what was understood of a plan file or a manifest, and what is wrong with it', load: () => import('./commands/check.js') },
      { name: 'status', summary: 'where a run stands: --watch follows it, --timeline draws it', load: () => import('./commands/status.js') },
      { name: 'logs', summary: 'what a task wrote', load: () => import('./commands/logs.js') },
      { name: 'log', summary: 'what happened in a run, as a story', load: () => import('./commands/log.js') },
      { name: 'graph', summary: 'what waits for what: Mermaid, DOT or SVG', load: () => import('./commands/graph.js') },
      { name: 'conflicts', summary: 'files that several tasks would write, and what was ordered because of it', load: () => import('./commands/conflicts.js') },
      { name: 'simulate', summary: 'how long it would take: timeline, critical path, lower bound', load: () => import('./commands/simulate.js') },
      { name: 'prompt', summary: 'exactly what an executor would be told', load: () => import('./commands/prompt.js') },
      { name: 'report', summary: 'the morning page: what landed, failed, waits', load: () => import('./commands/report.js') },
    ],
  },
  {
    title: 'By hand',
    commands: [
      { name: 'next', summary: 'the tasks that can be begun now', load: () => import('./commands/next.js') },
      { name: 'mark', summary: 'say that a task is started, complete, failed or skipped', load: () => import('./commands/mark.js') },
      { name: 'use', summary: 'choose the plan that commands without --plan mean', load: () => import('./commands/use.js') },
    ],
  },
  {
    title: 'Steer a run',
    commands: [
      { name: 'retry', summary: 'run tasks again that failed', load: () => import('./commands/retry.js') },
      { name: 'skip', summary: 'go on without a task', load: () => import('./commands/skip.js') },
      { name: 'cancel', summary: 'stop what a task or plan is doing; its work is kept', load: () => import('./commands/cancel.js') },
      { name: 'pause', summary: 'start nothing new, in the whole run or in some plans', load: () => import('./commands/pause.js') },
      { name: 'resume', summary: 'go on after a pause', load: () => import('./commands/resume.js') },
      { name: 'shell', summary: "take a plan's worktree over by hand", load: () => import('./commands/shell.js') },
      { name: 'replan', summary: 'take up plan files that changed during a run', load: () => import('./commands/replan.js') },
    ],
  },
  {
    title: 'Land and keep',
    commands: [
      { name: 'land', summary: 'let finished plans move the target', load: () => import('./commands/land.js') },
      { name: 'diff', summary: 'what would land', load: () => import('./commands/diff.js') },
      { name: 'resolve', summary: 'open a worktree in which a conflict can be resolved', load: () => import('./commands/resolve.js') },
      { name: 'undo', summary: 'take a landing back out of the target', load: () => import('./commands/undo.js') },
      { name: 'salvage', summary: 'work that was kept of attempts that ended badly', load: () => import('./commands/salvage.js') },
      { name: 'clean', summary: 'remove worktrees and refs that are proved to be kept elsewhere', load: () => import('./commands/clean.js') },
    ],
  },
  {
    title: 'At night',
    commands: [
      { name: 'queue', summary: 'manifests that wait for their turn: add, list, remove, run', load: () => import('./commands/queue.js') },
      { name: 'nightly', summary: 'work through the queue between two times of day', load: () => import('./commands/nightly.js') },
    ],
  },
  {
    title: 'Set up',
    commands: [
      { name: 'init', summary: 'find the plans of a repository and write a manifest', load: () => import('./commands/init.js') },
      { name: 'doctor', summary: 'what in this repository or machine would get in the way', load: () => import('./commands/doctor.js') },
      { name: 'schema', summary: 'JSON Schemas of the manifest and of what --json prints', load: () => import('./commands/schema.js') },
      { name: 'completion', summary: 'completion for bash, zsh or fish', load: () => import('./commands/completion.js') },
    ],
  },
];

/** All commands by name. */
export const commands: ReadonlyMap<string, CommandEntry> = new Map(commandGroups.flatMap((group) => group.commands.map((entry) => [entry.name, entry] as const)));
