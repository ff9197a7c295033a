import { type ClientSession, idOf, type Subject } from '../client-session.ts';
import type { Findings } from '../findings.ts';
import type { Shown } from '../shown.ts';

interface Product {
  readonly id: number;
  readonly name: string;
  readonly qty: number;
}
interface Order {
  readonly id: number;
  readonly productId: number;
  readonly qty: number;
  /** undefined: its customer asked for that once and never came back, so it is either, but wholly. */
  canceled: boolean | undefined;
}

/** Orders of the clients' own and each other's products, more than there are, of products nobody registered; cancellations. */
export function rental(): Subject {
  const products: Product[] = [];
  const orders: Order[] = [];

  function client(session: ClientSession): () => Promise<void> {
    const mine: Order[] = [];
    const register = async (): Promise<void> => {
      const request = { name: session.name(), qty: session.upTo(40) };
      const answer = await session.command('POST', '/products', request);
      if (session.accepted(answer, `product ${request.name}`)) products.push({ ...request, id: idOf(answer) });
    };
    const order = async (): Promise<void> => {
      // Mostly one of the newest products, so that clients compete for its stock.
      const productId = session.dice() < 0.05 ? 900_000_000 + session.upTo(1000) : session.pick(products.slice(-8))!.id;
      const body = { productId, qty: session.upTo(9) };
      const answer = await session.command('POST', '/rentals', {
        ...body,
        status: 'ORDERED',
        productName: session.name(),
      });
      if (!session.accepted(answer, `an order of product ${productId}`)) return;
      const ordered: Order = { ...body, id: idOf(answer), canceled: false };
      orders.push(ordered);
      mine.push(ordered);
    };
    const cancel = async (one: Order): Promise<void> => {
      mine.splice(mine.indexOf(one), 1);
      if (session.dice() < 0.4) {
        one.canceled = (await session.leave('DELETE', `/rentals/${one.id}`)) || undefined;
        return;
      }
      // The customer cancels again (docs/contracts/rental.md#scenario-20); the delivery may be cancelled already.
      const answer = await session.command('DELETE', `/rentals/${one.id}`, undefined, { untilDone: true });
      if (session.accepted(answer, `Rental-${one.id} cancel`)) one.canceled = true;
    };
    return () => {
      const dice = session.dice();
      const ordered = session.pick(mine);
      if (dice < 0.1 || products.length === 0) return register();
      return dice < 0.65 || !ordered ? order() : cancel(ordered);
    };
  }

  async function judge(findings: Findings, shown: Shown): Promise<void> {
    const myOrders = findings.rowsBy('rentalId', await shown.collection('myOrders'));
    const taken = new Map<unknown, number>();

    const known = new Set<string>();
    for (const { id, productId, qty, canceled: asked } of orders) {
      const key = `rental-rental/Rental-${id}`;
      if (known.has(key)) findings.wrong(key, 'two commands were answered with it');
      known.add(key);
      const made = findings.state(key);
      const canceled = asked ?? made === null;
      const delivery = findings.state(`rental-delivery/Delivery-of-${id}`);
      const status = delivery?.status;
      findings.expect(key, "the delivery's quantity", delivery?.qty, qty);
      findings.expect(key, 'the pieces its delivery takes', delivery?.taken, status === 'DELIVERED' ? qty : 0);
      const row = myOrders.get(id);
      if (canceled) {
        findings.expect(key, 'the rental', made, null);
        findings.expect(key, 'the delivery', status, 'CANCELED');
        findings.expect(key, 'my order', row?.rentalStatus, 'CANCELED');
      } else {
        if (status !== 'DELIVERED' && !String(status).startsWith('CANCELED_'))
          findings.wrong(key, `its delivery is ${status}`);
        const deliveryId = delivery?.id;
        findings.fields(key, 'the rental', made, { id, productId, qty, status, deliveryId });
        const shown = { productId, rentalQty: qty, rentalStatus: status, deliveryStatus: status, deliveryId };
        findings.fields(key, 'my order', row, shown);
      }
      findings.publishes(key, { Rentaled: 1, RentalCanceled: canceled ? 1 : 0 });
      if (status === 'DELIVERED') taken.set(productId, (taken.get(productId) ?? 0) + qty);
    }
    for (const [key] of findings.all('rental-rental/Rental'))
      if (!known.has(key)) findings.wrong(key, 'is the effect of a command that was never accepted');
    findings.expect('rental', 'the number of my orders', myOrders.size, orders.length);
    findings.expect(
      'rental',
      'the number of deliveries',
      findings.all('rental-delivery/Delivery').length,
      orders.length,
    );

    for (const { id, name, qty } of products) {
      const key = `rental-product/Product-${id}`;
      const left = qty - (taken.get(id) ?? 0);
      if (left < 0) findings.wrong(key, `more was delivered than the ${qty} that were registered`);
      for (const app of ['product', 'rental', 'delivery']) {
        const copy = findings.state(`rental-${app}/Product-${id}`);
        findings.expect(key, `the name at ${app}`, copy?.name, name);
        findings.expect(key, `the stock at ${app}`, copy?.qty, left);
      }
      const moving = findings.state(`rental-delivery/Product-${id}`)?.moving;
      findings.expect(key, 'what is on its way', JSON.stringify(moving), '{}');
    }
    findings.expect('rental', 'the number of products', findings.all('rental-product/Product').length, products.length);
  }

  return { system: 'rental', client, judge };
}
