import { given, MemoryBackend } from '../../kit/testing/index.ts';
import payment from '../payment/service.ts';
import proposal from './service.ts';

test('given a proposal made under a key, when it is withdrawn under the same key, then that is refused and it stands', async () => {
  const configuration = {
    'api.url.payment': 'insurance-payment',
    'api.url.product': 'insurance-product',
    PAYMENT_DELAY_MS: '0',
  };
  const backend = new MemoryBackend({ configuration });
  const service = await given('insurance-proposal', proposal, { backend });
  const payments = await given('insurance-payment', payment, { backend });
  const key = { 'idempotency-key': 'k' };
  const made = await service.request('POST', '/proposals', { custNm: '양건우', payAmt: 100 }, key);
  expect(made).toMatchObject({ status: 201 });
  const refused = await service.request('DELETE', `/proposals/${made.body.id}`, undefined, key);
  expect(refused.status).toBe(422);
  expect((await service.request('GET', `/proposals/${made.body.id}`)).body).toMatchObject({ prpsStnm: '청약' });
  expect(await service.rows('/proposals/search/findByCustNo?custNo=null')).toEqual([]);
  await service.close();
  await payments.close();
});
