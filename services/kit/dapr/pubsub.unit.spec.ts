import { MemoryBackend } from '../testing/index.ts';
import { Sidecar } from './sidecar.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const cloudEvent = {
  specversion: '1.0',
  id: 'lecture-class/Class-1/1.0',
  source: 'lecture-class',
  type: 'ClassRegistered',
  subject: 'Class-1',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  traceparent: TRACE,
  traceid: TRACE,
  aggregateversion: 1_000,
  data: { eventType: 'ClassRegistered', student: '홍길동 "a\\b" <c> & \n 😀' },
};

/** What lies on the topic after this. */
async function publishedBy(publishing: (sidecar: Sidecar) => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const backend = new MemoryBackend();
  const sidecar = new Sidecar(backend.sidecar('lecture-class'), 'lecture-class');
  await sidecar.ready(1_000);
  await publishing(sidecar);
  return backend.broker.messages('lecture').map(({ data }) => JSON.parse(data.toString()));
}

test('given an event, when it is published, then the topic has what it has of a stock publisher, but for an empty tracestate', async () => {
  const ours = await publishedBy((sidecar) => sidecar.publish('lecture', [{ cloudEvent, partitionKey: '1' }]));
  const theirs = await publishedBy((sidecar) =>
    sidecar.request('POST', '/v1.0/publish/lecture-pubsub/lecture', cloudEvent, {
      'content-type': 'application/cloudevents+json',
    }),
  );
  expect(ours).toEqual([{ ...cloudEvent, topic: 'lecture', pubsubname: 'lecture-pubsub' }]);
  expect([{ ...ours[0], tracestate: '' }]).toEqual(theirs);
});

test('given events with their texts, when they are published together, then each is on the topic under its key', async () => {
  const backend = new MemoryBackend({ broker: 'kafka' });
  const sidecar = new Sidecar(backend.sidecar('lecture-class'), 'lecture-class');
  await sidecar.ready(1_000);
  const publications = ['1', '2'].map((key) => ({ cloudEvent: { ...cloudEvent, subject: key }, partitionKey: key }));
  const texts = publications.map((one) => ({ ...one, text: JSON.stringify(one.cloudEvent) }));
  expect(await sidecar.publish('lecture', texts)).toEqual(new Map());
  const messages = backend.broker.messages('lecture');
  expect(messages.map(({ key, data }) => [key, JSON.parse(data.toString()).subject])).toEqual([
    ['1', '1'],
    ['2', '2'],
  ]);
});
