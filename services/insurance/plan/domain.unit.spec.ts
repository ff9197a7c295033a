import { cancelPlan, learnDescription, publishCalculation, requestDescription, saveAgain, savePlan } from './domain.ts';

const request = { prdcd: 'P00000005', custNo: '000000002', custNm: '양건우', sprm: 80000, entAmt: 50000 };
const saved = savePlan('20210708033005', request)(1);
const plan = saved.state!;

test('given a request, when it is saved, then it is a plan with a number and the first state, and that is published', () => {
  expect(plan).toMatchObject({
    id: 1,
    ppsdsnNo: '20210708033005',
    progSt: '가입설계',
    insPrd: null,
    prodDesdIsueDt: null,
  });
  const { id: _, ...published } = plan;
  expect(saved.events).toEqual([{ type: 'PlanSaved', data: published }]);
  expect(savePlan('1', { ...request, progSt: '임시' })(1).state?.progSt).toBe('임시');
});

test('given a plan, when it is saved again, then number, customer and progress stay, and it is published again', () => {
  const described = learnDescription('20210709')(plan).state!;
  const again = saveAgain(described, { entAmt: 60000, progSt: '가입설계' });
  expect(again.state).toEqual({ ...described, entAmt: 60000 });
  expect(again.events).toMatchObject([{ type: 'PlanSaved', data: { entAmt: 60000, progSt: '상품설명서생성완료' } }]);
  expect(() => saveAgain(plan, { custNo: '000000003' })).toThrow('custNo');
  expect(() => saveAgain(plan, { custNm: null })).toThrow('custNm');
});

test('given a plan, when its description is requested, then the event has the state before, and asking twice is one request', () => {
  const { state, events } = requestDescription(plan)!;
  expect(state?.progSt).toBe('상품설명서발행요청중');
  expect(events).toMatchObject([{ type: 'ProductDesdRequested', data: { progSt: '가입설계', custNo: '000000002' } }]);
  expect(requestDescription(state!)).toBeUndefined();
  const described = learnDescription('20210709')(state!);
  expect(described).toMatchObject({ state: { progSt: '상품설명서생성완료', prodDesdIsueDt: '20210709' }, events: [] });
  expect(requestDescription(described.state!)?.events).toHaveLength(1);
});

test('given a plan, when it is cancelled, then it is gone and nobody is told', () => {
  expect(cancelPlan()).toEqual({ state: null, events: [] });
});

test('given terms, when a premium is calculated, then the customer and the product are told', () => {
  const terms = { prdcd: 'P00000005', prdnm: '보장', insPrd: null, pmPrd: null, pmCyl: null, prm: 80000 };
  const customer = { custNm: '양건우', gndrCd: '1', aclBirdt: '19940101', phoneNo: '01012345678' } as const;
  const { events } = publishCalculation(terms, { ...customer, prdcd: 'P00000005', entAmt: null })(1);
  const publishedEvents = { ...customer, prdcd: 'P00000005', prdnm: '보장', progSt: '보험료계산' };
  expect(events).toEqual([{ type: 'premiumCaculated', data: publishedEvents }]);
});
