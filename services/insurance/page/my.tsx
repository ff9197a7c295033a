import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import {
  Act,
  Command,
  Field,
  Form,
  Processing,
  rowsIn,
  Status,
  say,
  time,
  useLive,
  type Values,
} from '../../gateway/page-kit/index.ts';
import { applied, customer, described, type Insurance, saved, withdrawn } from './state.ts';
import { texts } from './texts.ts';

/** The plans and contracts of a customer, from the view. */
export function MyInsurance() {
  const t = texts();
  const live = useLive(`mypages/search/findByCustNo?custNo=${encodeURIComponent(customer.value)}`);
  const shown = rowsIn<Insurance>(live.body.value);
  const onTheirWay = saved.value.filter(
    ({ custNo, ppsdsnNo }) => custNo === customer.value && !shown.some((row) => row.ppsdsnNo === ppsdsnNo),
  );
  const rows = [...onTheirWay, ...shown.toReversed()];
  return (
    <>
      <p class="lead">{t.mineOf(customer.value)}</p>
      {rows.length === 0 && (
        <p class="card">{live.body.value ? t.nothing : live.trouble.value ? say().unreadable : say().loading}</p>
      )}
      <div class="cards">
        {rows.map((row) => (
          <Card key={row.prpsNo ?? row.ppsdsnNo ?? row.id} row={row} />
        ))}
      </div>
      <p class="note" role="status">
        {live.body.value && live.trouble.value ? say().stale : ''}
      </p>
    </>
  );
}

function Card({ row }: { row: Insurance }) {
  const t = texts();
  const isApplying = useSignal(false);
  const { ppsdsnNo, prdnm, prdcd, progSt, prodDesdIsueDt, prpsNo, prpsStnm, contStnm, regDtm } = row;
  const name = prdnm ?? prdcd ?? '';
  const isAppliedFor = applied.value.includes(ppsdsnNo ?? '');
  const isWithdrawn = withdrawn.value.includes(prpsNo ?? '');
  const later = (is: boolean) => (is ? <Processing /> : t.notYet);
  return (
    <section class="card" data-id={ppsdsnNo} aria-label={`${name} ${ppsdsnNo ?? prpsNo ?? ''}`}>
      <h2>{name}</h2>
      <dl>
        <dt>{t.plan}</dt>
        <dd>{ppsdsnNo}</dd>
        <dt>{t.made}</dt>
        <dd>{regDtm ? time(regDtm) : <Processing />}</dd>
        <dt>{t.planState}</dt>
        <dd>
          <Status value={progSt} tone="good" />
        </dd>
        <dt>{t.description}</dt>
        <dd>{prodDesdIsueDt ? time(prodDesdIsueDt) : later(described.value.includes(ppsdsnNo ?? ''))}</dd>
        <dt>{t.application}</dt>
        <dd>{prpsStnm ? <Ending value={prpsStnm} isAwaited={isWithdrawn} end="청약철회" /> : later(isAppliedFor)}</dd>
        <dt>{t.contract}</dt>
        <dd>{contStnm ? <Ending value={contStnm} isAwaited={isWithdrawn} end="결재취소" /> : later(isAppliedFor)}</dd>
      </dl>
      {progSt && (
        <div class="buttons">
          {!prodDesdIsueDt && !described.value.includes(ppsdsnNo ?? '') && <Describe row={row} name={name} />}
          {!prpsNo && !isAppliedFor && !isApplying.value && (
            <button
              type="button"
              aria-label={t.applyFor(name)}
              onClick={() => {
                isApplying.value = true;
              }}
            >
              {t.apply}
            </button>
          )}
          {prpsNo && prpsStnm === '청약' && !isWithdrawn && <Withdraw prpsNo={prpsNo} name={name} />}
        </div>
      )}
      {isApplying.value && !prpsNo && <Apply row={row} name={name} />}
    </section>
  );
}

/** A state that ends with another one, which may have been asked for already. */
function Ending({ value, isAwaited, end }: { value: string; isAwaited: boolean; end: string }) {
  if (value === end) return <Status value={value} tone="ended" />;
  return isAwaited ? <Processing /> : <Status value={value} tone="good" />;
}

function Describe({ row: { ppsdsnNo }, name }: { row: Insurance; name: string }) {
  const command = useMemo(() => new Command(), []);
  const describe = async (): Promise<void> => {
    const body = { svcId: 'PLA003SVC', svcFn: 'prodDesdIsue', ppsdsnNo };
    if (await command.send('POST', 'plans/online', body)) described.value = [...described.value, ppsdsnNo ?? ''];
  };
  return <Act command={command} onPress={() => void describe()} label={texts().issue} name={name} />;
}

function Withdraw({ prpsNo, name }: { prpsNo: string; name: string }) {
  const command = useMemo(() => new Command(), []);
  const withdraw = async (): Promise<void> => {
    const body = { svcId: 'NBA003SVC', svcFn: 'wdrwPrps', prpsNo };
    if (await command.send('POST', 'proposals/online', body)) withdrawn.value = [...withdrawn.value, prpsNo];
  };
  return <Act command={command} onPress={() => void withdraw()} label={texts().withdraw} name={name} isGrave />;
}

/** 청약: the first premium is the product's, which the service itself asks for. */
function Apply({ row: { ppsdsnNo, prdcd, prdnm, custNm }, name }: { row: Insurance; name: string }) {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const apply = async (values: Values): Promise<void> => {
    const body = { ppsdsnNo, prdcd, prdnm, custNo: customer.value, custNm, actDcd: '01', ...values };
    if (await command.send('POST', 'proposals', body)) applied.value = [...applied.value, ppsdsnNo ?? ''];
  };
  return (
    <>
      <p class="note">{t.applyLead}</p>
      <Form
        label={t.applyFor(name)}
        command={command}
        onSend={(values) => void apply(values)}
        submit={t.pay}
        done={t.applied}
      >
        <Field name="fininNm" label={t.bank} value="국민은행" />
        <Field name="actNo" label={t.account} isNumber />
        <Field name="achdNm" label={t.holder} value={custNm ?? ''} />
      </Form>
    </>
  );
}
