import { corsOf } from './cors.ts';

const LIST = 'https://shop.example, http://localhost:3000';

test.each<[origins: string, origin: string | undefined, allowed: string | undefined]>([
  ['*', 'https://anywhere.example', '*'],
  ['*', 'null', '*'],
  ['*', undefined, undefined],
  [LIST, 'https://shop.example', 'https://shop.example'],
  [LIST, 'http://localhost:3000', 'http://localhost:3000'],
  [LIST, 'http://localhost', undefined],
  [LIST, 'https://shop.example.evil.example', undefined],
  [LIST, 'null', undefined],
  [LIST, '*', undefined],
])(
  'given pages of %s may call, when %s does, then it is allowed as %s, without credentials',
  (origins, origin, allowed) => {
    const headers = corsOf(origin === undefined ? {} : { origin }, origins);
    expect(headers['access-control-allow-origin']).toBe(allowed);
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect(headers.vary).toBe('Origin');
  },
);
