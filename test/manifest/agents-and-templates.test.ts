/** What would end a night at its first agent is refused before it begins: agents nobody knows, options and templates with mistakes. */
import type { Failure } from '../../src/model/failure.js';
import { load, loaded, planText, removeFolders } from './repository.js';

afterAll(removeFolders);

const files = { 'a.md': planText(1), 'b.md': planText(1) };
const manifest = (...lines: readonly string[]): string => ['version: 1', ...lines, ''].join('\n');
async function refused(given: Readonly<Record<string, string>>): Promise<readonly Failure[]> {
  const result = await load(given);
  if (result.ok) throw new Error('nothing was refused');
  return result.error;
}

const plans = ['plans:', '  A: { plan: a.md }', '  B: { plan: b.md }'];

describe('agents', () => {
  test.each([
    ['in defaults', manifest('defaults: { executor: { agent: cluade } }', ...plans), 'unknown-agent', 2, 'did you mean `claude`?'],
    ['of a plan', manifest('plans:', '  A: { plan: a.md }', '  B: { plan: b.md, executor: { agent: codx } }'), 'unknown-agent', 4, 'did you mean `codex`?'],
    ['of a task', manifest('plans:', '  A:', '    plan: a.md', '    tasks:', '      "1.1": { executor: { agent: nobody } }', '  B: { plan: b.md }'), 'unknown-agent', 6, 'known are claude, codex'],
    ['as fallback', manifest('defaults:', '  executor:', '    agent: claude', '    fallback: gemni', ...plans), 'unknown-agent', 5, 'did you mean `gemini`?'],
    ['with an option that it has not', manifest('defaults:', '  executor:', '    agent: claude', '    options: { permissionMode: yolo }', ...plans), 'agent-options', 5, undefined],
    ['with a description that cannot be used', manifest('defaults:', '  executor:', '    agent: ours', '    options: { description: { command: [x, "{nonsense}"], prompt: stdin, output: text } }', ...plans), 'agent-options', 5, undefined],
    ['that cannot be kept from writing', manifest('defaults:', '  executor: { agent: cursor, returns: files }', ...plans), 'agent-options', 3, undefined],
  ])('%s: refused with its place', async (_name, text, code, line, hint) => {
    const failures = await refused({ ...files, 'manifest.yml': text });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ kind: 'input', code, place: { file: expect.stringContaining('manifest.yml'), line } });
    if (hint !== undefined) expect(failures[0]?.hint).toContain(hint);
  });

  test('a team’s own agent needs nothing but its description', async () => {
    const { orchestration } = await loaded({ ...files, 'manifest.yml': manifest('defaults: { executor: { agent: ours, options: { description: { command: [ours], prompt: stdin, output: text } } } }', ...plans) });
    expect(orchestration.settings.execution['']?.executor).toMatchObject({ kind: 'agent', agent: 'ours' });
  });
});

describe('prompt templates', () => {
  test('are read when the manifest is, from beside it', async () => {
    const { orchestration } = await loaded({ ...files, 'mine/task.md': 'Do {{title}}.\n', 'manifest.yml': manifest('prompts: { task: mine/task.md }', ...plans) });
    expect(orchestration.settings.prompts).toEqual({ task: 'Do {{title}}.\n' });
  });

  test('the manifest’s own wins over that of .planrc.yml, kind by kind', async () => {
    const { orchestration } = await loaded({ ...files, '.planrc.yml': 'prompts: { task: rc.md, verify: check.md }\n', 'rc.md': 'rc', 'check.md': 'check {{task}}', 'own.md': 'own', 'manifest.yml': manifest('prompts: { task: own.md }', ...plans) });
    expect(orchestration.settings.prompts).toEqual({ task: 'own', verify: 'check {{task}}' });
  });

  test('every mistake in one is said with its place in it', async () => {
    const failures = await refused({ ...files, 'mine.md': 'Do {{titel}}.\n{{#files}}\n', 'manifest.yml': manifest('prompts: { task: mine.md }', ...plans) });
    expect(failures.map(({ kind, code, place }) => ({ kind, code, at: `${place?.file?.replace(/.*\//, '')}:${place?.line}:${place?.column}`, source: place?.source }))).toEqual([
      { kind: 'input', code: 'unknown-field', at: 'mine.md:1:4', source: 'Do {{titel}}.' },
      { kind: 'input', code: 'section-not-closed', at: 'mine.md:2:1', source: '{{#files}}' },
    ]);
  });

  test.each([
    ['is not there', 'nowhere.md', 'no-such-file'],
    ['lies outside', '../../outside.md', 'outside-repository'],
  ])('one that %s is refused', async (_name, file, code) => {
    const failures = await refused({ ...files, 'manifest.yml': manifest(`prompts: { task: ${file} }`, ...plans) });
    expect(failures).toMatchObject([{ kind: 'input', code, place: { line: 2 } }]);
  });
});

describe('notices', () => {
  test('are merged key by key, and kept out of what is journalled', async () => {
    const { notify, orchestration } = await loaded({ ...files, '.planrc.yml': 'notify: { webhook: $SLACK, desktop: true }\n', 'manifest.yml': manifest('notify: { desktop: false, command: [tell, "--me"] }', ...plans) });
    expect(notify).toEqual({ webhook: '$SLACK', desktop: false, command: ['tell', '--me'] });
    expect(JSON.stringify(orchestration)).not.toContain('SLACK');
  });

  test.each(['slack', 'ftp://x', '"$"', '"https://"'])('a webhook is an address or a variable: %s', async (webhook) => {
    const failures = await refused({ ...files, 'manifest.yml': manifest(`notify: { webhook: ${webhook} }`, ...plans) });
    expect(failures).toMatchObject([{ kind: 'input', place: { line: 2 } }]);
  });
});
