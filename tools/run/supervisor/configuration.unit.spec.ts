import { refusal } from './configuration.ts';

describe('given the services of lecture', () => {
  it.each([
    ['PAY_DELAY_MS', 'abc', 'lecture-pay'],
    ['PAY_DELAY_MS', '-1', 'lecture-pay'],
    ['PAY_FAILURE', 'sometimes', 'lecture-pay'],
    ['POINT_PERCENT', '101', 'lecture-point'],
    ['POINT_PERCENT', ' ', 'lecture-point'],
    ['POINT_PERCENT', '0x10', 'lecture-point'],
    ['POINT_PERCENT', '1e1', 'lecture-point'],
    ['GATEWAY_RATE_REQUESTS', 'many', 'lecture-gateway'],
  ])('when %s becomes "%s", then it is refused in a sentence that names the service', async (key, value, service) => {
    expect(await refusal('lecture', { [key]: value })).toMatch(
      new RegExp(`^${key}=.* is refused by ${service}: .*\\.$`),
    );
  });

  it.each([
    ['PAY_DELAY_MS', '0'],
    ['POINT_PERCENT', '1.5'],
    ['PAY_FAILURE', 'none'],
  ])('when %s becomes "%s", then it is taken', async (key, value) => {
    expect(await refusal('lecture', { [key]: value })).toBeUndefined();
  });
});
