import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { outputs } from '../../tools/generate/outputs.ts';
import { undeclared } from '../../tools/generate/resiliency.ts';
import { systems } from '../../tools/run/infrastructure/templates.ts';
import { root } from '../harness/system.ts';

/** What derives from the declarations of the services is current, and the documents are what they claim to be. */

const files = await outputs();

test.each([...files.keys()])(
  'given the services, when %s is derived, then it is the one committed (else: ./run generate)',
  async (path) => {
    expect(await readFile(join(root, path), 'utf8').catch(() => undefined)).toBe(files.get(path));
  },
);

test('given the services, when limits of calls are looked for, then there are none of a service that makes no calls', async () => {
  expect(await undeclared(await systems(), files)).toEqual([]);
});

const documents = [...files].filter(([path]) => path.startsWith('docs/openapi/'));

test.each(documents)('given %s, when the schema of OpenAPI 3.1 judges it, then it is valid', async (_, text) => {
  const { valid, errors } = await new Validator().validate(JSON.parse(text) as Record<string, unknown>);
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
});

const channels = [...files].filter(([path]) => path.startsWith('docs/asyncapi/'));

test('given the services, when documents of events are looked for, then there is none of a service that is gone', async () => {
  const found = await readdir(join(root, 'docs/asyncapi'), { recursive: true });
  const committed = found.filter((path) => path.endsWith('.json')).map((path) => `docs/asyncapi/${path}`);
  expect(committed.sort()).toEqual(channels.map(([path]) => path).sort());
});

const ofAsyncApi = formats
  .default(new Ajv({ strict: false, meta: false, validateSchema: false }))
  .compile(specs.schemas['3.0.0']);

test.each(channels)('given %s, when the schema of AsyncAPI 3.0 judges it, then it is valid', (_, text) => {
  ofAsyncApi(JSON.parse(text));
  expect(ofAsyncApi.errors).toBeNull();
});

test('given a document without the address of its channel, when the schema judges it, then it is not valid', () => {
  const document = JSON.parse(channels[0]?.[1] ?? '') as { channels: Record<string, { address: unknown }> };
  for (const channel of Object.values(document.channels)) channel.address = 7;
  expect(ofAsyncApi(document)).toBe(false);
});

interface Message {
  readonly payload: object;
  readonly examples: readonly { readonly payload: unknown }[];
}

test.each(channels)('given %s, when the schema of each message judges its example, then it takes it', (path, text) => {
  const document = JSON.parse(text) as { components: { messages: Record<string, Message> } };
  const ajv = formats.default(new Ajv({ strict: false })).addSchema(document, path);
  for (const [type, { examples }] of Object.entries(document.components.messages)) {
    const judge = ajv.compile({ $ref: `${path}#/components/messages/${type}/payload` });
    expect(examples.length).toBeGreaterThan(0);
    for (const { payload } of examples) {
      judge(payload);
      expect([type, judge.errors]).toEqual([type, null]);
    }
  }
});

test.each([...documents, ...channels])(
  'given %s, when its references are followed, then each leads to a part of it',
  (_, text) => {
    const document: unknown = JSON.parse(text);
    const references = [...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path = '']) => path);
    const at = (path: string): unknown =>
      path
        .split('/')
        .reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], document);
    expect(references.filter((path) => at(path) === undefined)).toEqual([]);
  },
);

test.each(documents)('given %s, when its operations are counted, then each has an id of its own', (_, text) => {
  const ids = [...text.matchAll(/"operationId": "([^"]+)"/g)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThan(0);
  expect(new Set(ids).size).toBe(ids.length);
});
