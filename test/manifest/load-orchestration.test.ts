import { load, loaded, planText, refused, removeFolders, said } from './repository.js';

afterAll(removeFolders);

test('x', async () => {
  const l = await loaded({ 'manifest.yml': 'version: 1\nplans:\n  A: { plan: a.md, branch: feature/auth, priority: high }\n  B: { plan: b.md, priority: low, depends: [A.phase2] }\n', 'a.md': planText(2, 2), 'b.md': planText(1) });
  console.log(JSON.stringify(l.orchestration, null, 1), l.graph.nodes.map((n) => n.id + ' ' + n.imports.join()));
  console.log(await refused({ 'manifest.yml': 'version: 1\nplans:\n  A: { plan: a.md, depends: [B.phase1] }\n  B: { plan: b.md, priority: low, depends: [A.phase2, C, A.phase9, A.landed] }\n  D: {plan: ../x.md}\n', 'a.md': planText(2, 2), 'b.md': planText(1) }));
  console.log(await refused({ 'manifest.yml': 'version: 1\nplans:\n  A: { plan: a.md, depends: [B.phase1] }\n  B: { plan: b.md, priority: low, depends: [A.phase2] }\n', 'a.md': planText(2, 2), 'b.md': planText(1) }));
});
