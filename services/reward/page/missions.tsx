import { useMemo } from 'preact/hooks';
import {
  Command,
  Field,
  Form,
  Processing,
  rowsIn,
  Status,
  Table,
  useLive,
  type Values,
} from '../../gateway/page-kit/index.ts';
import { achieved, customer, type MyMission, myMissions } from './state.ts';
import { texts } from './texts.ts';

/** To say that a mission is achieved, and what became of those before. */
export function Missions() {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const achieve = async (values: Values): Promise<void> => {
    const made = await command.send('POST', 'missions', { ...values, status: 'Achieved' });
    if (!made) return;
    customer.value = String(made.customerId);
    const mission = { missionStatus: null, rewardId: null, rewardStatus: null, customerId: Number(made.customerId) };
    achieved.value = [{ ...mission, missionId: Number(made.id) }, ...achieved.value];
  };
  return (
    <>
      <p class="lead">{t.missionsLead}</p>
      <section class="card">
        <Form
          key={customer.value}
          label={t.achieve}
          command={command}
          onSend={(values) => void achieve(values)}
          submit={t.achieve}
          done={t.achieved}
        >
          <Field name="customerId" label={t.customer} value={customer.value} isNumber />
        </Form>
      </section>
      <MyMissions />
    </>
  );
}

/** My page: each mission and how far its reward is, from the view. */
export function MyMissions() {
  const t = texts();
  const live = useLive(myMissions());
  const shown = rowsIn<MyMission>(live.body.value);
  const onTheirWay = achieved.value.filter(
    (row) => String(row.customerId) === customer.value && !shown.some(({ missionId }) => missionId === row.missionId),
  );
  return (
    <Table
      caption={t.myMissions(customer.value)}
      live={live}
      rows={[...onTheirWay, ...shown.toReversed()]}
      idOf={({ missionId }) => missionId}
      empty={t.noMissions}
      columns={[
        { head: t.mission, cell: ({ missionId }) => missionId },
        { head: t.status, cell: ({ missionStatus }) => <Status value={missionStatus} tone="good" /> },
        { head: t.reward, cell: ({ rewardId }) => rewardId ?? <Processing /> },
        {
          head: t.rewardStatus,
          cell: ({ rewardStatus }) => <Status value={rewardStatus} tone={toneOf(rewardStatus)} />,
        },
      ]}
    />
  );
}

/** What was exchanged is used up. */
export const toneOf = (status: string | null): 'good' | 'ended' => (status === 'Exchanged' ? 'ended' : 'good');
