import { PORTS, type System } from '../../harness/client.ts';
import { type Answer, Document } from './document.ts';
import { inMemory } from './memory.ts';
import { play } from './play.ts';

/** Each system does what its OpenAPI document says; what it would mean not to is planted below. */

test.each(Object.keys(PORTS) as System[])(
  'given the document of %s alone, when all it describes is asked for, then each answer is as it says',
  async (system) => {
    const { gateway, close } = await inMemory(system);
    try {
      const { requests, findings } = await play(gateway, 120, 20_261);
      expect(requests).toBeGreaterThanOrEqual(120);
      expect(findings).toEqual([]);
    } finally {
      await close();
    }
  },
  120_000,
);

const document = new Document({
  paths: {
    '/courses': {
      post: {
        parameters: [],
        responses: {
          201: {
            headers: { Location: {} },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/course' } } },
          },
          204: {},
          503: { $ref: '#/components/responses/problem' },
          default: { $ref: '#/components/responses/problem' },
        },
      },
    },
  },
  components: {
    schemas: {
      course: { type: 'object', properties: { fee: { type: 'integer' } }, required: ['fee'] },
    },
    responses: { problem: { content: { 'application/problem+json': { schema: { type: 'object' } } } } },
  },
});
const [courses] = document.operations;

function answer(status: number, text: string, headers: Record<string, string> = {}): Answer {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  return { status, text, headers: new Headers({ 'content-type': type, ...headers }) };
}
const at = { location: 'http://x/courses/1' };

test.each<[what: string, given: Answer, fault: RegExp | undefined]>([
  ['what is declared', answer(201, '{"fee":1}', at), undefined],
  ['nothing where nothing is declared', answer(204, ''), undefined],
  ['a problem of any request', answer(405, '{}'), undefined],
  ['503 that says when', answer(503, '{}', { 'retry-after': '1' }), undefined],
  ['another type of a field', answer(201, '{"fee":"1"}', at), /its 201: \/fee must be integer/],
  ['no field', answer(201, '{}', at), /must have required property 'fee'/],
  ['no header', answer(201, '{"fee":1}'), /its 201 has no Location/],
  ['broken JSON', answer(201, '{"fee":', at), /its 201: /],
  ['a page', answer(201, '<html>', { ...at, 'content-type': 'text/html' }), /of the type text\/html/],
  ['a body where none is declared', answer(204, '{}'), /its 204 has a body/],
  ['500', answer(500, '{}'), /it answers 500, which is not declared/],
  ['409', answer(409, '{}'), /it answers 409, which is not declared/],
  ['503 that does not say when', answer(503, '{}'), /503 without Retry-After/],
])('given an answer with %s, when the document judges it, then it tells what is wrong', (_, given, fault) => {
  const finding = courses && document.undeclared(courses, given);
  if (fault) expect(finding).toMatch(fault);
  else expect(finding).toBeUndefined();
});
