import { keptFrom } from './retention.ts';

const now = 10_000;

describe('given a stream and its consumer groups', () => {
  it.each([
    ['nobody reads it', [], undefined],
    ['a new group has read nothing', [{ lastDelivered: '9000-0' }, { lastDelivered: '0-0' }], undefined],
    ['all have read it', [{ lastDelivered: '8000-1' }, { lastDelivered: '8000-0' }], '8000-0'],
    [
      'one has an event in hand',
      [{ lastDelivered: '8000-0', firstPending: '700-12' }, { lastDelivered: '9000-0' }],
      '700-12',
    ],
    ['ids differ in their number of digits', [{ lastDelivered: '8000-0' }, { lastDelivered: '999-0' }], '999-0'],
    ['all have read what is young', [{ lastDelivered: '9999-0' }], '9000-0'],
  ])('when %s, then what is needed or young stays', (_, groups, expected) => {
    expect(keptFrom(groups, now, 1_000)).toBe(expected);
  });
});
