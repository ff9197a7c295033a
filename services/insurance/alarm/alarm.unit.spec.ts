import { record, textOf } from './domain.ts';

const customer = { custNo: '000000002', custNm: '양건우', ppsdsnNo: '20210708033005', prdcd: 'P00000005' };

test('given an event, when its message is worded, then it says how far the customer is, and details of an issue', () => {
  expect(textOf('Hello', 'PlanSaved', customer)).toBe('Hello 고객 업무 진행사항 : PlanSaved');
  expect(textOf('', 'PlanSaved', customer)).toBe('고객 업무 진행사항 : PlanSaved');
  expect(textOf('Hello', 'PrductDesdCreated', customer)).toBe(
    'Hello 고객 업무 진행사항 : PrductDesdCreated, 가입설계번호 20210708033005, 상품코드 P00000005',
  );
});

test('given a message, when it is recorded, then with its customer and the time', () => {
  const { state, events } = record('event', 'text', { custNm: '양건우', phoneNo: '010' }, '20210708033005')(1);
  const sent = { custNo: null, custNm: '양건우', phoneNo: '010', sendDtm: '2021.07.08 03:30:05' };
  expect(state).toEqual({ id: 1, message: 'text', event: 'event', sent: false, ...sent });
  expect(events).toEqual([]);
});
