import { InvalidInput } from '../errors.ts';
import { canonical, readEventJson, readJson } from './json.ts';

const refusal = (text: string, read = readJson): readonly { field: string; message: string }[] => {
  try {
    read(text);
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
  ['{"fee":0.99999999999999999}', 'fee'],
  ['{"fee":1.00000000000000001}', 'fee'],
  ['{"fee":123456789.123456789123}', 'fee'],
  ['{"fee":1.2345e-320}', 'fee'],
  ['{"a":[1,{"b":9007199254740992}]}', 'a.b'],
  ['[9007199254740992]', 'body'],
])('given %s, when it is read, then a number that would become another one is refused', (text, field) => {
  expect(refusal(text)).toEqual([{ field, message: expect.stringContaining('number') }]);
  expect(refusal(text, readEventJson)).toEqual(refusal(text));
});

test.each(['{"name":"\\ud800x"}', '{"name":"x\\udc00"}', '{"name":"\\udc00\\ud800"}', '{"\\ud83d":1}', '["\\ud83d"]'])(
  'given %s, when it is read, then half of a character is refused',
  (text) => {
    expect(refusal(text)).toEqual([{ field: expect.any(String), message: expect.stringContaining('half') }]);
    expect(refusal(text, readEventJson)).toEqual(refusal(text));
  },
);

test('given a number of as many digits as a body can have, when it is read, then it is refused at once', () => {
  const start = performance.now();
  expect(refusal(`{"fee":1${'0'.repeat(200_000)}1e-200001}`)).toEqual([
    { field: 'fee', message: expect.stringContaining('number') },
  ]);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test('given more members or items than any contract has, when they are read, then they are refused before all are looked at', () => {
  const items = Array.from({ length: 100_000 }, (_, number) => number);
  expect(() => readJson(JSON.stringify({ items }))).toThrow('more than 10,000');
  expect(() => readJson(JSON.stringify(Object.fromEntries(items.entries())))).toThrow('more than 10,000');
  expect(readJson(JSON.stringify({ items: items.slice(0, 10_000) }))).toBeDefined();
});

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
  '{"a":0.30000000000000004,"b":1.50000000000000000000,"c":5e-324,"d":0.000e+5,"e":123456789012345e-15,"f":10E2}',
  ' { } ',
])('given %s, which has one meaning, when it is read, then it is the value', (text) => {
  expect(readJson(text)).toEqual(JSON.parse(text));
  expect(readEventJson(text)).toEqual(JSON.parse(text));
});

test('given one value in two orders of keys, when it is made canonical, then it is one text', () => {
  expect(canonical({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
  expect(canonical({ b: [1, { c: 'x', d: null }] })).toBe(canonical({ b: [1, { d: null, c: 'x' }] }));
});
