/** Questions for people work in any environment, and their answers are exact. */
import { Queries } from '../../src/git/queries.js';
import { openRepository } from '../../src/git/repository.js';
import { rigTest } from '../rig/repository.js';

const hostile = {
  GIT_EDITOR: 'vi',
  EDITOR: 'vi',
  PAGER: 'less',
  GIT_PAGER: 'less',
  GIT_SSH_COMMAND: 'ssh -v',
  GIT_DIR: '/nowhere',
  GIT_EXTERNAL_DIFF: 'false',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'a.b',
  GIT_CONFIG_VALUE_0: 'c',
  SSH_ASKPASS: 'x',
  GIT_ASKPASS: 'x',
};

test(
  'log, diff and graph, whatever the caller has in its environment',
  rigTest(async ({ rig }) => {
    const opened = await openRepository(rig.top, { ...rig.environment, ...hostile });
    if (!opened.ok) throw new Error(opened.error.message);
    const main = (await rig.resolve('main')) ?? '';
    await rig.git(['config', 'color.ui', 'always']);
    await rig.git(['config', 'log.showSignature', 'true']);
    const a = await rig.commitOn('a', 'first\n\nbody\n\nPlan-Task: A.1\nPlan-Run: r', {
      'ü "q"\n.txt': 'one\ntwo\n',
      bin: new Uint8Array([0, 1, 2]),
      'moved.md': 'start\n',
      'README.md': null,
    });
    const queries = new Queries(opened.value);
    const history = await queries.history('main', 'a');
    expect(history).toEqual([
      {
        commit: a,
        parents: [main],
        subject: 'first',
        author: 'Rig',
        at: expect.any(Number),
        trailers: [
          ['Plan-Task', 'A.1'],
          ['Plan-Run', 'r'],
        ],
      },
    ]);
    expect(await queries.diffSummary(main, a)).toEqual({
      files: [
        { path: 'bin', added: 0, deleted: 0, binary: true },
        { path: 'moved.md', from: 'README.md', added: 0, deleted: 0, binary: false },
        { path: 'ü "q"\n.txt', added: 2, deleted: 0, binary: false },
      ],
      added: 2,
      deleted: 0,
    });
    expect(await queries.graphLog(['a'], { stop: ['main'] })).toBe(`* ${a.slice(0, 7)} (a) first\n`);
    expect(await queries.diff(main, a)).toContain('rename to moved.md');
    await expect(queries.history(undefined, '--output=/tmp/x')).rejects.toThrow();
  }),
);
