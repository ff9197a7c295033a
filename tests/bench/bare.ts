/**
 * What an enrolment costs at the least: the sidecar calls the kit makes for it, with documents and events of the same
 * size, and nothing else: no kit, no checks, no retries. One file for both services; APP_ID tells which.
 */
import express from 'express';
import { Pool } from 'undici';

const { APP_ID = '', APP_PORT, DAPR_HTTP_PORT, BROKER } = process.env;
const batches = BROKER === 'kafka';
const pool = new Pool(`http://127.0.0.1:${DAPR_HTTP_PORT}`, { connections: 64 });
const createOnly = batches ? { options: { concurrency: 'first-write' } } : { etag: '2147483647' };
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function call(path: string, body: unknown): Promise<string> {
  const headers = { 'content-type': 'application/json', traceparent };
  const answer = await pool.request({ method: 'POST', path: `/v1.0/${path}`, headers, body: JSON.stringify(body) });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${text}`);
  return text;
}

interface Write {
  key: string;
  value: unknown;
}
const transaction = (...writes: Write[]): Promise<string> =>
  call('state/bench-state/transaction', {
    operations: writes.map((request) => ({ operation: 'upsert', request })),
  });

const data = (id: number) => ({ id, classId: id, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' });
const document = (key: string, id: number) => ({
  ...createOnly,
  key,
  value: { id, state: { ...data(id), status: 'PAYMENT_COMPLETED' }, version: 1, causes: [`cause-${key}`] },
});
const event = (type: string, key: string, id: number) => ({
  partitionKey: String(id),
  cloudEvent: {
    specversion: '1.0',
    id: `${APP_ID}/${key}/1.0`,
    source: APP_ID,
    type,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    traceparent,
    traceid: traceparent,
    aggregateversion: 1,
    data: { eventType: type, timestamp: '20260101000000', ...data(id) },
  },
});
let slots = 0;
const outbox = (entry: object): Write => ({
  key: `outbox-${APP_ID}-1-${slots++ % 1024}`,
  value: { seq: slots, retired: slots, entries: [entry] },
});
const publish = ({ partitionKey, cloudEvent }: ReturnType<typeof event>): Promise<string> =>
  call('publish/bulk/bench-pubsub/bench', [
    {
      entryId: cloudEvent.id,
      event: cloudEvent,
      contentType: 'application/cloudevents+json',
      metadata: { partitionKey },
    },
  ]);

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.get(['/healthz', '/readyz'], (_, response) => void response.status(204).end());
app.use(express.json({ limit: '8mb', type: () => true }));
const bulkSubscribe = { enabled: true, maxMessagesCount: 100, maxAwaitDurationMs: 5 };
app.get('/dapr/subscribe', (_, response) => {
  const subscription = { pubsubname: 'bench-pubsub', topic: 'bench', route: '/events' };
  response.json(APP_ID === 'bench-class' ? [{ ...subscription, ...(batches ? { bulkSubscribe } : {}) }] : []);
});

let next = Date.now();
app.post('/classes', async (_, response) => {
  const id = next++;
  const key = `Class-${id}`;
  const published = event('ClassRegistered', key, id);
  const { value } = document(key, id);
  await transaction(outbox({ key, cause: key, version: 1, publications: [], otherwise: { key, value, published } }));
  await call('invoke/bench-pay/method/payments', data(id));
  await transaction(document(key, id), outbox({ key, cause: key, version: 1, publications: [published] }));
  // Off the caller's path, as in the kit.
  void publish(published);
  response.status(201).json(data(id));
});

app.post('/payments', async ({ body: { id } }, response) => {
  const key = `Payment-of-${id}`;
  const publishedEvents = event('PaymentApproved', key, id);
  await transaction(
    document(key, id),
    { key: `Payment-${id}`, value: { at: key } },
    outbox({ key, cause: key, version: 1, publications: [publishedEvents] }),
  );
  void publish(publishedEvents);
  response.json({ approved: true });
});

/** The view: for each batch one read and one transaction with a row for each payment. */
async function view(events: readonly { type: string; data: { classId: number } }[]): Promise<void> {
  const ids = events.filter(({ type }) => type === 'PaymentApproved').map(({ data: { classId } }) => classId);
  if (ids.length === 0) return;
  await call('state/bench-state/bulk', { keys: ids.map((id) => `View-of-${id}`), parallelism: 16 });
  await transaction(...ids.map((id) => document(`View-of-${id}`, id)));
}
type Published = Parameters<typeof view>[0][number];
const singles: { event: Published; done(): void }[] = [];
let taking = 0;
async function takeSingles(): Promise<void> {
  taking++;
  while (singles.length > 0) {
    const batch = singles.splice(0);
    await view(batch.map(({ event }) => event));
    for (const { done } of batch) done();
  }
  taking--;
}
app.post('/events', async ({ body }, response) => {
  if (batches) {
    const entries = body.entries as { entryId: string; event: Published }[];
    await view(entries.map((entry) => entry.event));
    response.json({ statuses: entries.map(({ entryId }) => ({ entryId, status: 'SUCCESS' })) });
    return;
  }
  // Single events, of which those share a read and a transaction that come while the last ones are handled.
  await new Promise<void>((done) => {
    singles.push({ event: body, done });
    if (taking < 2) void takeSingles();
  });
  response.json({ status: 'SUCCESS' });
});

const server = app.listen(Number(APP_PORT), '127.0.0.1');
server.keepAliveTimeout = 95_000;
