import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkName, portFor } from '../../tools/new/checks.ts';
import { LONG } from '../harness/system.ts';
import { type Copy, copyOfTree, type Step, tutorial, write } from './copy.ts';

/** A newcomer follows the tutorial in a copy of the tree, as far as nothing has to run. */

/** Each costs seconds of processor time, and the whole tree was checked before: here the new files are. */
const CHECKED = [
  'services/lecture/certificate',
  'services/library/book',
  'tests/simulation/services.ts',
  'services/gateway/routes.ts',
];
const MADE = [
  'services/lecture',
  'services/library',
  'services/gateway',
  'docs/contracts',
  'components',
  'dapr',
  'helm',
  'tools',
  'tests',
];

let copy: Copy;
let steps: Step[];
beforeAll(async () => {
  [copy, steps] = await Promise.all([copyOfTree({ MADANG_HOME: '' }), tutorial()]);
  await copy.line('./run new service lecture certificate');
  await copy.line('./run new system library book');
  await copy.line('./run new service library loan --language python');
}, LONG);
afterAll(() => copy.remove());

const read = (file: string): Promise<string> => readFile(join(copy.folder, file), 'utf8');
const pageOf = (system: string): Promise<string> => read(`docs/systems/${system}.md`);
const tests = (): Promise<string> =>
  copy.run(
    'node',
    'node_modules/jest/bin/jest.js',
    '--forceExit',
    '--testPathPatterns',
    'services/.*/(certificate|book)/.*\\.unit',
  );

test('given the tutorial, when its lines are read, then it makes a service, tests it and checks the tree', () => {
  const lines = steps.flatMap(({ line }) => line ?? []);
  for (const line of ['./run new service lecture certificate', 'npm run lint', 'npm run types', 'npm run deps'])
    expect(lines).toContain(line);
});

test('given a new service, when it is looked for, then gateway, docs, OpenAPI, components and the simulation have it', async () => {
  expect(await read('services/gateway/routes.ts')).toContain("'/certificates': 'lecture-certificate'");
  expect(await pageOf('lecture')).toContain('| GET | `/certificates/:id` | certificate |');
  expect(await read('docs/openapi/lecture.json')).toContain('"/certificateHistories/{id}"');
  expect(await read('tests/simulation/services.ts')).toContain("'lecture-certificate': of(lectureCertificate)");
  for (const file of ['light/lecture-state', 'full/lecture-pubsub', 'full/lecture-configuration'])
    expect(await read(`components/${file}.yaml`)).toMatch(/^scopes:[\s\S]*lecture-certificate/m);
  expect(await read('dapr/resiliency/lecture-gateway.yaml')).toContain('lecture-certificate: { retry: never }');
  // No other service is another one than before.
  expect((await copy.run('git', 'diff', '--name-only', 'services')).trim()).toBe('services/gateway/routes.ts');
});

test('given a new system, when it is looked for, then it has a gateway, components, a contract, pages and a story', async () => {
  expect(await read('services/gateway/routes.ts')).toContain("'/books': 'library-book'");
  expect(await read('dapr/library.yaml')).toContain('appID: library-gateway');
  expect(await read('components/full/library-state.yaml')).toContain('schemaName, value: "library"');
  expect(await read('components/light/library-pubsub.yaml')).toMatch(/^scopes: .library-book/m);
  expect(await pageOf('library')).toContain('| POST | `/books` | book |');
  expect(await read('helm/madang/config/library.yaml')).toContain('name: library-config');
  await expect(copy.line('./run new system library')).rejects.toThrow('There is a system "library" already');
});

test(
  'given what was made, when it is checked, then its tests, lint, types and dependency rules pass',
  async () => {
    expect(await tests()).toContain('6 passed');
    await copy.run('node_modules/.bin/biome', 'check', ...MADE);
    const config = { extends: './tsconfig.json', include: CHECKED };
    await write(copy, { name: 'tsconfig.new.json', text: JSON.stringify(config) });
    await copy.run('node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.new.json');
    const folders = ['services/lecture', 'services/library', 'services/gateway', 'services/kit'];
    await copy.run('node_modules/.bin/depcruise', ...folders, '--config', '.dependency-cruiser.cjs');
  },
  LONG,
);

test('given a new service in Python, when its tests run and docs are looked at, then it works, and the contract has it', async () => {
  expect(await copy.run('python3', '-m', 'unittest', 'discover', 'services/library/loan')).toContain('Ran 9 tests');
  expect(await read('dapr/library.yaml')).toContain('command: [python3, services/library/loan/main.py]');
  expect(await read('components/light/library-pubsub.yaml')).toContain('scopes: [library-book, library-loan]');
  expect(await read(join('docs/contracts', 'library.md'))).toContain('`/loans/{bookId}`');
});

test(
  'given a new service, when it is changed as the tutorial says, then what derives from it follows, and its tests pass',
  async () => {
    for (const { file } of steps) if (file) await write(copy, file);
    await copy.line('./run docs');
    const model = JSON.parse(await read('docs/systems/model.json')) as Record<string, unknown>;
    expect(JSON.stringify(model.lecture)).toContain('certificate');
    expect(await pageOf('lecture')).toMatch(/\| PaymentApproved \| pay \| .*certificate/);
    expect(await tests()).toContain('6 passed');
  },
  LONG,
);

test.each([
  ['Certificate', /cannot name a service: write 2 to 30 lower-case letters/],
  ['my-service', /cannot name a service: write 2 to 30/],
  ['gateway', /the code uses this word/],
  ['map', /the code uses this word/],
])('given %s, when it shall name a service, then one sentence says why not', (name, why) => {
  expect(() => checkName(name, 'service')).toThrow(why);
});

test('given ports that are taken, when one is chosen, then it is free for sidecar, too, or a sentence names who has it', () => {
  const taken = new Map([
    [8081, 'a-b'],
    [18082, 'a-c'],
  ]);
  expect(portFor(taken, 8081, undefined)).toBe(8083);
  expect(portFor(taken, 8081, '9000')).toBe(9000);
  expect(() => portFor(taken, 8081, '8082')).toThrow('--port 8082: a-c has it');
  expect(() => portFor(taken, 8081, 'http')).toThrow('--port http: give a number');
});
