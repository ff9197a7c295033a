import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import {
  Choice,
  Command,
  count,
  Field,
  Form,
  goTo,
  Outcome,
  rowsIn,
  Table,
  useLive,
  type Values,
  won,
} from '../../gateway/page-kit/index.ts';
import { customer, customerName, type Product, saved } from './state.ts';
import { texts } from './texts.ts';

/** The products, what one costs a person, and saving that as a plan. */
export function Products() {
  const t = texts();
  const live = useLive('products?size=200');
  const chosen = useSignal<Product | undefined>(undefined);
  const product = chosen.value;
  return (
    <>
      <p class="lead">{t.productsLead}</p>
      {product && <Calculation key={product.id} product={product} />}
      <Table
        caption={t.products}
        live={live}
        rows={rowsIn<Product>(live.body.value)}
        idOf={({ id }) => id}
        empty={t.noProducts}
        columns={[
          { head: t.code, cell: ({ prdcd }) => prdcd },
          { head: t.product, cell: ({ prdnm }) => prdnm },
          { head: t.amounts, cell: ({ minEntAmt, maxEntAmt }) => range(minEntAmt, maxEntAmt, won) },
          { head: t.ages, cell: ({ minEntAge, maxEntAge }) => range(minEntAge, maxEntAge, count) },
          {
            head: t.periods,
            cell: ({ insPrd, pmPrd, pmCyl }) => [insPrd, pmPrd, pmCyl].filter(Boolean).join(' · '),
          },
          {
            head: t.premium,
            isAction: true,
            cell: (row) => (
              <button
                type="button"
                aria-label={t.calculateFor(row.prdnm)}
                onClick={() => {
                  chosen.value = row;
                }}
              >
                {t.calculate}
              </button>
            ),
          },
        ]}
      />
    </>
  );
}

const range = (least: number | null, most: number | null, written: (value: number) => string): string =>
  least === null && most === null
    ? ''
    : `${least === null ? '' : written(least)} – ${most === null ? '' : written(most)}`;

interface Offer {
  readonly prm: number;
  readonly entAmt: string;
  readonly custNm: string;
}

/** What a product costs this person; nothing is kept of it but that it was asked. */
function Calculation({ product }: { product: Product }) {
  const t = texts();
  const { prdcd, prdnm } = product;
  const command = useMemo(() => new Command(), []);
  const offer = useSignal<Offer | undefined>(undefined);
  const calculate = async (values: Values): Promise<void> => {
    offer.value = undefined;
    const answer = await command.send('POST', 'plans/online', {
      svcId: 'PLA001SVC',
      svcFn: 'calcPrm',
      prdcd,
      ...values,
    });
    if (!answer) return;
    const { entAmt = '', custNm = '' } = values;
    customerName.value = custNm;
    offer.value = { prm: Number((answer.data as { prm?: number }).prm), entAmt, custNm };
  };
  return (
    <section class="card">
      <h2>{t.calculateFor(prdnm)}</h2>
      <Form
        label={t.calculateFor(prdnm)}
        command={command}
        onSend={(values) => void calculate(values)}
        submit={t.calculate}
        done={offer.value && t.costs(won(offer.value.prm))}
      >
        <Person amount={product.minEntAmt} />
      </Form>
      {offer.value && <SavePlan product={product} offer={offer.value} />}
    </section>
  );
}

/** Who asks, and for how much. */
function Person({ amount }: { amount: number | null }) {
  const t = texts();
  return (
    <>
      <Field name="custNm" label={t.name} value={customerName.value} />
      <Choice
        name="gndrCd"
        label={t.gender}
        isOptional
        options={[
          ['', t.unsaid],
          ['1', t.male],
          ['2', t.female],
        ]}
      />
      <Field name="aclBirdt" label={t.birth} hint={t.birthHint} isNumber isOptional />
      <Field name="phoneNo" label={t.phone} hint={t.phoneHint} isNumber isOptional />
      <Field name="entAmt" label={t.amount} value={amount ?? ''} isNumber />
    </>
  );
}

function SavePlan({ product, offer: { prm, entAmt, custNm } }: { product: Product; offer: Offer }) {
  const t = texts();
  const command = useMemo(() => new Command(), []);
  const save = async (): Promise<void> => {
    const { prdcd, prdnm, insPrd, pmPrd, pmCyl } = product;
    const custNo = customer.value;
    const body = { prdcd, prdnm, custNo, custNm, sprm: prm, entAmt, insPrd, pmPrd, pmCyl, progSt: '가입설계' };
    const made = await command.send('POST', 'plans', body);
    if (!made) return;
    const row = { ...nothingYet, id: -Number(made.id), ppsdsnNo: String(made.ppsdsnNo), prdcd, prdnm, custNm, custNo };
    saved.value = [row, ...saved.value];
  };
  const { is } = command.progress.value;
  return (
    <>
      {is !== 'done' && (
        <p class="buttons">
          <button type="button" class="main" onClick={() => void save()}>
            {t.savePlan}
          </button>
        </p>
      )}
      <Outcome
        of={command}
        done={
          <>
            {t.planSaved}{' '}
            <button type="button" onClick={() => goTo('my')}>
              {t.toMine}
            </button>
          </>
        }
      />
    </>
  );
}

const nothingYet = {
  progSt: null,
  prodDesdIsueDt: null,
  prpsNo: null,
  prpsStnm: null,
  contStnm: null,
  regDtm: null,
};
