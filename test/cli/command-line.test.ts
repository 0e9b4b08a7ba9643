import { tmpdir } from 'node:os';
import { commandGroups, commands } from '../../src/cli/commands.js';
import { exitOfFailures, exitOfOutcome } from '../../src/cli/exit.js';
import { call } from './call.js';

const nowhere = { top: tmpdir(), environment: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' } };

describe('help', () => {
  test('the overview names every command with its line', async () => {
    const { code, stdout } = await call(nowhere, ['--help']);
    expect(code).toBe(0);
    for (const { commands: entries } of commandGroups) for (const { name } of entries) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test.each([60, 80, 120])('the overview fits %i columns', async (columns) => {
    const { stdout } = await call(nowhere, ['--help'], { columns });
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });

  test('no words at all show it too, for who tries the program out', async () => {
    expect((await call(nowhere, [])).stdout).toContain('plan demo');
  });

  test.each([...commands.keys()])('`plan %s --help` says what it does and what it takes', async (name) => {
    const { command } = await (commands.get(name) as { load: () => Promise<{ command: { name: string; description: string } }> }).load();
    expect(command.name).toBe(name);
    const { code, stdout } = await call(nowhere, [name, '--help'], { columns: 100 });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^plan ${name}`));
    expect(stdout).toContain('--json');
    expect(stdout).not.toMatch(/undefined|\[object/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test('`plan help status` is `plan status --help`', async () => {
    expect((await call(nowhere, ['help', 'status'])).stdout).toBe((await call(nowhere, ['status', '--help'])).stdout);
  });
});

describe('what is mistyped', () => {
  test.each([
    [['stats'], 'there is no command `stats`', 'did you mean `plan status`?'],
    [['orchestrate-m'], 'there is no command `orchestrate-m`', 'did you mean `plan orchestrate-multi`?'],
    [['frobnicate'], 'there is no command `frobnicate`', 'see `plan --help`'],
    [['status', '--wach'], '`plan status` has no option `--wach`', 'did you mean `--watch`?'],
    [['check', 'a.md', 'b.md'], '`plan check` has no use for `b.md`', 'see `plan check --help`'],
    [['logs'], '`plan logs` needs <node>', 'see `plan logs --help`'],
    [['orchestrate-multi', 'm.yml', '--mode', 'eech'], '`--mode` does not know "eech"', 'did you mean `each`?'],
    [['orchestrate-multi', 'm.yml', '--tasks', 'many'], '`--tasks` wants a number', ''],
    [['-C', '/no/such/folder', 'status'], 'there is no folder "/no/such/folder"', ''],
  ])('%j is one clear error and exit 2', async (words, message, hint) => {
    const { code, stdout, stderr } = await call(nowhere, words);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toContain(hint);
  });

  test('all that is wrong is said at once', async () => {
    const { stderr } = await call(nowhere, ['status', 'a', 'b', '--foo', '--bar']);
    expect(stderr.match(/^error:/gm)).toHaveLength(3);
  });

  test('with --json the failures are the object on stdout', async () => {
    const { code, json } = await call(nowhere, ['stats', '--json']);
    expect(code).toBe(2);
    expect(json()).toMatchObject({ failures: [{ kind: 'input', code: 'unknown-command' }] });
  });

  test('with --json and no command, too', async () => {
    const { code, json } = await call(nowhere, ['--json']);
    expect(code).toBe(2);
    expect(json()).toMatchObject({ failures: [{ kind: 'input', code: 'no-command' }] });
  });

  test('controls in what was typed reach no terminal', async () => {
    const { stderr } = await call(nowhere, ['\u001b[2Jboo']);
    expect(stderr).not.toContain('\u001b');
  });
});

test('a number that is an id stays a text', async () => {
  const { stderr } = await call(nowhere, ['mark', '2.10', 'dune', '--plan', 'x.md']);
  expect(stderr).toContain('cannot be marked "dune"');
});

test('outside of a repository it is said what to do', async () => {
  const { code, stderr } = await call({ ...nowhere, top: '/' }, ['status']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/not in a git repository[\s\S]*hint:/);
});

describe('exit codes', () => {
  test.each([
    ['landed', 0],
    ['complete', 0],
    ['failed', 1],
    ['deadline', 1],
    ['person', 3],
    ['interrupted', 130],
  ] as const)('a run that ended %s gives %i', (outcome, code) => {
    expect(exitOfOutcome(outcome)).toBe(code);
  });

  test.each([
    [['input', 'failed'], 2],
    [['busy'], 2],
    [['person', 'failed'], 3],
    [['failed'], 1],
    [[], 0],
  ] as const)('failures of kinds %j give %i', (kinds, code) => {
    expect(exitOfFailures(kinds.map((kind) => ({ kind, code: 'x', message: 'x' })))).toBe(code);
  });
});
