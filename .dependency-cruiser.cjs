/** The floors of docs/architecture.md: an import goes to a lower floor, or stays inside its folder without a cycle. */
const floors = [
  ['base'],
  ['model'],
  ['plan-file', 'graph', 'journal', 'git', 'executor'],
  ['manifest', 'state'],
  ['status', 'landing', 'scheduler'],
  ['engine', 'queue'],
  ['cli'],
];

const upward = floors.flatMap((folders, floor) =>
  folders.map((folder) => {
    const allowed = floors.slice(0, floor).flat().concat(folder);
    return {
      name: `floor-${folder}`,
      comment: `src/${folder} may import only: ${allowed.join(', ')}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${allowed.join('|')})/` },
    };
  }),
);

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no-cycle', comment: 'a lazy import of a table is no circle: it is followed when a command is called', severity: 'error', from: { path: '^src/' }, to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } } },
    { name: 'not-to-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench)/' } },
    { name: 'one-door-for-processes', severity: 'error', from: { path: '^src/', pathNot: '^src/(base/process|base/process-identity|base/shell-helper|base/started-child|git/git|cli/)' }, to: { path: '^(node:)?child_process$' } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'], extensions: ['.ts', '.js'] },
  },
};
