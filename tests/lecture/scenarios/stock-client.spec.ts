import { CommunicationProtocolEnum, DaprClient, HttpMethod } from '@dapr/dapr';
import { type Fields, someone } from '../../harness/client.ts';
import { eventually, notices, processOf, run } from '../../harness/system.ts';
import { follow } from '../../harness/topic.ts';
import { ENROLLED, enrol, enrolmentRequest, PAYMENT_CANCELED, reaches } from '../client.ts';

/** The official Dapr SDK, knowing nothing of ours, works with the services: only plain Dapr is spoken. */

type PublishOptions = Parameters<DaprClient['pubsub']['publish']>[3];

let client: DaprClient;
let grpc: DaprClient;
beforeAll(async () => {
  const { port, daprHttpPort } = await processOf('lecture-class');
  const at = { daprHost: '127.0.0.1' };
  client = new DaprClient({ ...at, daprPort: String(daprHttpPort) });
  // The SDK has the configuration API over gRPC alone.
  grpc = new DaprClient({
    ...at,
    daprPort: String(port + 12_000),
    communicationProtocol: CommunicationProtocolEnum.GRPC,
  });
});
afterAll(async () => {
  await client.stop();
  await grpc.stop();
});

const invoke = async (service: string, path: string, method: HttpMethod, body?: object): Promise<Fields> =>
  (await client.invoker.invoke(`lecture-${service}`, path, method, body)) as Fields;

const publish = async (data: Fields, options: PublishOptions = {}): Promise<void> => {
  const { error } = await client.pubsub.publish('lecture-pubsub', 'lecture', data, options);
  expect(error).toBeUndefined();
};

const stamped = (eventType: string, fields: Fields): Fields => ({ eventType, timestamp: '20261121120000', ...fields });

test('5. given the stock SDK, when it invokes the services, then it enrols, reads, changes and cancels', async () => {
  const body = enrolmentRequest();
  const made = await invoke('class', 'classes', HttpMethod.POST, body);
  expect(made).toMatchObject({ student: body.student, fee: 10000 });
  await reaches(made.id as number, ENROLLED);
  expect(await invoke('pay', `payments/search/findByClassId?classId=${made.id}`, HttpMethod.GET)).toMatchObject({
    _embedded: { payments: [{ classId: made.id, status: 'PAYMENT_COMPLETED' }] },
  });
  expect(await invoke('class', `classes/${made.id}`, HttpMethod.PATCH, { fee: 8000 })).toMatchObject({ fee: 8000 });
  await invoke('class', `classes/${made.id}`, HttpMethod.DELETE);
  await reaches(made.id as number, { enrolment: undefined, payment: { status: 'CANCEL' } });
});

test.each<[how: string, options: (type: string) => PublishOptions]>([
  ['with its type in the CloudEvent', (type) => ({ metadata: { 'cloudevent.type': type } })],
  ['with its name in the data alone', () => ({})],
])(
  '21. given an enrolment, when the stock SDK publishes PaymentCanceled %s, then all policies act on it',
  async (_, options) => {
    const { id } = await enrol();
    const { payment } = await reaches(id, ENROLLED);
    const { _links, ...fields } = payment as Fields;
    await publish(stamped('PaymentCanceled', { ...fields, status: 'CANCEL' }), options('PaymentCanceled'));
    const { payment: _untouched, ...others } = PAYMENT_CANCELED;
    await reaches(id, { ...others, payment: { status: 'PAYMENT_COMPLETED' } });
    await eventually(async () => {
      const published = (await notices()).map(({ data }) => data);
      expect(published).toContainEqual(expect.objectContaining({ eventType: 'PaymentCanceled', classId: id }));
    });
  },
);

test('18. given an enrolment, when the stock SDK publishes ClassCanceled as a CloudEvent, then the payment is cancelled', async () => {
  const { id, courseId, fee, student, textBook } = await enrol();
  await reaches(id, ENROLLED);
  const cloudEvent = {
    specversion: '1.0',
    id: someone('event'),
    source: 'somebody-else',
    type: 'ClassCanceled',
    datacontenttype: 'application/json',
    data: stamped('ClassCanceled', { id, courseId, fee, student, textBook }),
  };
  await publish(cloudEvent, { contentType: 'application/cloudevents+json' });
  const { enrolment, payment, delivery, point, gift } = PAYMENT_CANCELED;
  await reaches(id, { enrolment, payment, delivery, point, gift, myPage: { status: 'CLASS_CANCELED' } });
});

test('21. given an event that no service can read, when it is published, then it is a dead letter and holds up nobody', async () => {
  const deadLetters = await follow('lecture-deadletter');
  try {
    const [student, id] = [someone(), someone('event')];
    await publish(stamped('PaymentCanceled', { id: 1, classId: 'no number', student }), {
      metadata: { 'cloudevent.type': 'PaymentCanceled', 'cloudevent.id': id },
    });
    // Told by reference; the whole event is where the letter is kept.
    const kept = await eventually(async () => {
      const visible = await invoke('course', 'deadletters?size=200&sort=id,desc', HttpMethod.GET);
      const { _embedded } = visible as { _embedded: { deadletters: { event: { id: string } }[] } };
      const found = _embedded.deadletters.find(({ event }) => JSON.stringify(event).includes(student));
      expect(found).toBeDefined();
      return found!;
    });
    await eventually(() => {
      const letters = deadLetters.published.map(({ event }) => event.data);
      const about = letters.filter(({ event }) => (event as { id: string }).id === kept.event.id);
      expect(new Set(about.map(({ consumer }) => consumer))).toEqual(
        new Set(['lecture-course', 'lecture-point', 'lecture-class']),
      );
      for (const letter of about) expect(letter.reason).toMatch(/classId/);
    });
    await reaches((await enrol()).id, ENROLLED);
  } finally {
    await deadLetters.close();
  }
});

test('32. given the ConfigMap, when the stock SDK reads the configuration, then it has the same keys and values', async () => {
  const shown = (await run('config', 'lecture'))
    .trim()
    .split('\n')
    .map((line) => line.split(/=(.*)/s).slice(0, 2));
  const { items } = await grpc.configuration.get(
    'lecture-configuration',
    shown.map(([key]) => key!),
  );
  const values = Object.entries(items).map(([key, { value }]) => [key, value]);
  expect(Object.fromEntries(values)).toEqual(Object.fromEntries(shown));
});
