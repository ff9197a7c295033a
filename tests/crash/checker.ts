/**
 * Reads what is really in the stores and on the topic, with clients of its own and nothing from services/, and says what
 * is wrong with it. What it knows of Madang is the contract, and how documents, keys and event ids are written.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

export interface Document {
  readonly id: number;
  readonly state: Record<string, unknown> | null;
  readonly version: number;
}
export interface Told {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}
type Row = Record<string, unknown>;

/** Where this system's stores are. */
export interface Place {
  readonly profile: 'light' | 'full';
  readonly home: string;
  readonly gateway: string;
  readonly redisPort: number;
  readonly mysqlPort: number;
  readonly kafkaPort: number;
}

/** Everything there is to see. */
export interface Sight {
  /** By `<app id>/<key>`. */
  readonly documents: Map<string, Document>;
  /** In the order of the topic, with repetitions. */
  readonly told: Told[];
  readonly notices: string[];
  readonly myPage: Row[];
  readonly classes: Row[];
}

/** What the clients did with one enrolment. */
export interface Enrolment {
  readonly student: string;
  readonly fee: number;
  readonly textBook: string;
  /** Of the answer 201; undefined: refused. */
  readonly id: number | undefined;
  changes: { courseId?: number; fee?: number }[];
  courseId: number;
  canceled: boolean;
  paymentCanceled: boolean;
}
export interface Course {
  readonly teacher: string;
  readonly id: number | undefined;
  name: string;
  changes: number;
  deleted: boolean;
}
export interface Gift {
  readonly student: string;
  readonly fee: number;
  readonly accepted: boolean;
}

/** What the clients know. */
export interface Memory {
  readonly enrolments: Enrolment[];
  readonly courses: Course[];
  readonly gifts: Gift[];
}

const parse = (text: string): unknown => JSON.parse(text);

async function redisDocuments(port: number): Promise<[string, unknown][]> {
  const redis = new Redis({ port, host: '127.0.0.1' });
  try {
    const found: [string, unknown][] = [];
    for await (const keys of redis.scanStream({ match: 'lecture-*||*', count: 1000 }) as AsyncIterable<string[]>) {
      const pipeline = redis.pipeline();
      const wanted = keys.filter((key) => !/\|\|(outbox|idempotency)-/.test(key));
      for (const key of wanted) pipeline.hget(key, 'data');
      const values = (await pipeline.exec()) ?? [];
      for (const [index, key] of wanted.entries()) found.push([key, parse(String(values[index]?.[1] ?? 'null'))]);
    }
    return found;
  } finally {
    redis.disconnect();
  }
}

async function mysqlDocuments(port: number): Promise<[string, unknown][]> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'madang', password: 'madang' });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      "SELECT id, value FROM lecture.state WHERE id NOT LIKE '%||outbox-%' AND id NOT LIKE '%||idempotency-%'",
    );
    return rows.map(({ id, value }) => [String(id), typeof value === 'string' ? parse(value) : value]);
  } finally {
    connection.destroy();
  }
}

/** With Python's sqlite3, since Node 20 has none and Python is there for alert. */
async function sqliteDocuments(file: string): Promise<[string, unknown][]> {
  const program = `import json,sqlite3,sys
rows = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute("select key, value from state where key not like '%||outbox-%' and key not like '%||idempotency-%'")
print(json.dumps([[k, v] for k, v in rows]))`;
  const { stdout } = await promisify(execFile)('python3', ['-c', program, file], { maxBuffer: 1 << 30 });
  return (parse(stdout) as [string, string][]).map(([key, value]) => [key, parse(value)]);
}

async function redisTopic(port: number): Promise<Told[]> {
  const redis = new Redis({ port, host: '127.0.0.1' });
  try {
    const told: Told[] = [];
    for (let from = '-'; ; ) {
      const entries = await redis.xrange('lecture', from, '+', 'COUNT', 2000);
      for (const [, fields] of entries) told.push(parse(fields[fields.indexOf('data') + 1] ?? 'null') as Told);
      const last = entries.at(-1);
      if (!last) return told;
      from = `(${last[0]}`;
    }
  } finally {
    redis.disconnect();
  }
}

async function kafkaTopic(port: number): Promise<Told[]> {
  const consumer = new Consumer({
    groupId: `checker-${Date.now()}`,
    clientId: 'checker',
    bootstrapBrokers: [`127.0.0.1:${port}`],
    deserializers: stringDeserializers,
    autocommit: false,
  });
  try {
    const told: Told[] = [];
    const ends = (await consumer.listOffsets({ topics: ['lecture'] })).get('lecture') ?? [];
    const left = new Map(ends.flatMap((end, partition) => (end > 0n ? [[partition, end] as const] : [])));
    if (left.size === 0) return told;
    const stream = await consumer.consume({ topics: ['lecture'], mode: 'earliest', maxWaitTime: 200 });
    for await (const { value, partition, offset } of stream) {
      told.push(parse(value) as Told);
      const end = left.get(partition);
      if (end !== undefined && offset + 1n >= end) left.delete(partition);
      if (left.size === 0) break;
    }
    return told;
  } finally {
    await consumer.close(true);
  }
}

/** A whole collection, page by page, as a client reads it. */
async function collection(gateway: string, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page: number | undefined = 0; page !== undefined; ) {
    const answer = await fetch(`${gateway}/${path}?size=200&page=${page}`, { signal: AbortSignal.timeout(20_000) });
    if (answer.status !== 200) throw new Error(`GET /${path} answers ${answer.status}`);
    const body = (await answer.json()) as { _embedded: Record<string, Row[]>; _links: { next?: { href: string } } };
    rows.push(...(body._embedded[path] ?? []));
    page = body._links.next && Number(new URL(body._links.next.href).searchParams.get('page'));
  }
  return rows;
}

/** Looks at everything. Throws while something cannot be read. */
export async function look(place: Place): Promise<Sight> {
  const { profile, home, gateway, redisPort } = place;
  const documents = new Map<string, Document>();
  const stored =
    profile === 'light'
      ? [...(await redisDocuments(redisPort)), ...(await sqliteDocuments(join(home, 'lecture-gift.db')))]
      : [...(await mysqlDocuments(place.mysqlPort)), ...(await redisDocuments(redisPort))];
  for (const [key, document] of stored) documents.set(key.replace('||', '/'), document as Document);
  const told = profile === 'light' ? await redisTopic(redisPort) : await kafkaTopic(place.kafkaPort);
  const log = await readFile(join(home, 'logs/debug.log'), 'utf8').catch(() => '');
  const notices = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (parse(line) as { id: string }).id);
  return {
    documents,
    told,
    notices,
    myPage: await collection(gateway, 'inquiryMypages'),
    classes: await collection(gateway, 'classes'),
  };
}

/** What is wrong, with the key of the document or the words by which logs can be searched. */
export interface Violation {
  readonly about: string;
  readonly what: string;
}

const noticed = new Set(
  'CourseRegistered,CourseModified,CourseDeleted,ClassRegistered,ClassModified,ClassCanceled,PaymentApproved,PaymentCanceled,TextbookDeliveried'.split(
    ',',
  ),
);
const giftsFor = (fee: number): number => (fee <= 10_000 ? 1 : fee <= 20_000 ? 2 : fee <= 30_000 ? 3 : 4);

/** Compares what there is with what the clients were answered. */
export function judge(sight: Sight, memory: Memory): Violation[] {
  const found: Violation[] = [];
  const wrong = (about: string, what: string): void => void found.push({ about, what });
  const { documents, told } = sight;
  const stateOf = (key: string): Row | null | undefined => documents.get(key)?.state;

  // Every event once in content, and each from a change that stands in the store.
  const events = new Map<string, Told>();
  for (const event of told) {
    const before = events.get(event.id);
    if (before && JSON.stringify(sorted(before.data)) !== JSON.stringify(sorted(event.data)))
      wrong(event.id, 'was told twice with different content');
    events.set(event.id, event);
  }
  const byDocument = new Map<string, Told[]>();
  for (const event of events.values()) {
    const [, key = '', version = ''] = /^(.+)\/(\d+)\.\d+$/.exec(event.id) ?? [];
    const document = documents.get(key);
    if (!document) wrong(event.id, `${event.type} was told of a document that does not exist`);
    else if (Number(version) > document.version)
      wrong(event.id, `${event.type} was told of version ${version}, and the document has ${document.version}`);
    byDocument.set(key, [...(byDocument.get(key) ?? []), event]);
  }

  /** The events of one document must be these and no others. */
  const tells = (key: string, expected: Record<string, number>): void => {
    const counts: Record<string, number> = {};
    for (const { type, data } of byDocument.get(key) ?? []) {
      const name = type === 'TextbookDeliveried' ? String(data.status) : type;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    for (const name of new Set([...Object.keys(counts), ...Object.keys(expected)]))
      if ((counts[name] ?? 0) !== (expected[name] ?? 0))
        wrong(key, `${name} stands ${counts[name] ?? 0} times on the topic instead of ${expected[name] ?? 0}`);
  };

  // Every record by itself: number, key, and its events follow from its state.
  const numbers = new Map<string, string>();
  for (const [key, document] of documents) {
    const [, kind = ''] = /^[a-z-]+\/([A-Za-z]+)-/.exec(key) ?? [];
    if (typeof document?.version !== 'number' || !document.id) continue;
    const number = `${kind} ${document.id}`;
    if (numbers.has(number)) wrong(key, `has the number of ${numbers.get(number)}`);
    numbers.set(number, key);
    const state = document.state;
    const enrolment = / *-of-(\d+)$/.exec(key)?.[1];
    if (enrolment && state && kind !== 'InquiryMypage' && String(state.classId) !== enrolment)
      wrong(key, `belongs to enrolment ${String(state.classId)}`);
    const off = {
      Payment: state?.status === 'CANCEL',
      Delivery: state?.status === 'DELIVERY_CANCEL',
      Point: state?.cashpoint === 0,
      Gift: state?.giftstock === 0,
    };
    if (kind === 'Payment') tells(key, { PaymentApproved: 1, PaymentCanceled: off.Payment ? 1 : 0 });
    if (kind === 'Delivery') tells(key, { DELIVERY_START: 1, DELIVERY_CANCEL: off.Delivery ? 1 : 0 });
    if (kind === 'Point') tells(key, { PointRegistered: 1, PointCanceled: off.Point ? 1 : 0 });
    if (kind === 'Gift') tells(key, { GiftRegistered: 1, GiftCanceled: off.Gift ? 1 : 0 });
    if (kind === 'DeadLetter') wrong(key, `a dead letter: ${JSON.stringify(state)}`);
  }

  const rows = new Map<unknown, Row>();
  for (const row of sight.myPage) {
    if (rows.has(row.classId)) wrong(`InquiryMypage-of-${String(row.classId)}`, 'My page shows two rows');
    rows.set(row.classId, row);
  }
  const mine = new Set<number>();

  const ends = (enrolment: Enrolment, id: number): void => {
    const { student, textBook, fee, courseId, canceled, paymentCanceled, changes } = enrolment;
    const off = canceled || paymentCanceled;
    const about = `Class-${id}`;
    const expect = (what: string, is: unknown, should: unknown): void => {
      if (is !== should) wrong(about, `${what} is ${JSON.stringify(is)} instead of ${JSON.stringify(should)}`);
    };
    const changed = Object.assign({ fee, courseId }, ...changes) as { fee: number; courseId: number };
    const enrolled = stateOf(`lecture-class/${about}`);
    if (canceled) expect('the class', enrolled, null);
    else {
      for (const [field, value] of Object.entries({ id, student, textBook, ...changed }))
        expect(`the class's ${field}`, enrolled?.[field], value);
      if (sight.classes.filter((one) => one.student === student).length !== 1)
        wrong(about, 'GET /classes does not list it once');
    }
    tells(`lecture-class/${about}`, {
      ClassRegistered: 1,
      ClassModified: changes.length,
      ClassCanceled: canceled ? 1 : 0,
    });
    const payment = stateOf(`lecture-pay/Payment-of-${id}`);
    expect('the payment', payment?.status, off ? 'CANCEL' : 'PAYMENT_COMPLETED');
    for (const [field, value] of Object.entries({ classId: id, student, textBook, fee, courseId }))
      expect(`the payment's ${field}`, payment?.[field], value);
    const delivery = stateOf(`lecture-course/Delivery-of-${id}`);
    expect('the delivery', delivery?.status, off ? 'DELIVERY_CANCEL' : 'DELIVERY_START');
    for (const [field, value] of Object.entries({ paymentId: payment?.id, student, textBook, courseId }))
      expect(`the delivery's ${field}`, delivery?.[field], value);
    expect('the points', stateOf(`lecture-point/Point-of-${id}`)?.cashpoint, off ? 0 : Math.floor(fee / 100));
    expect('the gift', stateOf(`lecture-gift/Gift-of-${id}`)?.giftstock, off ? 0 : giftsFor(fee));
    const row = rows.get(id);
    const shown = {
      paymentId: payment?.id,
      student,
      textBook,
      ...changed,
      status: canceled ? 'CLASS_CANCELED' : 'CLASS_START',
      paymentStatus: off ? 'PAYMENT_CANCELED' : 'PAYMENT_COMPLETED',
      deliveryStatus: off ? 'DELIVERY_CANCELED' : 'DELIVERY_START',
      pointStatus: off ? 'Point Canceled' : 'Point Added',
      point: off ? 0 : Math.floor(fee / 100),
      giftstock: off ? 0 : giftsFor(fee),
    };
    for (const [field, value] of Object.entries(shown)) expect(`My page's ${field}`, row?.[field], value);
  };

  for (const enrolment of memory.enrolments) {
    if (enrolment.id === undefined) continue;
    if (mine.has(enrolment.id)) wrong(`Class-${enrolment.id}`, 'two commands were answered with it');
    mine.add(enrolment.id);
    ends(enrolment, enrolment.id);
  }

  // Whatever belongs to no accepted command: refused ones, and first tries that were undone. All of it must be ended.
  for (const [key, document] of documents) {
    const [, kind = '', of = ''] = /\/(Class|Payment|Delivery|Point|Gift)-(?:of-)?(\d+)$/.exec(key) ?? [];
    if (!kind || mine.has(Number(of)) || !document.state || typeof document.version !== 'number') continue;
    const { status, cashpoint, giftstock } = document.state;
    const ended = status === 'CANCEL' || status === 'DELIVERY_CANCEL' || cashpoint === 0 || giftstock === 0;
    if (!ended) wrong(key, 'is the effect of a command that was never accepted');
  }
  for (const row of sight.myPage)
    if (
      !mine.has(Number(row.classId)) &&
      (row.status !== 'CLASS_CANCELED' ||
        (row.point !== 0 && row.point !== null) ||
        (row.giftstock !== 0 && row.giftstock !== null))
    )
      wrong(
        `Class-${String(row.classId)}`,
        `My page shows an enrolment that was never accepted: ${JSON.stringify(row)}`,
      );

  const courses = [...documents].filter(([key]) => /\/Course-\d+$/.test(key));
  const known = new Set<number>();
  for (const course of memory.courses) {
    if (course.id === undefined) continue;
    known.add(course.id);
    const key = `lecture-course/Course-${course.id}`;
    const state = stateOf(key);
    if (course.deleted ? state !== null : state?.name !== course.name || state?.teacher !== course.teacher)
      wrong(key, `is ${JSON.stringify(state)} instead of ${JSON.stringify(course)}`);
    tells(key, { CourseRegistered: 1, CourseModified: course.changes, CourseDeleted: course.deleted ? 1 : 0 });
  }
  for (const [key, { id }] of courses)
    if (!known.has(id)) wrong(key, 'is the effect of a command that was never accepted');

  const direct = [...documents].filter(([key, { state }]) => /\/Gift-of-direct-/.test(key) && state);
  for (const { student, fee, accepted } of memory.gifts) {
    const made = direct.filter(([, { state }]) => state?.student === student);
    if (made.length !== (accepted ? 1 : 0))
      wrong(student, `${made.length} direct gifts instead of ${accepted ? 1 : 0}`);
    for (const [key, { state }] of made)
      if (state?.giftstock !== giftsFor(fee)) wrong(key, `giftstock ${String(state?.giftstock)} for a fee of ${fee}`);
  }

  const counts = new Map<string, number>();
  for (const id of sight.notices) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const { id, type } of events.values())
    if ((counts.get(id) ?? 0) !== (noticed.has(type) ? 1 : 0)) wrong(id, `${counts.get(id) ?? 0} notices of ${type}`);
  for (const id of counts.keys()) if (!events.has(id)) wrong(id, 'a notice of an event that is not on the topic');
  return found;
}

const sorted = (data: Row): [string, unknown][] => Object.entries(data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
