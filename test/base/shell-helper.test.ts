/** Small shells that stay: what comes back is what was written, and how it ended. */
import { ShellHelpers, quoted } from '../../src/base/shell-helper.js';

const helpers = new ShellHelpers({ PATH: process.env['PATH'] ?? '', GIVEN: 'word' });

async function run(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const taken = { stdout: '', stderr: '' };
  const task = helpers.run(script, { stdout: (bytes) => void (taken.stdout += bytes.toString()), stderr: (bytes) => void (taken.stderr += bytes.toString()) });
  return { code: await task.ended, ...taken };
}

describe('a helper', () => {
  test.each<[string, { code: number; stdout: string; stderr: string }]>([
    ['true', { code: 0, stdout: '', stderr: '' }],
    ['(exit 7)', { code: 7, stdout: '', stderr: '' }],
    ['printf "a\\n\\nb"; printf c >&2', { code: 0, stdout: 'a\n\nb', stderr: 'c' }],
    ['printf "\\n"', { code: 0, stdout: '\n', stderr: '' }],
    ['echo "$GIVEN"', { code: 0, stdout: 'word\n', stderr: '' }],
    [`printf %s ${quoted(`it's "$HOME" \\ \n \`x\``)}`, { code: 0, stdout: `it's "$HOME" \\ \n \`x\``, stderr: '' }],
    ['head -c 300000 /dev/zero | tr "\\0" x', { code: 0, stdout: 'x'.repeat(300_000), stderr: '' }],
  ])('%j', async (script, expected) => {
    expect(await run(script)).toEqual(expected);
  });

  test('one after another, and many at once, each gets its own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => run(`echo ${index}; (exit ${index})`)));
    expect(answers).toEqual(Array.from({ length: 40 }, (_, index) => ({ code: index, stdout: `${index}\n`, stderr: '' })));
  });

  test('words are handed over while the script still runs', async () => {
    let hear: (word: string) => void = () => undefined;
    const heard = new Promise<string>((resolve) => void (hear = resolve));
    const task = helpers.run('echo begun; exec sleep 600', { stdout: (bytes) => hear(bytes.toString()), stderr: () => undefined });
    expect(await heard).toContain('begun');
    task.kill();
    await expect(task.ended).rejects.toThrow(/ended/);
  });

  test('a helper that was ended is replaced', async () => {
    const task = helpers.run('kill -9 $$', { stdout: () => undefined, stderr: () => undefined });
    await expect(task.ended).rejects.toThrow(/SIGKILL/);
    expect(await run('echo again')).toEqual({ code: 0, stdout: 'again\n', stderr: '' });
  });
});
