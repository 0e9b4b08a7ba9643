/** Tests are TypeScript ES modules, compiled by swc; each file is on its own. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' }],
  },
  coverageProvider: 'v8',
  testTimeout: 60000,
  // Most of a test's time is spent in the gits and shells that it starts: one worker (the default on two cores) leaves a core idle.
  maxWorkers: '100%',
};
