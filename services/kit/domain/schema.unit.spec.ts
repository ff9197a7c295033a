import { appId, decimal, integer, milliseconds, wholeNumber } from './schema.ts';

const MALFORMED = [
  '',
  ' ',
  '0x10',
  '1e1',
  '+5',
  ' 5',
  '5 ',
  '5\n',
  '007',
  '1,000',
  'abc',
  '٣',
  '--1',
  '1.',
  '.5',
  'NaN',
];

test.each(MALFORMED)(
  'given the text %j, when a configuration value has to be a number, then it is malformed',
  (text) => {
    for (const schema of [milliseconds, wholeNumber({ min: -10, max: 100 }), decimal({ min: -10, max: 100 })])
      expect(schema.safeParse(text).success).toBe(false);
  },
);

test.each([
  [wholeNumber({ min: 1, max: 100 }), '100', 100],
  [wholeNumber({ min: -5, max: 5 }), '-5', -5],
  [decimal({ min: 0, max: 100 }), '1.5', 1.5],
  [milliseconds, '0', 0],
])('given a number as text, when it is read, then it is that number', (schema, text, value) => {
  expect(schema.parse(text)).toBe(value);
});

test.each(['0', '101', '1.5', 5, null, undefined])(
  'given %j, when 1 to 100 are wanted, then it is malformed and says what is',
  (value) => {
    const { error } = wholeNumber({ min: 1, max: 100 }).safeParse(value);
    expect(error?.issues[0]?.message).toBe('must be a whole number from 1 to 100, in decimal digits');
  },
);

test.each(['', ' lecture-pay', 'Lecture', 'http://pay', 'a b'])(
  'given %j, when an app id is wanted, then it is malformed',
  (text) => {
    expect(appId.safeParse(text).success).toBe(false);
  },
);

test.each([
  ['10000', 10000],
  ['-3', -3],
  [7, 7],
  ['9007199254740991', 9007199254740991],
])('given %j of a client, when a whole number is wanted, then it is taken', (value, expected) => {
  expect(integer.parse(value)).toBe(expected);
});

test.each([' 5', '5 ', '+5', '', '0x10', '1e4', '1.0', '9007199254740993', 1.5, null, true, [1]])(
  'given %j of a client, when a whole number is wanted, then it is refused',
  (value) => {
    expect(integer.safeParse(value).success).toBe(false);
  },
);
