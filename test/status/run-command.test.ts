import { execFileSync } from 'node:child_process';
import { commandWord, runCommand } from '../../src/status/run-command.js';

test.each([
  ['m.yml', 'plan orchestrate-multi m.yml'],
  ['../a b/it\u2019s.yaml', "plan orchestrate-multi '../a b/it\u2019s.yaml'"],
  ["it's.yml", "plan orchestrate-multi 'it'\\''s.yml'"],
  ['-n.yml', 'plan orchestrate-multi ./-n.yml'],
  ['plans/a.md', 'plan orchestrate --plan plans/a.md'],
  ['.taskmaster/tasks/tasks.json', 'plan orchestrate --plan .taskmaster/tasks/tasks.json'],
])('%s is run by %s', (file, command) => {
  expect(runCommand(file)).toBe(command);
});

test('a shell reads every word back as it was, and a terminal obeys nothing in it', () => {
  const words = ['', ' ', '~', '$HOME', '`id`', 'a;b', 'a&b', '*', '#x', '!1', '"', "'", '\\', 'a=b', '{a,b}', '<', '(x)', '%', 'ä', '日本'];
  const read = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(commandWord).join(' ')}`]).toString().split('\0').slice(0, -1);
  expect(read).toEqual(words);
  expect(commandWord('\u001b[31m.yml')).not.toContain('\u001b');
});
