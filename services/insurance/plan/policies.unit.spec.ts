import { realContext } from '../../kit/index.ts';
import { type Given, given, MemoryBackend } from '../../kit/testing/index.ts';
import product from '../product/service.ts';
import { stamp } from '../shared/numbers.ts';
import plan from './service.ts';

const configuration = { 'api.url.product': 'insurance-product', ISSUE_DELAY_MS: '0' };
const described = (timestamp: string, ppsdsnNo: string) => ({
  type: 'PrductDesdCreated',
  data: { id: 1, ppsdsnNo, prdcd: 'P00000005', prdnm: null, custNo: null, custNm: null, timestamp },
});

let service: Given;
let products: Given;
beforeEach(async () => {
  const backend = new MemoryBackend({ configuration });
  service = await given('insurance-plan', plan, { backend });
  products = await given('insurance-product', product, { backend });
  const made = await products.request('POST', '/products', { prdcd: 'P00000005', prdnm: '보장', prm: 80000 });
  expect(made).toMatchObject({ status: 201 });
});
afterEach(async () => {
  await service.close();
  await products.close();
});

const save = async () => {
  const { status, body } = await service.request<{ ppsdsnNo: string }>('POST', '/plans', {
    prdcd: 'P00000005',
    custNo: '000000002',
    custNm: '양건우',
    ppsdsnDt: '20210708',
    entAmt: 1,
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
};
const stored = async () => (await service.request('GET', '/plans/1')).body;

test('given two descriptions of one plan, when the later one is heard of first, then its day stays', async () => {
  const { ppsdsnNo } = await save();
  await service.publish(described('20210709120000', ppsdsnNo));
  await service.publish(described('20210708120000', ppsdsnNo));
  await service.eventually(async () =>
    expect(await stored()).toMatchObject({ progSt: '상품설명서생성완료', prodDesdIsueDt: '20210709' }),
  );
});

test('given a description that came before its plan, when the plan is saved, then it knows of it', async () => {
  // A plan's number is the second in which it is saved.
  for (let second = 0; second < 20; second++)
    service.put(
      described(
        '20210708120000',
        stamp({ context: { ...realContext, clock: { ...realContext.clock, now: () => Date.now() + second * 1_000 } } }),
      ),
    );
  await service.settle();
  await save();
  await service.eventually(async () =>
    expect(await stored()).toMatchObject({ progSt: '상품설명서생성완료', prodDesdIsueDt: '20210708' }),
  );
});
