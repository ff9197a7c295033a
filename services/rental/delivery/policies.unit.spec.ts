import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { log } from '../../kit/index.ts';
import { type Call, type Given, given, MemoryBackend } from '../../kit/testing/index.ts';
import type { Delivery, Product } from './domain.ts';
import delivery from './service.ts';

const REGISTERED = 9;
log.silent = true;
const configuration = { CANCEL_DELAY_MS: '0', REGISTRATION_PATIENCE: '1' };

interface OrderRequest {
  readonly qty: number;
  readonly cancels: boolean;
  readonly productId: number;
}
const requests = fc.array(
  fc.record({ qty: fc.integer({ min: 1, max: 6 }), cancels: fc.boolean(), productId: fc.constantFrom(1, 1, 1, 22) }),
  { minLength: 1, maxLength: 5 },
);

interface Ledger {
  readonly product: Product;
  readonly deliveries: readonly Delivery[];
}

/** What delivery's own records say. */
function ledger(on: Given): Ledger {
  const documents = Object.entries(on.documents()) as [string, { state?: unknown }][];
  const of = (kind: RegExp): unknown[] =>
    documents.filter(([key, { state }]) => kind.test(key) && state).map(([, { state }]) => state);
  return { product: of(/^Product-1$/)[0] as Product, deliveries: of(/^Delivery-of-/) as Delivery[] };
}

/** Whenever one record is written, nothing of the stock is lost and nothing doubled. */
function addsUp({ product, deliveries }: Ledger): boolean {
  const taken = deliveries.map(({ rentalId, taken }) => [rentalId, taken] as const);
  const out = Object.values({ ...Object.fromEntries(taken), ...product.moving }).reduce((sum, qty) => sum + qty, 0);
  return product.qty >= 0 && product.qty + out === REGISTERED;
}

const isRecord = ({ kind, body }: Call): boolean => /^state-/.test(kind) && /"(Product|Delivery)-/.test(body);

/** How many turns of the event loop a call takes: now and then so many that the other replica does all of its work. */
const PAUSES = [0, 0, 0, 0, 1, 3, 30, 200];
const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await turn();
};

/** Two replicas of delivery, whose calls come in between each other, and fail before or after they were done. */
async function replicas(dice: () => number): Promise<{ on: Given[]; calm(): void; wrong: Ledger[] }> {
  const backend = new MemoryBackend({ configuration });
  const on = [
    await given('rental-delivery', delivery, { backend, instance: 'a' }),
    await given('rental-delivery', delivery, { backend, instance: 'b' }),
  ];
  await on[0]!.publish({ type: 'ProductSaved', data: { id: 1, name: 'computer', qty: REGISTERED } });
  const wrong: Ledger[] = [];
  let isCalm = false;
  const breaks = async (call: Call): Promise<undefined> => {
    if (isCalm || !isRecord(call)) return;
    await turns(PAUSES[dice() % PAUSES.length]!);
    if (dice() < 25) throw new Error('socket hang up');
  };
  for (const { sidecar } of on) {
    sidecar.before = breaks;
    sidecar.after = (call) => {
      if (call.kind === 'state-write' && isRecord(call) && !addsUp(ledger(on[0]!))) wrong.push(ledger(on[0]!));
      return breaks(call);
    };
  }
  return {
    on,
    wrong,
    calm: () => {
      isCalm = true;
    },
  };
}

const cancellation = (rentalId: number, qty: number) => ({
  ...{ id: null, rentalId, qty, status: 'CANCELED' },
  cancellation: { cause: `cancel-${rentalId}`, fingerprint: null },
});

function expectWhole({ product, deliveries }: Ledger, all: readonly OrderRequest[]): void {
  const out = deliveries.filter(({ status }) => status === 'DELIVERED');
  expect(product.moving).toEqual({});
  expect(product.qty + out.reduce((sum, { qty }) => sum + qty, 0)).toBe(REGISTERED);
  for (const [index, { cancels, productId }] of all.entries()) {
    const status = deliveries.find(({ rentalId }) => rentalId === index + 1)?.status;
    if (cancels) expect(status).toBe('CANCELED');
    else if (productId === 22) expect(status).toBe('CANCELED_UnregisteredProduct');
    else expect(['DELIVERED', 'CANCELED_OutOfStock']).toContain(status);
  }
}

test('given two replicas that interleave and break off anywhere, when all is done again, then stock + delivered = registered', async () => {
  await fc.assert(
    fc.asyncProperty(requests, fc.infiniteStream(fc.nat({ max: 999 })), async (all, stream) => {
      const dice = (): number => stream.next().value;
      const { on, calm, wrong } = await replicas(dice);
      const [first, second] = on as [Given, Given];
      const { backend } = first;
      const orders = all.map(({ qty, productId }, index) => ({
        type: 'Rentaled',
        id: `order-${index + 1}`,
        data: { id: index + 1, productId, qty, status: 'ORDERED', productName: 'computer' },
      }));
      const cancel = (one: Given, latest = 1): Promise<unknown>[] =>
        all.flatMap(({ cancels, qty }, index) =>
          cancels
            ? turns(dice() % latest).then(() =>
                one.request('POST', '/internal/cancellations', cancellation(index + 1, qty)),
              )
            : [],
        );
      for (const order of orders) first.put(order);
      // Each replica gets some of what waits; what both get is handled by two processes at once.
      const deliver = ({ sidecar }: Given) =>
        backend.deliver('rental-delivery', {
          replica: sidecar,
          choose: (waiting) => waiting.filter(() => dice() % 10 < 7),
        });
      await Promise.all([deliver(first), deliver(second), ...cancel(second, 400), ...cancel(first, 800)]);
      await Promise.all([deliver(first), deliver(second)]);
      calm();
      await Promise.all(cancel(first));
      await first.settle();
      expect(wrong).toEqual([]);
      expectWhole(ledger(first), all);

      // Long after.
      const before = ledger(first);
      const published = first.published().length;
      for (const order of orders) first.put({ ...order, id: `${order.id}-again` });
      await Promise.all(cancel(second));
      await first.settle();
      expect(ledger(first)).toEqual(before);
      expect(first.published()).toHaveLength(published);
      await Promise.all(on.map((one) => one.close()));
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('given a replica that stood still after it read no delivery, when another made it meanwhile, then stock is taken once', async () => {
  const backend = new MemoryBackend({ configuration });
  const [quick, slow] = [
    await given('rental-delivery', delivery, { backend, instance: 'a' }),
    await given('rental-delivery', delivery, { backend, instance: 'b' }),
  ];
  await quick.publish({ type: 'ProductSaved', data: { id: 1, name: 'computer', qty: REGISTERED } });
  let goOn: () => void = () => undefined;
  const halted = new Promise<void>((halt) => {
    slow.sidecar.after = async ({ kind, path, body }) => {
      if (kind !== 'state-read' || !/[/"]Delivery-of-1("|$)/.test(`${path}${body}`)) return undefined;
      slow.sidecar.after = undefined;
      halt();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return undefined;
    };
  });
  quick.put({ type: 'Rentaled', data: { id: 1, productId: 1, qty: 3, status: 'ORDERED', productName: null } });
  const late = backend.deliver('rental-delivery', { replica: slow.sidecar });
  await halted;
  await backend.deliver('rental-delivery', { replica: quick.sidecar });
  goOn();
  await late;
  await quick.settle();
  expect(ledger(quick)).toMatchObject({ product: { qty: 6, moving: {} }, deliveries: [{ taken: 3 }] });
  await Promise.all([quick.close(), slow.close()]);
});

test('given a product that is not registered yet, when its order has waited some rounds, then it is refused', async () => {
  const backend = new MemoryBackend({ configuration: { ...configuration, REGISTRATION_PATIENCE: '3' } });
  const on = await given('rental-delivery', delivery, { backend });
  await on.publish({
    type: 'Rentaled',
    data: { id: 1, productId: 22, qty: 1, status: 'ORDERED', productName: null },
  });
  expect(on.published('OrderDoubted').map(({ data }) => data.doubts)).toEqual([1, 2, 3]);
  expect(on.published('Delivered')).toMatchObject([{ data: { rentalId: 1, status: 'CANCELED_UnregisteredProduct' } }]);
  await on.close();
});

test('given a product that is registered meanwhile, when its order was doubted, then it is delivered', async () => {
  const backend = new MemoryBackend({ configuration: { ...configuration, REGISTRATION_PATIENCE: '3' } });
  const on = await given('rental-delivery', delivery, { backend });
  on.put({ type: 'Rentaled', data: { id: 1, productId: 1, qty: 2, status: 'ORDERED', productName: null } });
  on.put({ type: 'ProductSaved', data: { id: 1, name: 'computer', qty: REGISTERED } });
  await on.settle();
  expect(on.published('Delivered')).toMatchObject([{ data: { rentalId: 1, status: 'DELIVERED' } }]);
  expect(ledger(on).product).toMatchObject({ qty: 7, moving: {} });
  await on.close();
});
