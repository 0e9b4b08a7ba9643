import { parseManifest } from '../../src/manifest/parse-manifest.js';
test('x', () => {
  const r = parseManifest({ file: 'm.yml', text: `version: 2
targt: main
defaults: { executor: { shel: x }, timeout: abc, retries: -1, order: fil }
limits: { tasks: many, pools: {db: x}, until: 25:00, memory: lots }
plans:
  A: { plan: 3.10, depends: A.phase2, priority: urgent }
  B: { branch: x, tasks: { 2.10: { depends: [2.10, C.1], uses: 3 }, 2.1: {executor: {agent: claude, modl: x}} } }
  __proto__: { plan: x }
landing: { mode: al-or-nothing, push: yes }
` });
  console.log(r.ok ? r.value.manifest : r.error.map((f) => `${f.place?.line}:${f.place?.column}-${f.place?.endColumn} ${f.message} [${f.hint}]`).join('\n'));
});
