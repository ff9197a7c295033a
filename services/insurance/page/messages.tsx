import { rowsIn, Table, time, useLive } from '../../gateway/page-kit/index.ts';
import { customer, type Message } from './state.ts';
import { texts } from './texts.ts';

/** What the customer was told. */
export function Messages() {
  const t = texts();
  const live = useLive(`msgs/search/findByCustNo?custNo=${encodeURIComponent(customer.value)}&size=50&sort=id,desc`);
  return (
    <Table
      caption={t.messagesOf(customer.value)}
      live={live}
      rows={rowsIn<Message>(live.body.value)}
      idOf={({ id }) => id}
      empty={t.noMessages}
      columns={[
        { head: t.sent, cell: ({ sendDtm }) => time(sendDtm.replace(/\D/g, '')) },
        { head: t.message, cell: ({ message }) => message },
      ]}
    />
  );
}
