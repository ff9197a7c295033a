import { Attempt } from './attempt.ts';

const request = { system: 'lecture', method: 'GET', path: '/classes', headers: { 'idempotency-key': 'one' } };

test.each([
  ['another host', { path: '//evil.example/' }],
  ['another host, written otherwise', { path: '/\\evil.example/' }],
  ['no path', { path: 'http://evil.example/' }],
  ['a line break', { path: '/classes\r\nx: y' }],
  ['a header of its own', { headers: { host: 'evil.example' } }],
  ['a method that is none of the contract', { method: 'CONNECT' }],
])('given %s, when it is to be tried, then it is refused', (_, more) => {
  expect(Attempt.safeParse({ ...request, ...more }).success).toBe(false);
  expect(Attempt.safeParse(request).success).toBe(true);
});
