import type { Story } from '../scenario.ts';

type Json = Record<string, unknown>;

/** Customers order more than there is, what there is not, and what there is; one changes their mind. */
export const story: Story = {
  port: 8488,
  async play({ scene, ask, happens }) {
    const left = (qty: number) => (answer: Json) => (answer.qty === qty ? `${qty} left` : undefined);
    const decided = ({ status }: Json): string | undefined => (status === 'ORDERED' ? undefined : String(status));
    const states = ({ rentalStatus, deliveryStatus }: Json): string => `${rentalStatus}, delivery ${deliveryStatus}`;
    const order = async (productId: unknown, qty: number): Promise<number> => {
      const request = { productId: String(productId), qty: String(qty), status: 'ORDERED', productName: 'computer' };
      return Number((await ask('POST', '/rentals', request, 201)).id);
    };

    scene('1. The product team registers nine computers. Rental and delivery get copies by events.');
    const productId = (await ask('POST', '/products', { name: 'computer', qty: '9' }, 201)).id;
    const copies = ['product', 'rental', 'delivery'].map(
      (service) => [service, `${service === 'product' ? '' : `/${service}`}/products/${productId}`] as const,
    );
    for (const [service, path] of copies) await happens(service, 'knows the product', path, left(9));

    scene('2. A customer orders twelve. Every order is taken; delivery refuses this one.');
    const tooMany = await order(productId, 12);
    await happens('rental', 'learns that the stock is too small', `/rentals/${tooMany}`, decided);

    scene('3. A customer orders what nobody registered. Delivery waits a moment for a registration, then refuses.');
    const unknown = await order(999999999, 1);
    await happens('rental', 'learns that there is no such product', `/rentals/${unknown}`, decided);

    scene('4. A customer orders three. Delivery takes them from the stock, and every copy follows.');
    const id = await order(productId, 3);
    await happens('rental', 'learns that they are delivered', `/rentals/${id}`, decided);
    for (const [service, path] of copies) await happens(service, 'has the new stock', path, left(6));
    await happens('information', 'shows my order, from events alone', `/myOrders/${id}`, (row) =>
      row.deliveryStatus ? states(row) : undefined,
    );

    scene(
      '5. The customer cancels: rental first has delivery cancel, or there is no cancelling. The stock comes back.',
    );
    await ask('DELETE', `/rentals/${id}`, undefined, 204);
    await ask('GET', `/rentals/${id}`, undefined, 404);
    for (const [service, path] of copies) await happens(service, 'has the stock back', path, left(9));
    await happens('information', 'still shows my order', `/myOrders/${id}`, (row) =>
      row.rentalStatus === 'CANCELED' ? states(row) : undefined,
    );
  },
};
