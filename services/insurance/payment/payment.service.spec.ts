import request from 'supertest';
import { type Beside, beside } from '../../../tests/harness/beside.ts';
import { eventually } from '../../../tests/harness/system.ts';
import payment from './service.ts';

let service: Beside;
beforeAll(async () => {
  service = await beside('insurance-payment', payment);
}, 120_000);
afterAll(() => service.close(), 60_000);

const account = { actDcd: '01', fininCd: '004', fininNm: '국민은행', actNo: '1234', achdNm: '양건우' };
const fields = (prpsNo: string) => ({ prpsNo, custNo: '000000002', custNm: '양건우', ...account, payAmt: 80000.5 });
const pay = async (prpsNo: string): Promise<boolean> =>
  (await request(service.app).post('/internal/payments').send(fields(prpsNo)).expect(200)).body.approved;
const payments = async (prpsNo: string): Promise<{ status: string; payAmt: number }[]> =>
  (await request(service.app).get(`/payments/search/findByPrpsNo?prpsNo=${prpsNo}`).expect(200)).body._embedded
    .payments;
const withdrawn = (prpsNo: string, id: string) => ({
  type: 'ProposalWithdrawn',
  id,
  data: {
    prpsNo,
    ppsdsnNo: null,
    custNo: null,
    custNm: null,
    prdcd: null,
    prdnm: null,
    prpsStcd: '90',
    prpsStnm: '청약철회',
  },
});

test('given a proposal, when it is paid several times at once, then there is one payment, to the hundredth', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => pay('20210704165901')));
  expect(answers).toEqual(Array(5).fill(true));
  expect(await payments('20210704165901')).toMatchObject([{ status: '결재완료', payAmt: 80000.5, ...account }]);
});

test('given a payment, when its proposal is withdrawn, published twice, then it is cancelled and cannot be paid again', async () => {
  await pay('20210704165902');
  await service.publish(withdrawn('20210704165902', 'twice'));
  await service.publish(withdrawn('20210704165902', 'twice'));
  await eventually(async () => expect(await payments('20210704165902')).toMatchObject([{ status: '결재취소' }]));
  expect(await pay('20210704165902')).toBe(false);
});

test('given a withdrawal that overtakes its payment, when the payment comes, then it is refused and nothing is paid', async () => {
  await pay('20210704165900');
  await service.publish(withdrawn('20210704165903', 'early'));
  await service.publish(withdrawn('20210704165900', 'after it'));
  await eventually(async () => expect(await payments('20210704165900')).toMatchObject([{ status: '결재취소' }]));
  expect(await pay('20210704165903')).toBe(false);
  expect(await payments('20210704165903')).toEqual([]);
});

test('given payments, when they are checked, then what became of them is answered, and nothing for others', async () => {
  await pay('20210704165904');
  const check = async (prpsNo: string): Promise<unknown> =>
    (await request(service.app).post('/payments/chkPayment').send({ prpsNo }).expect(200)).body;
  const payDtm = expect.stringMatching(/^\d{14}$/);
  expect(await check('20210704165904')).toEqual({
    data: { prpsNo: '20210704165904', status: '결재완료', payAmt: 80000.5, payDtm },
  });
  expect(await check('20210704165999')).toEqual({ data: null });
});

test('given a payment request without an amount, when it comes, then 400 names it', async () => {
  const { payAmt: _, ...broken } = fields('20210704165905');
  const { body } = await request(service.app).post('/internal/payments').send(broken).expect(400);
  expect(body.detail).toContain('payAmt');
});
