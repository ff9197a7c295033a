import type { Row } from '../../harness/collection.ts';
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
/** What clients were answered. */
interface Promised {
  readonly products: Product[];
  readonly orders: Order[];
}

/** Orders of the clients' own and each other's products, more than there are, of products nobody registered; cancellations. */
export function rental(): Subject {
  const promised: Promised = { products: [], orders: [] };
  return {
    system: 'rental',
    client: (session) => new Client(session, promised),
    judge: (findings, shown) => judge(promised, findings, shown),
  };
}

class Client {
  private readonly mine: Order[] = [];

  constructor(
    private readonly session: ClientSession,
    private readonly promised: Promised,
  ) {}

  next(): Promise<void> {
    const dice = this.session.dice();
    const ordered = this.session.pick(this.mine);
    if (dice < 0.1 || this.promised.products.length === 0) return this.register();
    return dice < 0.65 || !ordered ? this.order() : this.cancel(ordered);
  }

  private async register(): Promise<void> {
    const { session, promised } = this;
    const request = { name: session.name(), qty: session.upTo(40) };
    const answer = await session.command('POST', '/products', request);
    if (session.accepted(answer, `product ${request.name}`)) promised.products.push({ ...request, id: idOf(answer) });
  }

  private async order(): Promise<void> {
    const { session, promised, mine } = this;
    // Mostly one of the newest products, so that clients compete for its stock.
    const productId =
      session.dice() < 0.05 ? 900_000_000 + session.upTo(1000) : session.pick(promised.products.slice(-8))!.id;
    const body = { productId, qty: session.upTo(9) };
    const request = { ...body, status: 'ORDERED', productName: session.name() };
    const answer = await session.command('POST', '/rentals', request);
    if (!session.accepted(answer, `an order of product ${productId}`)) return;
    const ordered: Order = { ...body, id: idOf(answer), canceled: false };
    promised.orders.push(ordered);
    mine.push(ordered);
  }

  private async cancel(one: Order): Promise<void> {
    const { session, mine } = this;
    mine.splice(mine.indexOf(one), 1);
    if (session.dice() < 0.4) {
      one.canceled = (await session.leave('DELETE', `/rentals/${one.id}`)) || undefined;
      return;
    }
    // The customer cancels again (docs/contracts/rental.md#scenario-20); the delivery may be cancelled already.
    const answer = await session.command('DELETE', `/rentals/${one.id}`, undefined, { untilDone: true });
    if (session.accepted(answer, `Rental-${one.id} cancel`)) one.canceled = true;
  }
}

const keyOf = ({ id }: Order): string => `rental-rental/Rental-${id}`;
const deliveryOf = (findings: Findings, { id }: Order) => findings.state(`rental-delivery/Delivery-of-${id}`);

async function judge({ products, orders }: Promised, findings: Findings, shown: Shown): Promise<void> {
  const myOrders = findings.rowsBy('rentalId', await shown.collection('myOrders'));
  const known = findings.answeredOnce(orders.map(keyOf));
  findings.acceptedOnly('rental-rental/Rental', (key) => known.has(key));
  for (const order of orders) isWhollyOrderedOrCanceled(findings, order, myOrders.get(order.id));
  for (const product of products) isInStockButForDeliveries(findings, product, orders);
  const numbers = [
    ['my orders', myOrders.size, orders.length],
    ['deliveries', findings.all('rental-delivery/Delivery').length, orders.length],
    ['products', findings.all('rental-product/Product').length, products.length],
  ];
  for (const [what, is, should] of numbers) findings.expect('rental', `the number of ${what}`, is, should);
}

function isWhollyOrderedOrCanceled(findings: Findings, order: Order, row: Row | undefined): void {
  const key = keyOf(order);
  const { id, productId, qty, canceled: asked } = order;
  const made = findings.state(key);
  const canceled = asked ?? made === null;
  const delivery = deliveryOf(findings, order);
  const { id: deliveryId, status } = delivery ?? {};
  findings.expect(key, "the delivery's quantity", delivery?.qty, qty);
  findings.expect(key, 'the pieces its delivery takes', delivery?.taken, status === 'DELIVERED' ? qty : 0);
  if (canceled) {
    findings.expect(key, 'the rental', made, null);
    findings.expect(key, 'the delivery', status, 'CANCELED');
    findings.expect(key, 'my order', row?.rentalStatus, 'CANCELED');
  } else {
    if (status !== 'DELIVERED' && !String(status).startsWith('CANCELED_'))
      findings.wrong(key, `its delivery is ${status}`);
    findings.fields(key, 'the rental', made, { id, productId, qty, status, deliveryId });
    const shown = { productId, rentalQty: qty, rentalStatus: status, deliveryStatus: status, deliveryId };
    findings.fields(key, 'my order', row, shown);
  }
  findings.publishes(key, { Rentaled: 1, RentalCanceled: canceled ? 1 : 0 });
}

function isInStockButForDeliveries(findings: Findings, { id, name, qty }: Product, orders: readonly Order[]): void {
  const key = `rental-product/Product-${id}`;
  const delivered = orders.filter(
    (order) => order.productId === id && deliveryOf(findings, order)?.status === 'DELIVERED',
  );
  const left = delivered.reduce((rest, order) => rest - order.qty, qty);
  if (left < 0) findings.wrong(key, `more was delivered than the ${qty} that were registered`);
  for (const app of ['product', 'rental', 'delivery']) {
    const copy = findings.state(`rental-${app}/Product-${id}`);
    findings.expect(key, `the name at ${app}`, copy?.name, name);
    findings.expect(key, `the stock at ${app}`, copy?.qty, left);
  }
  const moving = findings.state(`rental-delivery/Product-${id}`)?.moving;
  findings.expect(key, 'what is on its way', JSON.stringify(moving), '{}');
}
