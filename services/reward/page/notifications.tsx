import { rowsIn, Table, useLive } from '../../gateway/page-kit/index.ts';
import type { Notification } from './state.ts';
import { texts } from './texts.ts';

/** What was told to the customers: a notification names no customer. */
export function Notifications() {
  const t = texts();
  const live = useLive('notifications?size=50&sort=id,desc');
  const about = ({ missionId, rewardId, walletId }: Notification): string =>
    [[t.mission, missionId] as const, [t.reward, rewardId] as const, [t.wallet, walletId] as const]
      .filter(([, id]) => id !== null)
      .map(([what, id]) => `${what} ${id}`)
      .join(', ');
  return (
    <>
      <p class="lead">{t.notificationsLead}</p>
      <Table
        caption={t.notifications}
        live={live}
        rows={rowsIn<Notification>(live.body.value)}
        idOf={({ id }) => id}
        empty={t.noNotifications}
        columns={[
          { head: t.number, cell: ({ id }) => id },
          { head: t.message, cell: ({ message }) => message },
          { head: t.about, cell: about },
        ]}
      />
    </>
  );
}
