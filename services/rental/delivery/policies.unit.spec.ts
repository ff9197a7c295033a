import fc from 'fast-check';
import { type Decision, type DomainEvent, type Kit, log, type Received } from '../../kit/index.ts';
import type { Rules } from './app.ts';
import { DeliveryCanceled } from './contract.ts';
import { cancelBeforehand, cancelDelivery, type Delivery, type Product } from './domain.ts';
import { policies } from './policies.ts';

const REGISTERED = 9;
log.silent = true;
type Decide<S> = (state: S) => Decision<S> | undefined | Promise<Decision<S> | undefined>;

/**
 * Records in memory that keep the kit's promise and no more: one record is written if it did not change since it was read.
 * At every step another process may come in between, or this one may be killed.
 */
class Store {
  product: Product = { id: 1, productId: 1, name: 'computer', qty: REGISTERED, moving: {} };
  readonly deliveries = new Map<number, Delivery>();
  readonly told: DomainEvent[] = [];
  private readonly versions = new Map<string, number>();

  constructor(private readonly step: () => Promise<void>) {}

  async findBy(_: unknown, __: string, rentalId: string): Promise<Delivery[]> {
    await this.step();
    return [this.deliveries.get(Number(rentalId)) ?? []].flat();
  }

  async change(kind: { name: string }, key: number, _: unknown, decide: Decide<never>): Promise<unknown> {
    const name = `${kind.name}-${key}`;
    for (;;) {
      await this.step();
      const state = kind.name === 'Product' ? this.product : this.deliveries.get(key);
      const version = this.versions.get(name);
      if (!state || (kind.name === 'Product' && key !== 1)) return undefined;
      const decision = await decide(state as never);
      if (!decision) return { state };
      await this.step();
      if (this.versions.get(name) !== version) continue;
      this.write(name, key, decision);
      await this.step();
      return { state: decision.state };
    }
  }

  async create(_: unknown, __: unknown, decide: (id: number) => Decision<Delivery>, { key }: { key: number }) {
    await this.step();
    if (!this.deliveries.has(key)) this.write(`Delivery-${key}`, key, decide(this.deliveries.size + 1));
    await this.step();
    return this.deliveries.get(key);
  }

  private write(name: string, key: number, { state, events }: Decision<Product | Delivery>): void {
    if (name.startsWith('Product')) this.product = state as Product;
    else this.deliveries.set(key, state as Delivery);
    this.versions.set(name, (this.versions.get(name) ?? 0) + 1);
    this.told.push(...events);
    const out = [...this.deliveries.values()].map(({ rentalId, taken }) => [rentalId, taken] as const);
    const outside = Object.values({ ...Object.fromEntries(out), ...this.product.moving }).reduce((a, b) => a + b, 0);
    expect(this.product.qty).toBeGreaterThanOrEqual(0);
    expect(this.product.qty + outside).toBe(REGISTERED);
  }
}

interface Wish {
  readonly qty: number;
  readonly cancels: boolean;
  readonly productId: number;
}
const wishes = fc.array(
  fc.record({ qty: fc.integer({ min: 1, max: 6 }), cancels: fc.boolean(), productId: fc.constantFrom(1, 1, 1, 22) }),
  { minLength: 1, maxLength: 5 },
);

/** What comes to delivery for these wishes: each order, and the cancellation of some; handled as the service does. */
function worksOf(store: Store, all: readonly Wish[]): (() => Promise<void>)[] {
  const kit = { records: store, config: () => ({ REGISTRATION_PATIENCE: 1 }) } as unknown as Kit<Rules>;
  const ofProcess = policies(kit);
  const react = async (type: string, data: object): Promise<void> => {
    const policy = ofProcess.find(({ event }) => event.type === type)!;
    const reactions = await policy.react({
      id: 'x',
      type,
      data,
      subject: '',
      version: 1,
      traceparent: undefined,
    } as Received<never>);
    if ([reactions].flat().length > 0) await react('OrderDoubted', { ...data, doubts: 1 });
  };
  return all.flatMap(({ qty, cancels, productId }, index) => {
    const id = index + 1;
    const order = () => react('Rentaled', { id, productId, qty, status: 'ORDERED', productName: 'computer' });
    const cancel = async (): Promise<void> => {
      if (!(await store.change({ name: 'Delivery' }, id, {}, cancelDelivery as Decide<never>)))
        await store.create({}, {}, cancelBeforehand(id, qty), { key: id });
      if (store.deliveries.get(id)?.status !== 'CANCELED') return cancel();
      await react(DeliveryCanceled.type, { id: 1, rentalId: id, qty, status: 'CANCELED' });
    };
    return cancels ? [order, cancel] : [order];
  });
}

class Killed extends Error {}

test('given orders and cancellations, when processes interleave, are killed anywhere and do it all again, then stock + delivered = registered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), wishes, fc.infiniteStream(fc.nat({ max: 12 })), async (scheduler, all, dice) => {
      let mortal = true;
      const store = new Store(async () => {
        if (mortal && dice.next().value === 0) throw new Killed();
        await scheduler.schedule(Promise.resolve());
      });
      const works = worksOf(store, all);
      const survive = (work: () => Promise<void>) =>
        work().catch((error) => {
          if (!(error instanceof Killed)) throw error;
        });
      // Two processes at once with everything, each killed now and then; then what the broker brings again.
      await scheduler.waitFor(Promise.all([...works, ...worksOf(store, all), ...works].map(survive)));
      mortal = false;
      await scheduler.waitFor(Promise.all([...works].reverse().map((work) => work())));
      const settled = JSON.stringify([store.product, [...store.deliveries]]);
      // Long after.
      const told = store.told.length;
      await scheduler.waitFor(Promise.all(works.map((work) => work())));
      expect(JSON.stringify([store.product, [...store.deliveries]])).toBe(settled);
      expect(store.told.length).toBe(told);

      const out = [...store.deliveries.values()].filter(({ status }) => status === 'DELIVERED');
      expect(store.product.moving).toEqual({});
      expect(store.product.qty + out.reduce((sum, { qty }) => sum + qty, 0)).toBe(REGISTERED);
      for (const [index, { cancels, productId }] of all.entries()) {
        const { status } = store.deliveries.get(index + 1)!;
        if (cancels) expect(status).toBe('CANCELED');
        else if (productId === 22) expect(status).toBe('CANCELED_UnregisteredProduct');
        else expect(['DELIVERED', 'CANCELED_OutOfStock']).toContain(status);
      }
    }),
    { numRuns: 300 },
  );
});

test('given a product that is not registered yet, when its order comes, then it goes to the end of the queue some times, then is refused', async () => {
  const store = new Store(async () => undefined);
  const kit = { records: store, config: () => ({ REGISTRATION_PATIENCE: 3 }) } as unknown as Kit<Rules>;
  const ofProcess = policies(kit);
  let doubts = 0;
  for (let type = 'Rentaled'; type; ) {
    const data = { id: 1, productId: 22, qty: 1, status: 'ORDERED', productName: null, doubts };
    const policy = ofProcess.find(({ event }) => event.type === type)!;
    const received = { id: 'x', type, data, subject: '', version: 1, traceparent: undefined };
    const [reaction] = [await policy.react(received as Received<never>)].flat();
    expect(store.deliveries.size).toBe(reaction ? 0 : 1);
    const decision = reaction?.decide({ id: 1, doubts } as never, 1);
    type = decision?.events[0]?.type ?? '';
    doubts = (decision?.events[0]?.data as { doubts: number } | undefined)?.doubts ?? doubts;
  }
  expect(doubts).toBe(3);
  expect(store.deliveries.get(1)?.status).toBe('CANCELED_UnregisteredProduct');
});
