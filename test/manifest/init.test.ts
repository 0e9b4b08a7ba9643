import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { discoverPlans, writeManifest } from '../../src/manifest/init.js';
import { loadOrchestration } from '../../src/manifest/load-orchestration.js';
import { folderWith, removeFolders, said } from './repository.js';

afterAll(removeFolders);

const template = await readFile(path.resolve(import.meta.dirname, '../../templates/manifest.yml'), 'utf8');

const plan = (title: string, ...tasks: readonly string[]): string => [`# ${title}`, '', '## Phase 1: All', ...tasks, ''].join('\n');

test('where the usual places hold none, plans are found at the top, else anywhere', async () => {
  const found = async (files: Record<string, string>): Promise<readonly string[]> => (await discoverPlans(await folderWith(files))).plans.map(({ id, file }) => `${id} ${file}`);
  const deep = { 'team/next/c.md': plan('C', '- [ ] 1.1 Do it'), 'README.md': '# Only words\n', 'node_modules/x/d.md': plan('D', '- [ ] 1.1 Do it') };
  expect(await found({ ...deep, 'a.md': plan('A', '- [ ] 1.1 Do it'), 'b.md': plan('B', '- [ ] 1.1 Do it') })).toEqual(['a a.md', 'b b.md']);
  expect(await found(deep)).toEqual(['c team/next/c.md']);
  expect(await found({ 'README.md': '# Only words\n' })).toEqual([]);
});

test('a page with checkboxes is taken for a plan by its name only; in the usual places by being there', async () => {
  const boxes = '# Words\n\n## Features\n\n- [ ] Fast\n- [ ] Small\n';
  const found = async (...files: readonly string[]): Promise<readonly string[]> => (await discoverPlans(await folderWith(Object.fromEntries(files.map((file) => [file, boxes]))))).plans.map(({ file }) => file);
  expect(await found('README.md', 'CONTRIBUTING.md', 'notes.md', 'explanation.md', '.github/PULL_REQUEST_TEMPLATE.md')).toEqual([]);
  expect(await found('README.md', 'TODO.md', 'PLAN.md', 'IMPLEMENTATION_PLAN.md')).toEqual(['IMPLEMENTATION_PLAN.md', 'PLAN.md', 'TODO.md']);
  expect(await found('docs/stories/1.2.login.md', 'docs/words.md')).toEqual(['docs/stories/1.2.login.md']);
  expect(await found('plans/anything.md', 'plans/README.md', 'TODO.md')).toEqual(['plans/anything.md']);
});

test('init finds plans in the usual places and writes a manifest that loads', async () => {
  const top = await folderWith({
    'plans/auth.md': plan('Sign-in', '- [ ] 1.1 Do it (files: src/app.ts)'),
    'docs/plans/ui.md': `${plan('Interface', '- [ ] 1.1 Do it (files: src/app.ts)')}\n## Dependencies\n\n### Upstream\n\n- **auth.md** - sign-in (must be complete)\n`,
    'docs/plans/README.md': '# Only words\n',
    'plans/old.md': plan('Old', '- [x] 1.1 Did it'),
    'openspec/changes/add-search/tasks.md': '## 1. Search\n- [ ] 1.1 Index\n- [ ] 1.2 Query\n',
    'openspec/changes/archive/2024-01-01-x/tasks.md': '## 1. Search\n- [ ] 1.1 Index\n',
    'plans/broken.md': new Uint8Array([0xff, 0xfe, 0x00]),
  });
  const discovery = await discoverPlans(top);
  expect(discovery.plans.map(({ id, file }) => `${id} ${file}`)).toEqual(['auth plans/auth.md', 'old plans/old.md', 'ui docs/plans/ui.md', 'add-search openspec/changes/add-search/tasks.md']);
  expect(discovery.passedOver).toEqual([
    { file: 'plans/broken.md', reason: 'cannot be read as text' },
    { file: 'docs/plans/README.md', reason: 'holds no tasks' },
  ]);
  const text = writeManifest({ discovery, manifest: 'orchestrations/all.yml', target: 'main', template });
  expect(text).toContain('# depends: [auth]');
  expect(text).toContain('#   src/app.ts: auth.1.1, ui.1.1');
  expect(text).toContain('  # old:');
  const loaded = await folderWith({ 'orchestrations/all.yml': text, ...Object.fromEntries(await Promise.all(discovery.plans.map(async ({ file }) => [file, await readFile(path.join(top, file))] as const))) });
  const result = await loadOrchestration({ repositoryTop: loaded, cwd: loaded, currentBranch: 'main', manifestPath: 'orchestrations/all.yml' });
  expect(result.ok ? [] : result.error.map(said)).toEqual([]);
  expect(result.ok ? result.value.orchestration.plans.map(({ id, branch }) => `${id} ${branch}`) : []).toEqual(['auth plan/auth', 'ui plan/ui', 'add-search plan/add-search']);
});

test('a repository without plans gets a manifest that says how to add one', async () => {
  const top = await folderWith({ 'README.md': '# Nothing\n' });
  const text = writeManifest({ discovery: await discoverPlans(top), manifest: 'manifest.yml', target: 'main', template });
  expect(text).toContain('No plan was found');
});
