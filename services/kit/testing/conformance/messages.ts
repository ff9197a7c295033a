import { type Case, type Entry, PARSED_TOPIC, RAW_TOPIC, type Subject, textOf } from './subject.ts';

const BULK = '/v1.0/publish/bulk/probe-pubsub';
const ONE = '/v1.0/publish/probe-pubsub';
const CLOUD_EVENT = 'application/cloudevents+json';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const byBroker = (name: string, observe: Case['observe'], only?: Case['only']): Case => ({
  name,
  by: 'broker',
  observe,
  ...(only ? { only } : {}),
});

const cloudEvent = (subject: Subject, name: string, more: object = {}): object => ({
  specversion: '1.0',
  id: subject.own(name),
  type: 'Probed',
  source: 'probe',
  traceid: TRACE,
  traceparent: TRACE,
  data: { name },
  ...more,
});

const entry = (subject: Subject, name: string, more: object = {}): object => ({
  entryId: name,
  event: cloudEvent(subject, name),
  contentType: CLOUD_EVENT,
  metadata: { partitionKey: subject.own('key') },
  ...more,
});

const publish = (subject: Subject, topic: string, ...entries: object[]): Promise<unknown> =>
  subject.said('POST', `${BULK}/${topic}`, entries);

/** Waits for entries about a text. */
async function arrived(subject: Subject, about: string, count = 1): Promise<Entry[]> {
  await subject.until(() => subject.probe.entries(about).length >= count);
  return subject.probe.entries(about);
}

const shown = (subject: Subject, text: string): unknown => {
  const masked = text.replaceAll(subject.options.run, '<run>');
  try {
    const event = JSON.parse(masked);
    if (typeof event !== 'object' || event === null) return event;
    // Both are the moment of publishing where the publisher gave none.
    return {
      ...event,
      ...('time' in event ? { time: 'a time' } : {}),
      ...(event.id === undefined || /^<run>/.test(event.id) ? {} : { id: 'an id' }),
    };
  } catch {
    return masked;
  }
};

/** An entry without what differs from run to run. */
const seen = (subject: Subject, one: Entry): unknown => ({
  event: shown(subject, textOf(one)),
  encoded: typeof one.event === 'string',
  contentType: one.contentType,
  metadata: Object.fromEntries(
    Object.entries(one.metadata ?? {})
      .map(
        ([name, value]) =>
          [name, /offset|timestamp|partition$/i.test(name) ? 'a number' : shown(subject, value)] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
  fields: Object.keys(one).sort(),
});

const publishing: Case[] = [
  byBroker('events in one bulk publication arrive with their attributes, and with those of daprd', async (subject) => {
    const said = await publish(subject, RAW_TOPIC, entry(subject, 'plain'));
    return [said, (await arrived(subject, subject.own('plain'))).map((one) => seen(subject, one))];
  }),
  byBroker('texts in one raw bulk publication are on the topic as they are', async (subject) => {
    const event = JSON.stringify(cloudEvent(subject, 'raw', { data: { name: '<한글> & "b"' } }));
    const said = await subject.said('POST', `${BULK}/${RAW_TOPIC}?metadata.rawPayload=true`, [
      entry(subject, 'raw', { event, contentType: 'text/plain' }),
    ]);
    const found = await arrived(subject, subject.own('raw'));
    return [said, found.map((one) => seen(subject, one)), found.map((one) => textOf(one) === event)];
  }),
  byBroker('an event without id, source, type and trace', async (subject) => {
    const event = { data: { name: subject.own('bare') } };
    const said = await publish(subject, RAW_TOPIC, { entryId: '1', event, contentType: CLOUD_EVENT });
    const [one] = await arrived(subject, subject.own('bare'));
    const { traceid, traceparent, tracestate, ...rest } = JSON.parse(textOf(one!));
    return [said, shown(subject, JSON.stringify(rest)), typeof traceid, traceid === traceparent, tracestate];
  }),
  byBroker('what is no CloudEvent becomes one', async (subject) => {
    const said = await publish(
      subject,
      RAW_TOPIC,
      { entryId: '1', event: subject.own('text'), contentType: 'text/plain' },
      { entryId: '2', event: { name: subject.own('json') }, contentType: 'application/json' },
    );
    const events = [await arrived(subject, subject.own('text')), await arrived(subject, subject.own('json'))].flat();
    return [
      said,
      events.map((one) => {
        const { traceid, traceparent, tracestate, ...rest } = JSON.parse(textOf(one));
        return shown(subject, JSON.stringify(rest));
      }),
    ];
  }),
  byBroker('a single publication of a CloudEvent', async (subject) => {
    const said = await subject.said(
      'POST',
      `${ONE}/${RAW_TOPIC}?metadata.partitionKey=k`,
      cloudEvent(subject, 'single'),
      { 'content-type': CLOUD_EVENT },
    );
    return [said, (await arrived(subject, subject.own('single'))).map((one) => seen(subject, one))];
  }),
  byBroker('a bulk publication of nothing, of no JSON, of no list', async (subject) => [
    await subject.said('POST', `${BULK}/${RAW_TOPIC}`, '[]'),
    await subject.said('POST', `${BULK}/${RAW_TOPIC}`, 'hello'),
    await subject.said('POST', `${BULK}/${RAW_TOPIC}`, '{}'),
  ]),
  byBroker('entries without id, with the same id, with an event that is none', async (subject) => [
    await publish(subject, RAW_TOPIC, entry(subject, 'no-id', { entryId: '' })),
    await publish(subject, RAW_TOPIC, entry(subject, 'same'), entry(subject, 'same')),
    await publish(subject, RAW_TOPIC, entry(subject, 'none', { event: 'text' })),
    await publish(subject, RAW_TOPIC, entry(subject, 'list', { event: [1] })),
    await publish(subject, RAW_TOPIC, entry(subject, 'typed', { metadata: { partitionKey: 7 } })),
  ]),
  byBroker('a broker that is not there', (subject) => subject.said('POST', '/v1.0/publish/bulk/other/probe', [])),
  byBroker('an event of 1.1 MB between two small ones', async (subject) => {
    const large = cloudEvent(subject, 'large', { data: { name: 'x'.repeat(1_100_000) } });
    const said = await publish(
      subject,
      RAW_TOPIC,
      entry(subject, 'before'),
      entry(subject, 'large', { event: large }),
      entry(subject, 'after'),
    );
    await subject.until(() => subject.probe.entries(subject.own('before')).length > 0);
    await publish(subject, RAW_TOPIC, entry(subject, 'last'));
    await arrived(subject, subject.own('last'));
    return [said, ['before', 'large', 'after'].filter((name) => subject.probe.entries(subject.own(name)).length > 0)];
  }),
  byBroker(
    'the largest event that the broker takes',
    async (subject) => {
      const sizes: unknown[] = [];
      const empty = JSON.stringify({
        ...cloudEvent(subject, 'size'),
        data: '',
        pubsubname: 'probe-pubsub',
        topic: RAW_TOPIC,
        tracestate: '',
        time: '2026-01-01T00:00:00Z',
      });
      for (const size of [900_000, 1_000_000, 1_048_000, 1_048_400, 1_048_500, 1_048_576, 1_048_600]) {
        const event = cloudEvent(subject, 'size', {
          data: 'x'.repeat(size - empty.length),
          time: '2026-01-01T00:00:00Z',
        });
        sizes.push([size, await publish(subject, RAW_TOPIC, entry(subject, 'size', { event }))]);
      }
      return sizes;
    },
    ['kafka'],
  ),
];

const delivery: Case[] = [
  byBroker('a delivery has this shape', async (subject) => {
    await publish(subject, RAW_TOPIC, entry(subject, 'shape'));
    await arrived(subject, subject.own('shape'));
    const batch = subject.probe.batches.find(
      ({ body }) => JSON.stringify(body.entries).includes('entryId') && body.topic === RAW_TOPIC,
    );
    const { id, entries, metadata, ...rest } = batch?.body ?? {};
    return {
      ...rest,
      id: typeof id,
      metadata: Object.keys((metadata ?? {}) as object).sort(),
      type: batch?.headers['content-type'],
      kind: rest.type,
      entries: Array.isArray(entries),
    };
  }),
  byBroker('a message that is no JSON reaches a raw subscription', async (subject) => {
    const said = await subject.said('POST', `${ONE}/${RAW_TOPIC}?metadata.rawPayload=true`, subject.own('hello {'), {
      'content-type': 'text/plain',
    });
    return [said, (await arrived(subject, subject.own('hello'))).map((one) => seen(subject, one))];
  }),
  byBroker('bytes that are no text reach a raw subscription as they are', async (subject) => {
    await publish(subject, RAW_TOPIC, entry(subject, 'order-before'));
    const said = await subject.said(
      'POST',
      `${ONE}/${RAW_TOPIC}?metadata.rawPayload=true`,
      `${subject.own('bytes')}\u0000\u0001`,
      {
        'content-type': 'application/octet-stream',
      },
    );
    const [one] = await arrived(subject, subject.own('bytes'));
    return [said, shown(subject, textOf(one!)), one?.contentType];
  }),
  byBroker('a subscription to CloudEvents gets them as objects', async (subject) => {
    await publish(subject, PARSED_TOPIC, entry(subject, 'object'));
    return (await arrived(subject, subject.own('object'))).map((one) => seen(subject, one));
  }),
  byBroker('of a batch only what was answered RETRY comes again', async (subject) => {
    const names = ['r-one', 'r-two', 'r-three'];
    let refused = 0;
    subject.probe.outcome = (one) =>
      textOf(one).includes(subject.own('r-two')) && refused++ === 0 ? 'RETRY' : 'SUCCESS';
    await publish(subject, RAW_TOPIC, ...names.map((name) => entry(subject, name)));
    await arrived(subject, subject.own('r-two'), 2);
    subject.probe.outcome = () => 'SUCCESS';
    await publish(subject, RAW_TOPIC, entry(subject, 'r-end'));
    await arrived(subject, subject.own('r-end'));
    return names.map((name) => subject.probe.entries(subject.own(name)).length);
  }),
  byBroker('an unknown outcome comes again, DROP does not', async (subject) => {
    const outcomes: Record<string, string[]> = { 'u-odd': ['MAYBE'], 'u-drop': ['DROP'], 'u-empty': [''] };
    subject.probe.outcome = (one) => {
      const name = Object.keys(outcomes).find((key) => textOf(one).includes(subject.own(key)));
      return (name && outcomes[name]?.shift()) ?? 'SUCCESS';
    };
    await publish(subject, RAW_TOPIC, ...Object.keys(outcomes).map((name) => entry(subject, name)));
    await arrived(subject, subject.own('u-odd'), 2);
    await arrived(subject, subject.own('u-empty'), 2);
    subject.probe.outcome = () => 'SUCCESS';
    return Object.keys(outcomes).map((name) => subject.probe.entries(subject.own(name)).length);
  }),
  byBroker(
    'events with one key arrive in order, whatever lies between',
    async (subject) => {
      const keys = ['k1', 'k2', 'k3'];
      const names = Array.from({ length: 30 }, (_, index) => [`o-${index}-`, keys[index % 3] ?? ''] as const);
      await publish(
        subject,
        RAW_TOPIC,
        ...names.map(([name, key]) => entry(subject, name, { metadata: { partitionKey: subject.own(key) } })),
      );
      await subject.until(() => names.every(([name]) => subject.probe.entries(subject.own(name)).length > 0));
      return keys.map((key) =>
        subject.probe
          .entries(subject.own('o-'))
          .filter(({ metadata }) => metadata.__key === subject.own(key))
          .map((one) => /o-(\d+)-/.exec(textOf(one))?.[1]),
      );
    },
    ['kafka'],
  ),
];

const troubles: Case[] = [
  byBroker('an app that answers 500, half an answer, nothing readable: everything comes again', async (subject) => {
    const again: unknown[] = [];
    for (const reply of ['error', 'break', 'text', 'empty'] as const) {
      const names = [`t-${reply}-1`, `t-${reply}-2`];
      const failed = new Set<string>();
      // The two may come in one batch or in two; a batch fails that brings one for the first time.
      subject.probe.reply = (entries) => {
        const fresh = names.filter(
          (name) => !failed.has(name) && entries.some((one) => textOf(one).includes(subject.own(name))),
        );
        for (const name of fresh) failed.add(name);
        return fresh.length > 0 ? reply : 'statuses';
      };
      await publish(subject, RAW_TOPIC, ...names.map((name) => entry(subject, name)));
      for (const name of names) await arrived(subject, subject.own(name), 2);
      again.push([reply, names.map((name) => failed.has(name))]);
    }
    subject.probe.reply = () => 'statuses';
    return again;
  }),
  byBroker('an app that answers 404 loses what it was brought', async (subject) => {
    subject.probe.reply = () => 'unknown';
    await publish(subject, RAW_TOPIC, entry(subject, 'gone'));
    await arrived(subject, subject.own('gone'));
    subject.probe.reply = () => 'statuses';
    await publish(subject, RAW_TOPIC, entry(subject, 'after-gone'));
    await arrived(subject, subject.own('after-gone'));
    return subject.probe.entries(subject.own('gone')).length;
  }),
  byBroker(
    'a message that is no JSON, for a subscription to CloudEvents, is lost',
    async (subject) => {
      const headers = { 'content-type': 'text/plain' };
      await subject.said('POST', `${ONE}/${PARSED_TOPIC}?metadata.rawPayload=true`, subject.own('no-json'), headers);
      await publish(subject, PARSED_TOPIC, entry(subject, 'next'));
      await arrived(subject, subject.own('next'));
      return subject.probe.entries(subject.own('no-json')).length;
    },
    ['redis'],
  ),
  byBroker('a publication of more than 4 MiB', async (subject) => {
    const event = cloudEvent(subject, 'over', { data: 'x'.repeat(4_400_000) });
    return [
      await publish(subject, RAW_TOPIC, entry(subject, 'over', { event })),
      await subject.said('POST', `${ONE}/${RAW_TOPIC}`, event, { 'content-type': CLOUD_EVENT }),
    ];
  }),
];

/** What daprd does with messages. */
export const messageCases: readonly Case[] = [...publishing, ...delivery, ...troubles];
