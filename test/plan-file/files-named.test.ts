import { fc } from '../rig/property.js';
import { filesNamed } from '../../src/plan-file/files-named.js';

const paths = (text: string, stated = false): string[] => filesNamed(text, stated).map((file) => file.path);

describe('files named in a text', () => {
  test.each([
    ['Create src/models/user.py and `src/b.ts`', ['src/models/user.py', 'src/b.ts']],
    ['Modify: `exact/path/to/existing.py:123-145`', ['exact/path/to/existing.py']],
    ['in tests/test_a.py::test_one, then', ['tests/test_a.py']],
    ['Update README.md.', ['README.md']],
    ['(see the new `package.json`)', ['package.json']],
    ['all of src/**/*.ts and docs/', ['src/**/*.ts', 'docs/']],
    ['`src/{a,b}.ts`', ['src/a.ts', 'src/b.ts']],
    ['write ./scripts/run.sh', ['scripts/run.sh']],
    ['**src/a.ts**', ['src/a.ts']],
    ['app/(auth)/[id]/page.tsx', ['app/(auth)/[id]/page.tsx']],
    ['`app/[slug]/page.tsx`', ['app/[slug]/page.tsx']],
    ['.github/workflows/ci.yml and .env.example', ['.github/workflows/ci.yml', '.env.example']],
    ['Makefile and Dockerfile', ['Makefile', 'Dockerfile']],
    ['src\\win\\a.cs', ['src/win/a.cs']],
    ['привет/мир.ts', ['привет/мир.ts']],
    ['`src/components`', ['src/components/']],
    ['__tests__/a.test.ts', ['__tests__/a.test.ts']],
    ['src/__init__.py', ['src/__init__.py']],
    ['`docs/My Guide.md` and "docs/Your Guide.md"', ['docs/My Guide.md', 'docs/Your Guide.md']],
    ['data/raw/.gitkeep', ['data/raw/.gitkeep']],
    ['folders (lib/, exe/)', ['lib/', 'exe/']],
    ['Add README.md for it in server/README.md', ['server/README.md']],
    ['README.md and docs/README.md', ['README.md', 'docs/README.md']],
    ['utils.ts/helpers.ts', ['utils.ts', 'helpers.ts']],
    ['_src/a.ts_ and [[src/b.md]] and [src/c.ts](../src/c.ts)', ['src/a.ts', 'src/b.md', 'src/c.ts']],
    ['Write data-model.md', ['data-model.md']],
    ['.envの.gitignore登録', ['.env', '.gitignore']],
    ['nginx.conf.template and src/a.py::*', ['nginx.conf.template', 'src/a.py']],
  ])('%s', (text, expected) => {
    expect(paths(text)).toEqual(expected);
  });

  test.each([
    'Release v1.2 and 1.2.3 of example.com at 10.0.0.1',
    'user.name, this.state.value, console.log, process.env, Object.keys(a.b), foo.bar()',
    'Node.js, Next.js, Vue.js, D3.js and ASP.NET, e.g. this, i.e. that, etc.',
    'https://github.com/a/b.ts and github.com/a/b.ts and user@example.com',
    'and/or, input/output, client/server, TCP/IP, text/html, feature/auth, origin/main, 1/2, 2024/01/02',
    'run `npm test -- src/a.test.ts` and `ls src`',
    'the design in [the file](docs/a.md)',
    'see docs/why.md, as in src/old.ts',
    '../outside.ts and /api/users and ~/x.ts',
    '`.ts` files, `*` and **',
    'Phase 2.1, T012, (depends: 1.2)',
    'node_modules/a/b.js',
    'entities from data-model.md, scenarios listed in plan.md',
    'run `bin/tool check a.md` and `src/a out/b c` with "a b/c"',
    '/etc/nginx/nginx.conf and /opt/a/.htpasswd, routes at /hooks/* of NextAuth.js',
    'a feat/ branch w/ tests, png/**gif**',
    '/^#[0-9A-Fa-f]{6}$/',
  ])('nothing in: %s', (text) => {
    expect(paths(text)).toEqual([]);
  });

  test('a Files list takes what prose would not', () => {
    expect(paths('`server`, LICENSE.txt, env.sample', true)).toContain('LICENSE.txt');
    expect(filesNamed('src/a.ts', true)).toEqual([{ path: 'src/a.ts', stated: true }]);
  });

  test('finds a path wherever it stands, and never leaves the repository', () => {
    const segment = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/).filter((name) => name !== 'node_modules');
    const path = fc
      .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), segment, fc.constantFrom('ts', 'py', 'md', 'go', 'rs'))
      .map(([folders, name, ending]) => [...folders, `${name}.${ending}`].join('/'));
    const around = fc.constantFrom<[string, string]>(
      ['', ''],
      ['`', '`'],
      ['(', ')'],
      ['**', '**'],
      ['"', '"'],
      ['', ','],
      ['', '.'],
      ['`', '`:'],
      ['', ';'],
      ['./', ''],
    );
    fc.assert(
      fc.property(path, around, (name, [before, after]) => {
        expect(paths(`Write ${before}${name}${after} now`)).toEqual([name]);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        for (const found of paths(text)) expect(found.split('/')).not.toContain('..');
      }),
    );
  });
});
