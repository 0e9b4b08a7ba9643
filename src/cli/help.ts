import { flow, wrap } from '../status/printable.js';
import { commandGroups } from './commands.js';

/** What `plan --help` prints. Made from the table alone, so that it needs to load nothing. */
export function overview(columns: number): string {
  const longest = Math.max(...commandGroups.flatMap(({ commands }) => commands.map(({ name }) => name.length)));
  const room = Math.max(20, columns - longest - 4);
  const groups = commandGroups.map(({ title, commands }) =>
    [`${title}:`, ...commands.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${wrap(summary, room).replaceAll('\n', `\n${' '.repeat(longest + 4)}`)}`)].join('\n'),
  );
  return [
    wrap('Runs many plans at once on git worktrees and lands their branches as one verified move.', columns),
    '',
    'Usage: plan <command> [options]',
    '',
    groups.join('\n\n'),
    '',
    wrap('Everywhere: --json  -C <folder>  --no-color  --help  --version', columns, 12),
    `Exit: ${flow(['0 done', '1 failed or blocked', '2 bad call or input', '3 a person is needed', '70 our fault', '130 interrupted'], columns, 6)}`,
    '',
    wrap('First time here? `plan demo` shows it all in a throw-away repository.', columns),
  ].join('\n');
}
