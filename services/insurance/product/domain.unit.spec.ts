import fc from 'fast-check';
import type { ProductDesdRequested } from '../plan/contract.ts';
import {
  ageOn,
  changeProduct,
  describePlan,
  issueDocument,
  type Product,
  registerProduct,
  underwrite,
} from './domain.ts';

const request = { prdcd: 'P00000005', prdnm: '(무)재해사망보장', prm: 80000 };
const limits = { minEntAmt: 10000, maxEntAmt: 100000, minEntAge: 15, maxEntAge: 70 };
const product = registerProduct(1, { ...request, ...limits }).state!;
const TODAY = '20210708';

describe('underwriting', () => {
  test.each([
    [{ entAmt: 100000 }, undefined],
    [{ entAmt: 100000.01 }, '가입금액 초과'],
    [{ entAmt: 10000 }, undefined],
    [{ entAmt: 9999.99 }, '가입금액 미달'],
    [{ aclBirdt: '19500709' }, undefined],
    [{ aclBirdt: '19500708' }, '가입연령 초과'],
    [{ aclBirdt: '20060708' }, undefined],
    [{ aclBirdt: '20060709' }, '가입연령 미달'],
    [{ entAmt: null, aclBirdt: '' }, undefined],
    [{}, undefined],
  ])('given limits, when %j is wished, then the answer is %s', (wished, answer) => {
    expect(underwrite(product, wished, TODAY)).toBe(answer);
  });

  test('given a product without limits, when anything is wished, then it may be had', () => {
    const open = registerProduct(1, request).state!;
    expect(underwrite(open, { entAmt: 1e12, aclBirdt: '18000101' }, TODAY)).toBeUndefined();
  });

  test('given a birthday, when it comes, then one is a year older, and not before', () => {
    expect([ageOn('20210707', '19940708'), ageOn('20210708', '19940708')]).toEqual([26, 27]);
    fc.assert(
      fc.property(fc.integer({ min: 1900, max: 2020 }), fc.integer({ min: 0, max: 120 }), (year, years) => {
        expect(ageOn(`${year + years}0301`, `${year}0301`)).toBe(years);
        expect(ageOn(`${year + years}0228`, `${year}0301`)).toBe(years - 1);
      }),
    );
  });
});

test('given a product, when its code is changed, then it is refused', () => {
  expect(() => changeProduct(product, { prdcd: 'P00000001' })).toThrow('prdcd');
  expect(changeProduct(product, { prdcd: product.prdcd, prm: 1 } as Partial<Product>).state).toMatchObject({ prm: 1 });
});

const plan = {
  ...{ ppsdsnNo: '20210708033005', ppsdsnDt: null, prdcd: 'P00000005', prdnm: '(무)재해사망보장' },
  ...{ custNo: '000000002', custNm: '양건우', slctPlnrEno: null, slctPlnrNm: null, slctDofOrgNo: null },
  ...{ slctDofOrgNm: null, insPrd: '20년', pmPrd: '20년', pmCyl: '월납', sprm: 80000, entAmt: 50000 },
  ...{ prodDesdIsueDt: null, progSt: '가입설계' },
} as ProductDesdRequested;

test('given a plan, when its description is issued, then the document says what it is about, and that is published', () => {
  const { state, events } = describePlan('event', '20210708033010', plan)(3);
  expect(state).toMatchObject({ isueNo: '20210708033010', isueDt: '20210708', isueRefNo: plan.ppsdsnNo, sendYn: 'N' });
  for (const said of [plan.ppsdsnNo, plan.prdnm, '80000', '월납', '해약환급금'])
    expect(state?.notclCtnt).toContain(said);
  const { ppsdsnNo, prdcd, prdnm, custNo, custNm } = plan;
  expect(events).toEqual([{ type: 'PrductDesdCreated', data: { id: 3, ppsdsnNo, prdcd, prdnm, custNo, custNm } }]);
});

test('given the longest names, when a description is issued, then its text fits', () => {
  const { state } = describePlan('event', '20210708033010', { ...plan, prdnm: '가'.repeat(1000) })(3);
  expect(state?.notclCtnt).toHaveLength(255);
});

test('given a document issued by hand, when nobody is named, then nobody is told of', () => {
  const { events } = issueDocument('command', '20210708033010', { isueRefNo: '1' })(3);
  expect(events[0]?.data).toMatchObject({ ppsdsnNo: '1', custNo: null, custNm: null, prdnm: null });
});
