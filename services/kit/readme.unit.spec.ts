import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The service that the README builds, in a folder beside the kit as those of a system are: its files are compiled, its test is run. */
const KIT = dirname(fileURLToPath(import.meta.url));
const system = mkdtempSync(join(KIT, '..', '.readme-'));
const folder = join(system, 'loan');
mkdirSync(folder);

const readme = readFileSync(join(KIT, 'README.md'), 'utf8');
const files = [...readme.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(([, name = '', text = '']) => ({ name, text }));
for (const { name, text } of files) writeFileSync(join(folder, name), text);

afterAll(() => rmSync(system, { recursive: true }));

test('given the README, then it builds a service, and tests it', () => {
  expect(files.map(({ name }) => name)).toEqual([
    'contract.ts',
    'domain.ts',
    'policies.ts',
    'views.ts',
    'config.ts',
    'routes.ts',
    'service.ts',
    'loan.unit.spec.ts',
  ]);
});

await import(join(folder, 'loan.unit.spec.ts'));
