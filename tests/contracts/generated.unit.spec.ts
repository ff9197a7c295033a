import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { outputs } from '../../tools/generate/outputs.ts';
import { root } from '../harness/system.ts';

/** What derives from the declarations of the services is current, and the documents are what they claim to be. */

const files = await outputs();

test.each([...files.keys()])(
  'given the services, when %s is derived, then it is the one committed (else: ./run generate)',
  async (path) => {
    expect(await readFile(join(root, path), 'utf8').catch(() => undefined)).toBe(files.get(path));
  },
);

const documents = [...files].filter(([path]) => path.startsWith('docs/openapi/'));

test.each(documents)('given %s, when the schema of OpenAPI 3.1 judges it, then it is valid', async (_, text) => {
  const { valid, errors } = await new Validator().validate(JSON.parse(text) as Record<string, unknown>);
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
});

test.each(documents)('given %s, when its references are followed, then each leads to a part of it', (_, text) => {
  const document: unknown = JSON.parse(text);
  const references = [...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path = '']) => path);
  const at = (path: string): unknown =>
    path.split('/').reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], document);
  expect(references.filter((path) => at(path) === undefined)).toEqual([]);
});

test.each(documents)('given %s, when its operations are counted, then each has an id of its own', (_, text) => {
  const ids = [...text.matchAll(/"operationId": "([^"]+)"/g)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(ids.length);
});
