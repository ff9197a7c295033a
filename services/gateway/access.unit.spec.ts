import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/run/paths.ts';
import type { SidecarRequest } from '../kit/index.ts';
import { Rules } from './access.ts';
import type { Caller } from './admission.ts';
import { type Answering, ask, closeAll, expectProblem, open, said, text } from './testing.ts';

/** Who may do what, by the documents of the systems. */

afterEach(closeAll);

const documentOf = (system: string): object =>
  JSON.parse(readFileSync(join(root, 'docs/openapi', `${system}.json`), 'utf8')) as object;
const lecture = documentOf('lecture');
const callerOf = (person: string, ...roles: string[]): Caller => ({
  subject: `id of ${person}`,
  person,
  roles,
  scopes: [],
  isProgram: false,
});

const enrolments: Record<string, object> = { 1: { id: 1, student: 'kim' }, 2: { id: 2, student: 'lee' } };

/** The services of lecture, with an enrolment of kim and one of lee. */
const services: Answering = ({ method, path }: SidecarRequest) => {
  const [, id = ''] = /\/classes\/(\d+)$/.exec(path) ?? [];
  if (method === 'GET' && id)
    return enrolments[id] ? said(200, JSON.stringify(enrolments[id])) : said(404, '{"status":404}');
  const rows = { _embedded: { classes: Object.values(enrolments) } };
  return method === 'GET' ? said(200, JSON.stringify(rows), { etag: '"all"' }) : said(200, '{"id":1}');
};
const openFor = (caller: Caller) => open({ admission: async () => caller, document: lecture }, services);
const kim = callerOf('kim', 'student');
const json = { 'content-type': 'application/json' };

test('given a student, when all enrolments are asked for, then there are his own, without the state of all', async () => {
  const entrance = await openFor(kim);
  const answer = await ask(entrance, text('GET', '/classes?size=200', { 'if-none-match': '"all"' }));
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)._embedded.classes).toEqual([{ id: 1, student: 'kim' }]);
  expect(answer.headers.etag).toBeUndefined();
  expect(entrance.asked[0]?.headers['if-none-match']).toBeUndefined();
});

test.each<[what: string, caller: Caller, request: string, status: number, passedOn: number]>([
  ['his own enrolment', kim, text('GET', '/classes/1'), 200, 1],
  ["another's enrolment", kim, text('GET', '/classes/2'), 403, 1],
  ['none of another spelling', kim, text('GET', '/classes/2/'), 403, 0],
  ["another's in a search", kim, text('GET', '/classes/search/findByStudent?student=lee'), 403, 0],
  ['courses, as everyone', kim, text('GET', '/courses'), 200, 1],
  ['to cancel his own', kim, text('DELETE', '/classes/1'), 200, 2],
  ["to cancel another's", kim, text('DELETE', '/classes/2'), 403, 1],
  ["to cancel another's payment", kim, text('PATCH', '/payment/cancel/2'), 403, 1],
  ['to cancel his own payment', kim, text('PATCH', '/payment/cancel/1'), 200, 2],
  ['to cancel a payment of nothing', kim, text('PATCH', '/payment/cancel/3'), 404, 1],
  ['to enrol himself', kim, text('POST', '/classes', json, '{"student":"kim","fee":1}'), 200, 1],
  ['to enrol another', kim, text('POST', '/classes', json, '{"student":"lee","fee":1}'), 403, 0],
  ['to enrol nobody', kim, text('POST', '/classes', json, '{"fee":1}'), 403, 0],
  ['to enrol a list', kim, text('POST', '/classes', json, '[]'), 400, 0],
  ['to enrol in a hidden way', kim, text('POST', '/classes', { ...json, 'content-encoding': 'gzip' }, 'x'), 415, 0],
  ['to give his own away', kim, text('PATCH', '/classes/1', json, '{"student":"lee"}'), 403, 0],
  ['to change his own', kim, text('PATCH', '/classes/1', json, '{"textBook":"B"}'), 200, 2],
  ['to offer a course', kim, text('POST', '/courses', json, '{"teacher":"kim"}'), 403, 0],
  ['to make a gift', kim, text('POST', '/gifts', json, '{"student":"kim"}'), 403, 0],
  ['a path of no operation', kim, text('GET', '/classes/1/all'), 403, 0],
  ["an enrolment of anybody's, as teacher", callerOf('park', 'teacher'), text('GET', '/classes/2'), 200, 1],
  ['to cancel it, as teacher', callerOf('park', 'teacher'), text('DELETE', '/classes/2'), 403, 0],
  ['his own, without a role', callerOf('kim'), text('GET', '/classes/1'), 403, 0],
  ['everything, as operator', callerOf('root', 'operator'), text('DELETE', '/classes/2'), 200, 1],
  ['nothing, as nobody', callerOf('', 'student'), text('POST', '/classes', json, '{"student":null}'), 403, 0],
])(
  'given somebody who asks for %s, then he is answered by his role and name',
  async (_, caller, request, status, n) => {
    const entrance = await openFor(caller);
    const answer = await ask(entrance, request);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
    if (status === 403) expect(answer.headers['www-authenticate']).toContain('insufficient_scope');
    if (status === 403 && !request.startsWith('HEAD')) expectProblem(answer, 403);
    expect(entrance.asked).toHaveLength(n);
  },
);

test('given an enrolment that is gone, when its student cancels again, then only a repetition can have an answer', async () => {
  const entrance = await openFor(kim);
  await ask(entrance, text('DELETE', '/classes/3', { 'idempotency-key': 'k' }));
  expect(entrance.asked.map(({ method }) => method)).toEqual(['GET', 'DELETE']);
  expect(entrance.asked[1]?.headers).toMatchObject({ 'idempotency-key': 'k', 'if-match': '"none"' });
});

/** A program with these scopes, and another token for comparison. */
const programOf = (...scopes: string[]): Caller => ({ ...callerOf('shop'), scopes, isProgram: true });
const withScopes = (caller: Caller, ...scopes: string[]): Caller => ({ ...caller, scopes });

test.each<[what: string, caller: Caller, request: string, wanted: 200 | string]>([
  ['a program to see all, with the scope', programOf('classes:read'), text('GET', '/classes/2'), 200],
  [
    'a program to cancel, with the scope',
    programOf('classes:read', 'classes:write'),
    text('DELETE', '/classes/2'),
    200,
  ],
  ['a program to see, for writing alone', programOf('classes:write'), text('GET', '/classes'), 'classes:read'],
  ['a program to cancel, for reading alone', programOf('classes:read'), text('DELETE', '/classes/2'), 'classes:write'],
  ['a program, with the scope of others', programOf('payments:write'), text('DELETE', '/classes/2'), 'classes:write'],
  ['a program, with scopes of nobody here', programOf('email'), text('GET', '/classes'), 'classes:read'],
  ['a program, without scopes', programOf(), text('GET', '/classes'), 'classes:read'],
  ['a program what all may see, without scopes', programOf(), text('GET', '/courses'), 200],
  [
    'a program what all may see, for something else',
    programOf('classes:read'),
    text('GET', '/courses'),
    'courses:read',
  ],
  ['a program to cancel a payment by enrolment', programOf('payments:write'), text('PATCH', '/payment/cancel/2'), 200],
  ['a student, by a scope, what is of another', withScopes(kim, 'classes:read'), text('GET', '/classes/2'), ''],
  ['a student, beside openid, what is his', withScopes(kim, 'openid', 'profile'), text('DELETE', '/classes/1'), 200],
  ['a student, for reading alone', withScopes(kim, 'classes:read'), text('DELETE', '/classes/1'), 'classes:write'],
  ['who has a scope, and no role', withScopes(callerOf('kim'), 'classes:read'), text('GET', '/classes'), ''],
  [
    'an operator, for reading alone',
    withScopes(callerOf('root', 'operator'), 'gifts:read'),
    text('POST', '/gifts', json, '{}'),
    'gifts:write',
  ],
])(
  'given %s, when it is asked for, then it is answered by scope, and a scope that would do is named',
  async (_, caller, request, wanted) => {
    const answer = await ask(await openFor(caller), request);
    if (wanted === 200) return expect(answer.status).toBe(200);
    expectProblem(answer, 403);
    const named = wanted && `, scope="${wanted}"`;
    expect(answer.headers['www-authenticate']).toBe(`Bearer error="insufficient_scope"${named}`);
  },
);

test('given an operation that needs two scopes, when a program has one of them, then 403 names both', () => {
  const security = [{}, { oauth2: ['classes:write', 'payments:write'] }];
  const rules = new Rules({ paths: { '/classes': { post: { security } } } });
  const permit =
    (...scopes: string[]) =>
    () =>
      rules.permit(programOf(...scopes), 'POST', '/classes', '');
  expect(permit('classes:write')).toThrow(
    expect.objectContaining({ challenge: expect.stringContaining('scope="classes:write payments:write"') }),
  );
  expect(permit('payments:write', 'classes:write')()).toBeUndefined();
});

test('given a collection that can be sought by owner, when its owner asks for all, then his are sought', () => {
  const academy = new Rules(documentOf('academy'));
  const guard = academy.permit(callerOf('34', 'student'), 'GET', '/courseRegistrationStatuses', '?size=50');
  expect(guard?.target).toBe('/courseRegistrationStatuses/search/findByStudentId?size=50&studentId=34');
});

test.each<[system: string, role: string, sought: string[]]>([
  ['lecture', 'student', []],
  ['academy', 'student', ['/courseRegistrationStatuses']],
  ['reward', 'player', ['/mypages']],
  ['insurance', 'customer', ['/customers', '/msgs', '/mypages', '/payments', '/plans', '/proposals']],
])(
  'given %s, when a %s asks for collections, then these are sought by owner, as access.md says',
  (system, role, sought) => {
    const document = documentOf(system) as { paths: Record<string, Record<string, { 'x-access': object }>> };
    const rules = new Rules(document);
    const collections = Object.entries(document.paths).flatMap(([path, { get }]) =>
      /^\/\w+$/.test(path) && get && role in get['x-access'] ? [path] : [],
    );
    const isSought = (path: string) => rules.permit(callerOf('1', role), 'GET', path, '')?.target.includes('/search/');
    expect(collections.filter(isSought).sort()).toEqual(sought);
  },
);

test.each<[what: string, body: object, looksAt: string | undefined | 403]>([
  ['what a product costs', { svcId: 'PLA001SVC', svcFn: 'calcPrm' }, undefined],
  ['a description', { svcId: 'PLA003SVC', ppsdsnNo: '7 &' }, '/plans/search/findByPpsdsnNo?ppsdsnNo=7%20%26'],
  ['plans of another', { svcId: 'PLA002SVC', ppsdsnNo: '7', custNo: '2' }, 403],
  ['plans of nobody', { svcId: 'PLA002SVC' }, 403],
])('given a customer, when the procedures of plans are asked for %s, then it must be his plan', (_, body, wanted) => {
  const rules = new Rules(documentOf('insurance'));
  const guard = rules.permit(callerOf('1', 'customer'), 'POST', '/plans/online', '');
  const look = () => guard?.looksAt(Buffer.from(JSON.stringify(body)));
  if (wanted === 403) expect(look).toThrow(/token is of|says whether/);
  else expect(look()).toBe(wanted);
});

test.each(['academy', 'insurance', 'lecture', 'rental', 'reward'])(
  'given %s, when its document is read, then every operation names the roles that may do it',
  (system) => {
    const { paths } = documentOf(system) as { paths: Record<string, Record<string, Record<string, unknown>>> };
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBeGreaterThan(10);
    for (const { security, 'x-access': access } of operations) {
      const roles = Object.keys(access as object);
      expect(security).toHaveLength(roles.length + 3);
      expect((security as object[]).at(-1)).toEqual({ oauth2: [expect.stringMatching(/^\w+:(read|write)$/)] });
    }
  },
);
