import fc from 'fast-check';
import type { Decision, Kit, Reaction, Received } from '../../kit/index.ts';
import { type Registration, register } from './domain.ts';
import { policies } from './policies.ts';

const ID = 5;
const registration = register(ID, { lectureId: 1, studentId: 7 });

/** The registration and the news kept for it, in memory; at every step something else may come in between. */
class Store {
  document: { state: Registration | null } | undefined;
  readonly told: string[] = [];
  private readonly kept = new Set<string>();

  constructor(private readonly step: () => Promise<void>) {}

  async load(): Promise<{ document: unknown }[]> {
    await this.step();
    return [{ document: this.document }];
  }
  async create(_: unknown, { cause }: { cause: string }): Promise<void> {
    await this.step();
    this.kept.add(cause);
  }
  async findBy(_: unknown, __: string, news: string): Promise<object[]> {
    await this.step();
    return this.kept.has(news) ? [{}] : [];
  }
  write({ state, events }: Decision<Registration>): void {
    this.document = { state };
    this.told.push(...events.map(({ type }) => type));
  }

  /** One event, as the kit hands it to the policies and does what they say. */
  async handle(type: string): Promise<void> {
    const policy = policies({ records: this } as unknown as Kit).find(({ event }) => event.type === type);
    const received = {
      id: type,
      type,
      data: { id: ID, courseId: ID },
      subject: '',
      version: 1,
      traceparent: undefined,
    };
    const reactions = await policy?.react(received as Received<never>);
    for (const reaction of [reactions ?? []].flat() as Reaction[]) {
      await this.step();
      expect(reaction.mode).toBe('change');
      if (!this.document) throw new Error('a policy waits for what may never come');
      const decision = this.document.state && reaction.decide(this.document.state as never, ID);
      if (decision) this.write(decision);
    }
  }
}

test.each<[events: string[], status: string | undefined]>([
  [['PaymentCompleted'], '결제 완료'],
  [['PaymentCanceled'], undefined],
  [['PaymentCompleted', 'PaymentCanceled'], undefined],
])(
  'given %j, when they come at any time around the commit of the registration, and again, then it ends %s',
  async (events, status) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const store = new Store(() => scheduler.schedule(Promise.resolve()));
        const commit = async (): Promise<void> => {
          await scheduler.schedule(Promise.resolve());
          store.write(registration);
          await store.handle('CourseRegistered');
        };
        await scheduler.waitFor(Promise.all([commit(), ...events.map((type) => store.handle(type))]));
        expect(store.document?.state?.status).toBe(status);
        const told = [...store.told];
        await scheduler.waitFor(Promise.all([...events, 'CourseRegistered'].map((type) => store.handle(type))));
        expect(store.told).toEqual(told);
        expect(new Set(told).size).toBe(told.length);
      }),
    );
  },
);

test.each([['PaymentCompleted'], ['PaymentCanceled']])(
  'given a payment of no registration, when %s comes, then nobody waits for it',
  async (type) => {
    const store = new Store(async () => undefined);
    await store.handle(type);
    expect(store.document).toBeUndefined();
  },
);

test('given an attempt that was given up, when its payment is told, then it is not revived', async () => {
  const store = new Store(async () => undefined);
  store.document = { state: null };
  await store.handle('PaymentCompleted');
  await store.handle('PaymentCanceled');
  expect(store.document).toEqual({ state: null });
});
