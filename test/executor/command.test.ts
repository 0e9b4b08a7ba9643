import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCommandExecutor, parseResultLine } from '../../src/executor/command.js';
import type { AttemptOutcome } from '../../src/model/event.js';
import type { ExecutorSettings } from '../../src/model/orchestration.js';
import { AttemptRig } from './attempt-rig.js';

const rig = new AttemptRig();
type CommandSettings = Omit<Extract<ExecutorSettings, { kind: 'command' }>, 'kind' | 'command'>;

async function run(script: string, settings: Partial<CommandSettings> = {}): Promise<AttemptOutcome & { readonly output: string }> {
  const request = rig.request({ kind: 'command', command: ['sh', '-c', script], prompt: 'stdin', ...settings }, { prompt: 'do this\n' });
  const outcome = await createCommandExecutor(rig.tools()).begin(request, rig.report).finished;
  return { ...outcome, output: rig.output(request) };
}

const written = (path: string): string => readFileSync(join(rig.worktree, path), 'utf8');

test('the prompt comes on standard input or in a file, as asked', async () => {
  expect(await run('cat')).toMatchObject({ result: 'passed', output: 'do this\n' });
  expect(await run('cat; cat "$PLAN_PROMPT_FILE"', { prompt: 'file' })).toMatchObject({ result: 'passed', output: 'do this\n' });
});

test('arguments are arguments', async () => {
  const request = rig.request({ kind: 'command', command: ['printf', '[%s]', '$(id)', '; id', '*'], prompt: 'file' });
  await createCommandExecutor(rig.tools()).begin(request, rig.report).finished;
  expect(rig.output(request)).toBe('[$(id)][; id][*]');
});

describe('result: json', () => {
  const json = (line: string, code = 0): string => `echo working; echo noise >&2; printf '%s\\n' '${line}'; exit ${code}`;

  test.each<[string, string, Partial<AttemptOutcome>]>([
    ['passed with summary and cost', json('{"status":"done","summary":"all of it","cost":0.25}'), { result: 'passed', note: 'all of it', usage: { cost: 0.25 } }],
    ['failed by its own word', json('{"status":"failed","summary":"no idea"}'), { result: 'failed', reason: 'executor', note: 'no idea' }],
    ['passed by word, failed by exit code', json('{"status":"success","summary":"great"}', 2), { result: 'failed', reason: 'exit', exitCode: 2, note: 'great' }],
    ['no JSON', json('done'), { result: 'failed', reason: 'bad-output' }],
    ['an unknown status', json('{"status":"maybe"}'), { result: 'failed', reason: 'bad-output' }],
    ['nothing at all', 'true', { result: 'failed', reason: 'bad-output' }],
    ['no JSON and a failure', 'echo oops; exit 1', { result: 'failed', reason: 'exit', exitCode: 1, note: 'oops' }],
    ['JSON before later noise on stderr', `echo '{"status":"ok"}'; echo late >&2`, { result: 'passed' }],
  ])('%s', async (_, script, expected) => {
    expect(await run(script, { result: 'json' })).toMatchObject(expected);
  });

  test.each(['null', '1', '"ok"', '[]', '{}', '{"status":1}', '{"status":"toString"}', '', '{'])('%s is no result', (line) => {
    expect(parseResultLine(line)).toBeUndefined();
  });

  test('a cost that is no amount is not taken', () => {
    expect(parseResultLine('{"status":"ok","cost":-1}')).toEqual({ result: 'passed' });
    expect(parseResultLine('{"status":"ok","cost":"1"}')).toEqual({ result: 'passed' });
  });
});

describe('returns: files', () => {
  test('what is returned is written', async () => {
    const answer = 'Here it is.\n\nFILE: src/new.ts\n```ts\nexport const a = 1;\n```\n';
    expect(await run(`printf '%s' '${answer}'`, { returns: 'files' })).toMatchObject({ result: 'passed' });
    expect(written('src/new.ts')).toBe('export const a = 1;\n');
  });

  test('a path that leaves writes nothing at all', async () => {
    const answer = JSON.stringify([{ path: 'fine.txt', content: 'x' }, { path: '../evil.txt', content: 'x' }]);
    expect(await run(`printf '%s' '${answer}'`, { returns: 'files' })).toMatchObject({ result: 'failed', reason: 'bad-output', note: expect.stringContaining('../evil.txt') });
    expect(existsSync(join(rig.worktree, 'fine.txt'))).toBe(false);
    expect(existsSync(join(rig.folder, 'evil.txt'))).toBe(false);
  });

  test('nothing is written when the program failed', async () => {
    expect(await run(`echo '[{"path":"failed.txt","content":"x"}]'; exit 1`, { returns: 'files' })).toMatchObject({ result: 'failed', reason: 'exit' });
    expect(existsSync(join(rig.worktree, 'failed.txt'))).toBe(false);
  });

  test('together with a result line', async () => {
    const script = `echo '[{"path":"both.txt","content":"x"}]'; echo '{"status":"ok","summary":"one file"}'`;
    expect(await run(script, { returns: 'files', result: 'json' })).toMatchObject({ result: 'passed', note: 'one file' });
    expect(written('both.txt')).toBe('x');
  });
});
