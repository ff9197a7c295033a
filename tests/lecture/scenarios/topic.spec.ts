import { published } from '../../../tools/docs/declared.ts';
import { someone } from '../../harness/client.ts';
import { eventually, processOf, profile } from '../../harness/system.ts';
import { follow, followed, type Published } from '../../harness/topic.ts';
import { CANCELED, call, cancel, ENROLLED, enrol, reaches } from '../client.ts';

/** The events that really lie on the topic are those of docs/contracts. */

const topic = followed('lecture');

/** Those of our services; others may publish what they like. */
const ours = (): Published[] => topic.published.filter(({ event }) => event.aggregateversion !== undefined);

test('every declared event is published when everything happens once, and every event on the topic is as declared', async () => {
  const course = { name: 'korean', teacher: 'hong-gil-dong', fee: 10000, textBook: 'kor_book' };
  const { id: courseId } = (await call('POST', '/courses', course)).body;
  await call('PATCH', `/courses/${courseId}`, { fee: 12000 });
  await call('DELETE', `/courses/${courseId}`);
  const { id } = await enrol();
  await reaches(id, ENROLLED);
  await call('PATCH', `/classes/${id}`, { fee: 8000 });
  await cancel(id);
  await reaches(id, CANCELED);

  const declared = new Map((await published('lecture')).map((event) => [event.type, event]));
  await eventually(() => expect(new Set(ours().map(({ event }) => event.type))).toEqual(new Set(declared.keys())));

  for (const { event } of ours()) {
    const { service, schema } = declared.get(event.type)!;
    const { eventType, timestamp, ...fields } = event.data;
    expect(event).toMatchObject({
      specversion: '1.0',
      source: `lecture-${service}`,
      datacontenttype: 'application/json',
    });
    expect(event.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    expect(eventType).toBe(event.type);
    expect(timestamp).toMatch(/^20\d\d(0\d|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d$/);
    expect({ type: event.type, read: schema.parse(fields) }).toEqual({ type: event.type, read: fields });
  }
});

test('every event of one enrolment has the enrolment as its key, so that Kafka keeps their order', async () => {
  const { id } = await enrol();
  await reaches(id, ENROLLED);
  await cancel(id);
  await reaches(id, CANCELED);
  const about = () =>
    ours().filter(({ event }) => (event.data.classId ?? event.data.id) === id && !/^Course/.test(event.type));
  await eventually(() => expect(new Set(about().map(({ event }) => event.id)).size).toBe(10));
  if (profile === 'full') for (const { key } of about()) expect(key).toBe(String(id));
  const versions = about()
    .filter(({ event }) => event.source === 'lecture-pay')
    .map(({ event }) => event.type);
  expect([...new Set(versions)]).toEqual(['PaymentApproved', 'PaymentCanceled']);
});

test('no event of ours became a dead letter, though one that cannot be read, published after them, did', async () => {
  const deadLetters = await follow('lecture-deadletter');
  try {
    const { id } = await enrol();
    await reaches(id, ENROLLED);
    await eventually(() => expect(ours().some(({ event }) => event.data.classId === id)).toBe(true));
    const marker = someone('marker');
    const { daprHttpPort } = await processOf('lecture-class');
    const answer = await fetch(`http://127.0.0.1:${daprHttpPort}/v1.0/publish/lecture-pubsub/lecture`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({
        specversion: '1.0',
        id: marker,
        source: 'test',
        type: 'PaymentApproved',
        data: { eventType: 'PaymentApproved', timestamp: '20261121120000', classId: 'no number' },
      }),
    });
    expect(answer.status).toBe(204);
    const letters = (): Published['event']['data'][] => deadLetters.published.map(({ event }) => event.data);
    // Each of those that follow payments has told it: what they put aside before is known by now, too.
    await eventually(() => {
      const about = letters().filter((letter) => JSON.stringify(letter).includes(`"${marker}"`));
      expect(new Set(about.map(({ consumer }) => consumer))).toEqual(
        new Set(['lecture-course', 'lecture-point', 'lecture-class']),
      );
    });
    const publishedEvents = JSON.stringify(letters());
    expect(ours().length).toBeGreaterThan(5);
    expect(ours().filter(({ event }) => publishedEvents.includes(`"${event.id}"`))).toEqual([]);
  } finally {
    await deadLetters.close();
  }
});
