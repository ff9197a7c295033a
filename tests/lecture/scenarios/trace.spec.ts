import { randomBytes } from 'node:crypto';
import { eventually, logLines, notices } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import { CANCELED, call, cancel, ENROLLED, enrol, reaches } from '../client.ts';

/** One enrolment is one trace, through calls, events and logs. */

const topic = followed('lecture');

const newTrace = (): { traceId: string; headers: Record<string, string> } => {
  const traceId = randomBytes(16).toString('hex');
  return { traceId, headers: { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` } };
};
const traceIdOf = (traceparent?: string): string | undefined => traceparent?.split('-')[1];
const typesIn = (traceId: string): string[] =>
  [
    ...new Set(
      topic.published.filter(({ event }) => traceIdOf(event.traceparent) === traceId).map(({ event }) => event.type),
    ),
  ].sort();

test('37. given a client with a trace, when it enrols, then every event of every service and every notice carries it', async () => {
  const { traceId, headers } = newTrace();
  const { id } = await enrol({}, headers);
  await reaches(id, ENROLLED);
  const all = ['ClassRegistered', 'GiftRegistered', 'PaymentApproved', 'PointRegistered', 'TextbookDeliveried'];
  await eventually(() => expect(typesIn(traceId)).toEqual(all));
  const noticed = ['ClassRegistered', 'PaymentApproved', 'TextbookDeliveried'];
  await eventually(async () => {
    const published = (await notices()).filter(({ traceparent }) => traceIdOf(traceparent) === traceId);
    expect(published.map(({ data }) => data.eventType).sort()).toEqual(noticed);
    const lines = (await logLines('lecture-alert')).filter((line) => line.traceId === traceId);
    expect(lines).toHaveLength(noticed.length);
  });
});

test('37. given an enrolment, when it is cancelled under another trace, then what follows carries that one', async () => {
  const { id } = await enrol();
  await reaches(id, ENROLLED);
  const { traceId, headers } = newTrace();
  await cancel(id, headers);
  await reaches(id, CANCELED);
  const all = ['ClassCanceled', 'GiftCanceled', 'PaymentCanceled', 'PointCanceled', 'TextbookDeliveried'];
  await eventually(() => expect(typesIn(traceId)).toEqual(all));
});

test('37. given a client without a trace, when it enrols, then one trace begins at the gateway', async () => {
  const { id } = await enrol();
  await reaches(id, ENROLLED);
  const traces = () =>
    new Set(
      topic.published
        .filter(
          ({ event }) =>
            (event.data.classId ?? event.data.id) === id && /^(Class|Payment|Point|Gift|Text)/.test(event.type),
        )
        .map(({ event }) => traceIdOf(event.traceparent)),
    );
  await eventually(() => expect(traces().size).toBe(1));
});

test('37. given a client with a trace, when its request is refused, then the problem names the trace as correlation id', async () => {
  const { traceId, headers } = newTrace();
  const answer = await call('POST', '/classes', {}, headers);
  expect(answer).toMatchObject({ status: 400, body: { correlationId: traceId } });
  expect(answer.headers.get('x-request-id')).toBeTruthy();
});
