import { InvalidInput } from '../errors.ts';
import { canonical, readJson } from './json.ts';

const refusal = (text: string): readonly { field: string; message: string }[] => {
  try {
    readJson(text);
    return [];
  } catch (error) {
    if (error instanceof InvalidInput) return error.errors;
    throw error;
  }
};

test.each([
  ['{"fee":1,"fee":2}', 'fee'],
  ['{"a":{"b":1,"\\u0062":2}}', 'a.b'],
  ['{"a":[{"b":1},{"c":1,"c":1}]}', 'a.c'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('given %s, when it is read, then the second of two equal keys is refused by name', (text, field) => {
  expect(refusal(text)).toEqual([{ field, message: expect.stringContaining('twice') }]);
});

test.each([
  ['{"fee":1e400}', 'fee'],
  ['{"fee":-1e400}', 'fee'],
  ['{"fee":1e-400}', 'fee'],
  ['{"fee":9007199254740993}', 'fee'],
  ['{"fee":1e21}', 'fee'],
  ['{"a":[1,{"b":9007199254740992}]}', 'a.b'],
  ['[9007199254740992]', 'body'],
])('given %s, when it is read, then a number that would become another one is refused', (text, field) => {
  expect(refusal(text)).toEqual([{ field, message: expect.stringContaining('number') }]);
});

test.each(['{"name":"\\ud800x"}', '{"name":"x\\udc00"}', '{"name":"\\udc00\\ud800"}', '{"\\ud83d":1}', '["\\ud83d"]'])(
  'given %s, when it is read, then half of a character is refused',
  (text) => {
    expect(refusal(text)).toEqual([{ field: expect.any(String), message: expect.stringContaining('half') }]);
  },
);

test('given more levels than any contract has, when they are read, then they are refused and nobody overflows', () => {
  expect(refusal('['.repeat(100_000) + ']'.repeat(100_000))).toEqual([
    { field: 'body', message: expect.stringContaining('deep') },
  ]);
});

test.each([
  '{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}],"x":"x"}',
  '{"a":"x,\\"a\\":1","b":["a","a"],"c":"\\\\","d":"{\\"d\\":1,\\"d\\":2}"}',
  '{"a":9007199254740991,"b":-9007199254740991,"c":1.005,"d":0e0,"e":-0.0,"f":1e3,"g":true,"h":null}',
  '{"name":"\\ud83d\\ude00 김 \\u0000"}',
  ' { } ',
])('given %s, which has one meaning, when it is read, then it is the value', (text) => {
  expect(readJson(text)).toEqual(JSON.parse(text));
});

test('given one value in two orders of keys, when it is made canonical, then it is one text', () => {
  expect(canonical({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
  expect(canonical({ b: [1, { c: 'x', d: null }] })).toBe(canonical({ b: [1, { d: null, c: 'x' }] }));
});
