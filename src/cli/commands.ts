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
    ],
  },
  {
    title: 'By hand',
    commands: [
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
    ],
  },
  {
    title: 'Set up',
    commands: [
      { name: 'completion', summary: 'completion for bash, zsh or fish', load: () => import('./commands/completion.js') },
    ],
  },
];

/** All commands by name. */
export const commands: ReadonlyMap<string, CommandEntry> = new Map(commandGroups.flatMap((group) => group.commands.map((entry) => [entry.name, entry] as const)));
