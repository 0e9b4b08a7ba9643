import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identityOf, livenessOf, ownIdentity, parseIdentity, parseStat } from '../../src/base/process-identity.js';

describe('process identity', () => {
  test('this process is alive, and its identity survives JSON', () => {
    expect(livenessOf(ownIdentity())).toBe('alive');
    expect(parseIdentity(JSON.parse(JSON.stringify(ownIdentity())))).toEqual(ownIdentity());
  });

  test('a process that ended is dead', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' });
    const identity = identityOf(child.pid ?? 0);
    expect(identity && livenessOf(identity)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(identity && livenessOf(identity)).toBe('dead');
    expect(identityOf(child.pid ?? 0)).toBeUndefined();
  });

  test.each([
    ['a pid used again by another process', { startTime: '1' }, 'dead'],
    ['a process of before the restart', { bootId: 'other' }, 'dead'],
    ['a process of another machine', { host: 'elsewhere/', bootId: 'other' }, 'unknown'],
    ['a process of another container', { host: ownIdentity().host.replace(/\/[^/]*$/, '/pid:[1]') }, 'unknown'],
    ['this machine under its former name', { host: ownIdentity().host.replace(/^.*\//, 'former/') }, 'alive'],
    ['an unknown start time', { startTime: '' }, 'alive'],
  ])('%s', (_name, change, expected) => {
    expect(livenessOf({ ...ownIdentity(), ...change })).toBe(expected);
  });

  test('reads the start time behind any process name, and takes a zombie for dead', () => {
    const fields = Array.from({ length: 40 }, (_, index) => String(index + 4)).join(' ');
    expect(parseStat(`7 (a) b) S ${fields}`)).toBe('22');
    expect(parseStat(`7 (x) Z ${fields}`)).toBeUndefined();
  });

  test.each([[null], [{}], [{ pid: -1, startTime: '', bootId: '', host: '' }], [{ pid: 1.5, startTime: '', bootId: '', host: '' }], ['7']])(
    'refuses %j',
    (data) => {
      expect(parseIdentity(data)).toBeUndefined();
    },
  );
});
