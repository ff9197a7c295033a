import { useMemo } from 'preact/hooks';
import { Act, Command, Processing, rowsIn, Status, say, Table, useLive } from '../../gateway/page-kit/index.ts';
import { toneOf } from './missions.tsx';
import { customer, type Entry, type Gift, NEWEST } from './state.ts';
import { texts } from './texts.ts';

/** The rewards a customer has, and swapping them. */
export function Wallet() {
  const t = texts();
  const live = useLive(`wallets?size=${NEWEST}&sort=id,desc`);
  const gifts = useLive(`gifts?size=${NEWEST}&sort=id,desc`);
  const all = rowsIn<Entry>(live.body.value);
  const giftOf = new Map(rowsIn<Gift>(gifts.body.value).map(({ id, walletId }) => [walletId, id]));
  return (
    <>
      <p class="lead">
        {t.walletLead} {all.length === NEWEST ? say().newest(NEWEST) : ''}
      </p>
      <Table
        caption={t.walletOf(customer.value)}
        live={live}
        rows={all.filter(({ customerId }) => String(customerId) === customer.value)}
        idOf={({ id }) => id}
        empty={t.emptyWallet}
        columns={[
          { head: t.entry, cell: ({ id }) => id },
          { head: t.reward, cell: ({ rewardId }) => rewardId },
          { head: t.rewardStatus, cell: ({ status }) => <Status value={status} tone={toneOf(status)} /> },
          {
            head: t.gift,
            cell: (entry) =>
              entry.status === 'Issued' ? <Exchange entry={entry} /> : (giftOf.get(entry.id) ?? <Processing />),
          },
        ]}
      />
    </>
  );
}

function Exchange({ entry: { id, rewardId } }: { entry: Entry }) {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const exchange = (): void => void command.send('PATCH', `wallets/${id}`, { status: 'Exchanged' });
  return <Act command={command} onPress={exchange} label={t.exchange} name={`${t.reward} ${rewardId}`} />;
}
