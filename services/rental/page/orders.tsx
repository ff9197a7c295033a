import { useMemo } from 'preact/hooks';
import { Act, Command, count, Processing, rowsIn, Status, Table, useLive } from '../../gateway/page-kit/index.ts';
import { cancelled, type Order, ordered } from './state.ts';
import { texts } from './texts.ts';

/** The orders and what became of them, from the view; cancelled ones stay. */
export function Orders() {
  const t = texts();
  const live = useLive('myOrders?size=50&sort=id,desc');
  const shown = rowsIn<Order>(live.body.value);
  const onTheirWay = ordered.value.filter(({ rentalId }) => !shown.some((row) => row.rentalId === rentalId));
  return (
    <>
      <p class="lead">{t.ordersLead}</p>
      <Table
        caption={t.orders}
        live={live}
        rows={[...onTheirWay, ...shown]}
        idOf={({ rentalId }) => rentalId}
        empty={t.noOrders}
        columns={[
          { head: t.orderNumber, cell: ({ rentalId }) => rentalId },
          { head: t.product, cell: ({ productName, productId }) => productName ?? productId },
          { head: t.quantity, cell: ({ rentalQty }) => count(rentalQty), isNumber: true },
          {
            head: t.orderStatus,
            cell: ({ rentalStatus }) => <Status value={rentalStatus} tone={toneOf(rentalStatus)} />,
          },
          {
            head: t.deliveryStatus,
            cell: ({ deliveryStatus }) => <Status value={deliveryStatus} tone={toneOf(deliveryStatus)} />,
          },
          { head: t.cancel, cell: (row) => <Cancel row={row} />, isAction: true },
        ]}
      />
    </>
  );
}

const toneOf = (status: string | null): 'good' | 'ended' | 'refused' => {
  if (status === 'CANCELED') return 'ended';
  return status?.startsWith('CANCELED_') ? 'refused' : 'good';
};

function Cancel({ row: { rentalId, productName, rentalStatus } }: { row: Order }) {
  const command = useMemo(() => new Command(), []);
  const cancel = async (): Promise<void> => {
    if (await command.send('DELETE', `rentals/${rentalId}`)) cancelled.value = [...cancelled.value, rentalId];
  };
  if (rentalStatus === null || rentalStatus.startsWith('CANCELED')) return null;
  if (cancelled.value.includes(rentalId)) return <Processing />;
  const name = `${productName ?? ''} ${rentalId}`;
  return <Act command={command} onPress={() => void cancel()} label={texts().cancel} name={name} isGrave />;
}
