/** Run with NODE_OPTIONS=--experimental-vm-modules, as `npm test` does. */
export default {
  // What services/kit/readme.unit.spec.ts writes for a moment; it imports it itself.
  testPathIgnorePatterns: ['/node_modules/', '/\\.readme-'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript' },
          // How JSON is imported.
          experimental: { keepImportAttributes: true },
        },
        sourceMaps: 'inline',
      },
    ],
  },
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.madang/'],
  verbose: true,
  testTimeout: 180_000,
};
