import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import {
  Command,
  count,
  Field,
  Form,
  goTo,
  rowsIn,
  Table,
  useLive,
  type Values,
} from '../../gateway/page-kit/index.ts';
import { ordered, PRODUCTS, type Product } from './state.ts';
import { texts } from './texts.ts';

/** The products with what is left of them, and ordering one. */
export function Products() {
  const t = texts();
  const live = useLive(PRODUCTS);
  const chosen = useSignal<Product | undefined>(undefined);
  const product = chosen.value;
  return (
    <>
      <p class="lead">{t.productsLead}</p>
      {product && <OrderForm key={product.id} product={product} />}
      <Table
        caption={t.products}
        live={live}
        rows={rowsIn<Product>(live.body.value)}
        idOf={({ id }) => id}
        empty={t.noProducts}
        columns={[
          { head: t.number, cell: ({ id }) => id },
          { head: t.product, cell: ({ name }) => name },
          { head: t.stock, cell: ({ qty }) => count(qty), isNumber: true },
          {
            head: t.order,
            isAction: true,
            cell: (row) => (
              <button
                type="button"
                aria-label={t.orderOf(row.name)}
                onClick={() => {
                  chosen.value = row;
                }}
              >
                {t.order}
              </button>
            ),
          },
        ]}
      />
    </>
  );
}

function OrderForm({ product: { id: productId, name: productName } }: { product: Product }) {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const order = async (values: Values): Promise<void> => {
    const made = await command.send('POST', 'rentals', { productId, productName, status: 'ORDERED', ...values });
    if (!made) return;
    const rest = { rentalQty: Number(made.qty), rentalStatus: null, deliveryStatus: null };
    ordered.value = [{ rentalId: Number(made.id), productId, productName, ...rest }, ...ordered.value];
  };
  return (
    <section class="card">
      <h2>{t.orderOf(productName)}</h2>
      <Form
        label={t.orderOf(productName)}
        command={command}
        onSend={(values) => void order(values)}
        submit={t.order}
        done={
          <>
            {t.ordered}{' '}
            <button type="button" onClick={() => goTo('my')}>
              {t.toOrders}
            </button>
          </>
        }
      >
        <Field name="qty" label={t.quantity} value={1} isNumber />
      </Form>
    </section>
  );
}
