import { gzipSync } from 'node:zlib';
import { type Fields, STRANGE_NUMBERS, type Terrain } from './terrain.ts';

/** Generators of hostile requests. Pure: the same random source gives the same attack. */

/** One connection's worth of bytes, and what its sender does afterwards. */
export interface HttpAttack {
  readonly kind: string;
  /** What is sent, for a person. */
  readonly about: string;
  /** Pieces of what is sent, and how long to wait after each. */
  readonly sends: readonly { readonly bytes: Buffer; readonly pauseMs: number }[];
  /** How many connections do this at once. */
  readonly sockets: number;
  /** `slow`: 1 kB every 50 ms; `nothing`: the answer is left in the socket. */
  readonly reads: 'all' | 'slow' | 'nothing';
  /** From the last byte sent until the connection is closed, whatever was answered. */
  readonly leavesAfterMs: number;
  /** Whether the sender has a right to an answer. */
  readonly answerDue: boolean;
  /** Whether "try again later" is a true answer: only for those that come in a crowd or with more than one request. */
  readonly mayBeTurnedAway: boolean;
}

export type Random = () => number;

export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

interface Request {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const HOST = ['host', 'localhost:8088'] as const;
const JSON_TYPE = ['content-type', 'application/json'] as const;
const CLOSE = ['connection', 'close'] as const;

/** Header values go out as Latin-1, as Node and every proxy send them. */
export const bytesOf = ({ method, target, headers, body }: Request): Buffer =>
  Buffer.concat([
    Buffer.from(
      `${method} ${target} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
      'latin1',
    ),
    body,
  ]);

const NOTHING = Buffer.alloc(0);
/** 20 MB of blanks in 20 kB. */
const BOMB = gzipSync(Buffer.alloc(20_000_000, 32));

function request(
  method: string,
  target: string,
  headers: Request['headers'],
  body: Buffer | string = NOTHING,
): Request {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const length = bytes.length > 0 ? [['content-length', String(bytes.length)] as const] : [];
  return { method, target, headers: [HOST, CLOSE, ...headers, ...length], body: bytes };
}

const once = (kind: string, one: Request, changes: Partial<HttpAttack> = {}): HttpAttack => ({
  kind,
  about: `${one.method} ${one.target.slice(0, 120)} ${one.headers
    .slice(2)
    .map(([name, value]) => `${name}: ${value.slice(0, 60)}`)
    .join(', ')} ${one.body.subarray(0, 120).toString()}`.trim(),
  sends: [{ bytes: bytesOf(one), pauseMs: 0 }],
  sockets: 1,
  reads: 'all',
  leavesAfterMs: 12_000,
  answerDue: true,
  mayBeTurnedAway: false,
  ...changes,
});

export const objectOf = (fields: Fields): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(',')}}`;

/** JSON texts that are no proper value of any field. */
const WRONG_VALUES = [
  ...['null', 'true', '""', '" "', '"null"', '"undefined"', '"0x10"', '"1e1"', '"NaN"', '-1', '1.5', '1e400', '-0'],
  ...['9007199254740993', '"9007199254740993"', '[]', '{}', '[1,2]', '[[[[]]]]', '{"__proto__":{"admin":true}}'],
  ...['"\\ud800x"', '"a\\u0000b"', '"\\u202e"', `"${'x'.repeat(10_000)}"`, `"${'가'.repeat(3_000)}"`],
  ...STRANGE_NUMBERS,
] as const;

const ENDINGS = [
  ...STRANGE_NUMBERS,
  ...[
    'C%23',
    '1%3F2',
    '50%25',
    '%',
    '%zz',
    '%00',
    '%2e%2e',
    '..',
    '1;a=b',
    '1/2/3',
    'null',
    'circuit%20breaker%20is%20open%25',
  ],
  ...[
    '0x10',
    '1e1',
    '01',
    '1.0',
    '%EC%88%98',
    'a%7C%7Cb',
    '1%20',
    "1'--",
    'search/nothing',
    'x'.repeat(300),
    'x'.repeat(9_500),
  ],
] as const;

const QUERIES = [
  ...[
    'size=-1',
    'size=0',
    'size=999999',
    'size=abc',
    'page=-1',
    'page=9007199254740991',
    'page=9e99&size=200',
    'size=200&page=1',
  ],
  ...[
    'page=999999',
    'sort=nothing',
    'sort=id,sideways',
    'sort=id,desc&size=200',
    'custNo=null',
    'classId=null',
    'classId=0x10',
  ],
  ...['size=1&size=2', 'size[]=1', '__proto__=1', `q=${'x'.repeat(8_000)}`, '%', 'a=%zz', 'page=1.5', 'rentalId=%20'],
] as const;

const INNER = [
  ...[
    '/internal/payments',
    '/dapr/subscribe',
    '/dapr/config',
    '/events',
    '/deadletters',
    '/deadletters/1/replay',
    '/deferred',
    '/status',
  ],
  ...[
    '/configuration/x/PAY_DELAY_MS',
    '/metrics',
    '/v1.0/state/x',
    '/v1.0/shutdown',
    '/v1.0/healthz',
    '/.env',
    '/favicon.ico',
    '//',
    '/a//b',
    '/callMemleak',
  ],
] as const;

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'BREW',
  'get',
] as const;

/** Headers that a client may send and that decide nothing here. */
const HEADERS: readonly (readonly [string, string])[] = [
  ...[
    ['cookie', 'name=\xe9\xff'],
    ['referer', 'http://\xe4'],
    ['user-agent', 'm\xfcller'],
    ['x-anything', '\x80\x81'],
  ],
  ...[
    ['dapr-app-id', 'nobody'],
    ['dapr-app-id', 'lecture-gift'],
    ['dapr-api-token', 'x'],
    ['dapr-stream', 'true'],
  ],
  ...[
    ['cookie', 'c'.repeat(12_500)],
    ['cookie', 'c'.repeat(15_000)],
    ['cookie', 'c'.repeat(40_000)],
  ],
  ...[
    ['if-match', '"nothing"'],
    ['if-none-match', '*'],
    ['if-unmodified-since', 'yesterday'],
    ['range', 'bytes=0-1'],
  ],
  ...[
    ['expect', '100-continue'],
    ['expect', 'magic'],
    ['upgrade', 'websocket'],
    ['te', 'trailers'],
    ['trailer', 'x'],
  ],
  ...[
    ['origin', 'null'],
    ['origin', 'http://evil.example'],
    ['forwarded', 'host=evil.example;proto=ftp'],
  ],
  ...[
    ['x-forwarded-host', 'evil.example/"><'],
    ['x-forwarded-proto', 'javascript'],
    ['x-forwarded-prefix', '//evil.example'],
  ],
  ...[
    ['traceparent', 'no'],
    ['traceparent', '00-0-0-00'],
    ['x-request-id', 'a b\tc'],
    ['x-public-base', 'http://evil.example'],
  ],
  ...[
    ['authorization', 'Bearer x'],
    ['authorization', `Basic ${'x'.repeat(5_000)}`],
    ['accept', 'image/png'],
    ['accept-encoding', 'br;q=9'],
  ],
].map(([name = '', value = '']) => [name, value] as const);

const KEYS = [
  'a||b',
  '',
  ' ',
  '\xe9',
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(4_000),
  'b#2',
  'a/b',
  '"quoted"',
  '{}',
  'of-1',
] as const;

const TYPES = [
  ...[
    'text/plain',
    'application/xml',
    'application/json; charset=utf-7',
    'application/json; charset=euc-kr',
    'application/json;charset=',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'nonsense',
    '',
    'application/cloudevents+json',
  ],
] as const;

/** Bodies that are no JSON object of a sensible size. */
function oddBody(random: Random, fields: Fields): Buffer {
  const good = objectOf(fields);
  const [name = 'a', value = '1'] = Object.entries(fields)[0] ?? [];
  const made: readonly (() => Buffer | string)[] = [
    () => '',
    () => good.slice(0, -1),
    () => 'hello',
    () => 'null',
    () => '[]',
    () => '"text"',
    () => `\ufeff${good}`,
    () => `${good}${good}`,
    () => `{"${name}":${value},${good.slice(1)}`,
    () => '['.repeat(100_000),
    () => `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    () => Buffer.from(good.replace(/"([a-z_]+)"(?=[,}])/, '"\xb0\xa1"'), 'latin1'),
    () => Buffer.alloc(1000, 0),
    () => `{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}},${good.slice(1)}`,
    () => `{${Array.from({ length: 20_000 }, (_, n) => `"f${n}":1`).join(',')}}`,
    () => `{"${name}":"${'x'.repeat(1_048_000)}"}`,
  ];
  const body = pick(random, made)();
  return typeof body === 'string' ? Buffer.from(body) : body;
}

type Generator = (random: Random, terrain: Terrain) => HttpAttack;

const target = (random: Random, { paths }: Terrain): string => pick(random, paths);
const posted = (random: Random, { bodies }: Terrain): readonly [path: string, fields: Fields] =>
  pick(random, Object.entries(bodies));

/** Requests that want an answer, one on its connection. */
const single: Readonly<Record<string, Generator>> = {
  path: (random, terrain) =>
    once(
      'path',
      request(
        pick(random, ['GET', 'DELETE', 'PATCH', 'PUT', 'HEAD']),
        `${target(random, terrain)}/${pick(random, ENDINGS)}`,
        [],
      ),
    ),
  query: (random, terrain) => once('query', request('GET', `${target(random, terrain)}?${pick(random, QUERIES)}`, [])),
  inner: (random) => once('inner path', request(pick(random, ['GET', 'POST', 'DELETE']), pick(random, INNER), [])),
  'request line': (random, terrain) =>
    once(
      'request line',
      request(
        'GET',
        pick(random, [
          '*',
          '*^',
          'http://',
          `http://localhost${target(random, terrain)}`,
          'x',
          '/\\',
          '/%ff',
          '/?',
          '/a b',
        ]),
        [],
      ),
    ),
  method: (random, terrain) =>
    once('method', request(pick(random, METHODS), `${target(random, terrain)}${pick(random, ['', '/999999'])}`, []), {
      answerDue: false,
    }),
  header: (random, terrain) =>
    once('header', request('GET', `${target(random, terrain)}?size=1`, [pick(random, HEADERS)])),
  'many headers': (random, terrain) =>
    once(
      'many headers',
      request(
        'GET',
        target(random, terrain),
        Array.from({ length: pick(random, [150, 1_900, 2_100]) }, (_, n) => [`x-${n}`, 'v'] as const),
      ),
    ),
  'doubled header': (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    const doubled = pick<readonly (readonly [string, string])[]>(random, [
      [['host', 'evil.example']],
      [
        ['idempotency-key', 'one'],
        ['idempotency-key', 'two'],
      ],
      [['content-length', '3']],
      [['transfer-encoding', 'gzip, chunked']],
      [['content-type', 'text/plain']],
    ]);
    return once('doubled header', request('POST', path, [JSON_TYPE, ...doubled], objectOf(fields)));
  },
  key: (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    return once('key', request('POST', path, [JSON_TYPE, ['idempotency-key', pick(random, KEYS)]], objectOf(fields)));
  },
  'wrong value': (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    const wrong = { ...fields, [pick(random, Object.keys(fields))]: pick(random, WRONG_VALUES) };
    return once('wrong value', request('POST', path, [JSON_TYPE], objectOf(wrong)));
  },
  'missing field': (random, terrain) => {
    const [path, { ...fields }] = posted(random, terrain);
    const left = Object.entries(fields).filter(() => random() < 0.5);
    return once('missing field', request('POST', path, [JSON_TYPE], objectOf(Object.fromEntries(left))));
  },
  change: (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    const [name, value] = [pick(random, Object.keys(fields)), pick(random, WRONG_VALUES)];
    return once(
      'change',
      request(
        pick(random, ['PATCH', 'PUT']),
        `${path}/${pick(random, STRANGE_NUMBERS)}`,
        [JSON_TYPE],
        `{"${name}":${value}}`,
      ),
    );
  },
  'odd body': (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    return once('odd body', request('POST', path, [JSON_TYPE], oddBody(random, fields)));
  },
  'odd type': (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    return once('odd type', request('POST', path, [['content-type', pick(random, TYPES)]], objectOf(fields)));
  },
  encoded: (random, terrain) => {
    const [path] = posted(random, terrain);
    return once(
      'encoded',
      request('POST', path, [JSON_TYPE, ['content-encoding', pick(random, ['gzip', 'br', 'nonsense'])]], BOMB),
    );
  },
  'large body': (random, terrain) => {
    const [path] = posted(random, terrain);
    return once(
      'large body',
      request('POST', path, [JSON_TYPE], Buffer.alloc(pick(random, [1_048_577, 2_000_000, 5_000_000]), 32)),
    );
  },
  foreign: (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    const strange = Object.entries(fields).map(
      ([name, value]) => [name, /id$/i.test(name) ? pick(random, STRANGE_NUMBERS) : value] as const,
    );
    return once('foreign number', request('POST', path, [JSON_TYPE], objectOf(Object.fromEntries(strange))));
  },
  'no HTTP': (random) => {
    const bytes = pick(random, [
      'hello\r\n\r\n',
      '\x16\x03\x01\x02',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ]);
    return {
      ...once('no HTTP', request('GET', '/', [])),
      about: JSON.stringify(bytes),
      sends: [{ bytes: Buffer.from(bytes, 'latin1'), pauseMs: 0 }],
      answerDue: false,
    };
  },
};

/** Those that take time, or places that others need. */
const greedy: Readonly<Record<string, Generator>> = {
  pipeline: (random, terrain) => {
    const [path] = posted(random, terrain);
    const one = { ...request('GET', `${path}?size=200&page=${pick(random, [0, 1])}`, []), headers: [HOST] };
    return {
      ...crowd('pipeline', `80 times GET ${one.target} in one write, gone after 0.3 s`, 1),
      sends: [{ bytes: Buffer.concat(Array.from({ length: 80 }, () => bytesOf(one))), pauseMs: 0 }],
      reads: 'nothing',
      leavesAfterMs: 300,
    };
  },
  'silent bodies': (random, terrain) => {
    const [path] = posted(random, terrain);
    const head = bytesOf({
      ...request('POST', path, [JSON_TYPE]),
      headers: [HOST, JSON_TYPE, ['content-length', '100']],
    });
    return {
      ...crowd('silent bodies', `64 times POST ${path} with one byte of body, then silence`, 64),
      sends: [{ bytes: Buffer.concat([head, Buffer.from('{')]), pauseMs: 0 }],
    };
  },
  'slow headers': (_, terrain) => ({
    ...crowd('slow headers', 'a header line every 300 ms', 16),
    sends: [
      { bytes: Buffer.from(`GET ${terrain.paths[0]} HTTP/1.1\r\nhost: localhost\r\n`), pauseMs: 300 },
      ...Array.from({ length: 20 }, (_, n) => ({ bytes: Buffer.from(`x-${n}: y\r\n`), pauseMs: 300 })),
    ],
    leavesAfterMs: 500,
  }),
  'slow body': (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    const bytes = bytesOf(request('POST', path, [JSON_TYPE], objectOf(fields)));
    const cut = bytes.length - 10;
    return {
      ...crowd('slow body', `POST ${path}, its last bytes one every 300 ms`, 8),
      sends: [
        { bytes: bytes.subarray(0, cut), pauseMs: 300 },
        ...[...bytes.subarray(cut)].map((byte) => ({ bytes: Buffer.of(byte), pauseMs: 300 })),
      ],
    };
  },
  'slow readers': (random, terrain) => {
    const [path] = posted(random, terrain);
    return {
      ...crowd('slow readers', `GET ${path}?size=200, 1 kB of the answer every 50 ms`, 24),
      sends: [{ bytes: bytesOf(request('GET', `${path}?size=200`, [])), pauseMs: 0 }],
      reads: 'slow',
      leavesAfterMs: 5_000,
    };
  },
  'deaf readers': (random, terrain) => {
    const [path] = posted(random, terrain);
    return {
      ...crowd('deaf readers', `GET ${path}?size=200, the answer never read`, 24),
      sends: [{ bytes: bytesOf(request('GET', `${path}?size=200`, [])), pauseMs: 0 }],
      reads: 'nothing',
      leavesAfterMs: 5_000,
    };
  },
  silence: () => ({ ...crowd('silence', '32 connections that say nothing', 32), sends: [], leavesAfterMs: 5_000 }),
  hangup: (random, terrain) => {
    const [path, fields] = posted(random, terrain);
    const bytes = bytesOf(request('POST', path, [JSON_TYPE], objectOf(fields)));
    const cut = random() < 0.5 ? bytes.length : Math.floor(random() * bytes.length);
    return {
      ...crowd('hang up', `POST ${path}, gone after ${cut} of ${bytes.length} bytes`, 4),
      sends: [{ bytes: bytes.subarray(0, cut), pauseMs: Math.floor(random() * 20) }],
      reads: 'nothing',
      leavesAfterMs: 0,
    };
  },
};

const crowd = (kind: string, about: string, sockets: number): HttpAttack => ({
  ...{ kind, about, sockets, sends: [], reads: 'all', leavesAfterMs: 12_000, answerDue: false, mayBeTurnedAway: true },
});

const SINGLE = Object.values(single);
const GREEDY = Object.values(greedy);

/** One attack by a single request. */
export const singleAttack = (random: Random, terrain: Terrain): HttpAttack => pick(random, SINGLE)(random, terrain);

/** One attack on time, memory or connections. */
export const greedyAttack = (random: Random, terrain: Terrain): HttpAttack => pick(random, GREEDY)(random, terrain);
