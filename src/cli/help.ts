import { commandGroups } from './commands.js';

/** What `plan --help` prints. Made from the table alone, so that it needs to load nothing. */
export function overview(columns: number): string {
  const longest = Math.max(...commandGroups.flatMap(({ commands }) => commands.map(({ name }) => name.length)));
  const room = Math.max(20, columns - longest - 4);
  const groups = commandGroups.map(({ title, commands }) =>
    [`${title}:`, ...commands.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${wrapped(summary, room).join(`\n${' '.repeat(longest + 4)}`)}`)].join('\n'),
  );
  return [
    'Runs many plans at once on git worktrees and lands their branches as one verified move.',
    '',
    'Usage: plan <command> [options]',
    '',
    groups.join('\n\n'),
    '',
    'Everywhere: --json  -C <folder>  --no-color  --help  --version',
    'Exit: 0 done · 1 failed or blocked · 2 bad call or input · 3 a person is needed · 70 our fault · 130 interrupted',
    '',
    'First time here? `plan demo` shows it all in a throw-away repository.',
  ].join('\n');
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
