import { log } from '../../kit/telemetry.ts';
import { record, textOf } from './domain.ts';
import { sender } from './sender.ts';

log.silent = true;
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
  expect(state).toEqual({ id: 1, message: 'text', event: 'event', ...sent });
  expect(events).toEqual([]);
});

/** A sidecar with these components whose messenger answers so. */
function sidecarWith(components: { name: string; type: string }[], status = 204) {
  const asked: unknown[] = [];
  const request = async (method: string, path: string, body?: unknown) => {
    if (method === 'GET') return { status: 200, headers: {}, body: JSON.stringify({ components }) };
    asked.push([path, body]);
    return { status, headers: {}, body: '' };
  };
  return { asked, request };
}

test('given a messenger, when a message is sent, then it goes out through it', async () => {
  const sidecar = sidecarWith([{ name: 'notice', type: 'bindings.http' }]);
  await sender(sidecar)('event', 'text', customer);
  const data = { text: 'text', custNm: '양건우', phoneNo: null };
  expect(sidecar.asked).toEqual([['/v1.0/bindings/notice', { operation: 'post', data }]]);
});

test('given no messenger, when a message is sent, then it is only logged', async () => {
  const sidecar = sidecarWith([{ name: 'insurance-pubsub', type: 'pubsub.redis' }]);
  await sender(sidecar)('event', 'text', customer);
  expect(sidecar.asked).toEqual([]);
});

test('given a messenger that is away, when a message is sent, then that fails, so that its event comes again', async () => {
  const sidecar = sidecarWith([{ name: 'notice', type: 'bindings.smtp' }], 500);
  await expect(sender(sidecar)('event', 'text', customer)).rejects.toThrow('the messenger did not take a message: 500');
});
