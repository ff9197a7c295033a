import { embedded, type Stage, type Story } from '../scenario.ts';

type Json = Record<string, unknown>;

/** Who insures themselves, and with what: a product and a customer nobody else has. */
interface Case {
  readonly prdcd: string;
  readonly custNo: string;
  readonly who: Readonly<Record<'custNm' | 'gndrCd' | 'aclBirdt' | 'phoneNo', string>>;
  /** What the customer wants of the product. */
  readonly request: Json;
}

const PERIODS = { insPrd: '20년', pmPrd: '20년', pmCyl: '월납' };

function newCase(): Case {
  const digits = String(Date.now());
  const [prdcd, custNo, custNm] = [`P${digits.slice(-8)}`, digits.slice(-9), `양건우-${digits.slice(-5)}`];
  return {
    prdcd,
    custNo,
    who: { custNm, gndrCd: '1', aclBirdt: '19940101', phoneNo: '01012345678' },
    request: { prdcd, prdnm: '(무)재해사망보장', custNo, custNm, sprm: '80000', entAmt: '50000' },
  };
}

/** What the only row shows in these fields, once it has them all and passes. */
const shows =
  (fields: readonly string[], passes: (row: Json) => boolean = () => true) =>
  (answer: Json): string | undefined => {
    const [row] = embedded(answer);
    const values = fields.map((field) => row?.[field] ?? '');
    return row && values.every((value) => value !== '') && passes(row) ? values.join(', ') : undefined;
  };

const myPage = ({ custNo }: Case): string => `/mypages/search/findByCustNo?custNo=${custNo}`;

/** A function of a service, by its code. */
const online = ({ ask }: Stage, path: string, svcId: string, svcFn: string, more: Json, status = 200): Promise<Json> =>
  ask('POST', `/${path}/online`, { svcId, svcFn, ...more }, status);

/** A customer asks what an insurance costs, plans, reads, applies and pays, and changes their mind. */
export const story: Story = {
  port: 8388,
  async play(stage) {
    const one = newCase();
    await calculated(stage, one);
    const ppsdsnNo = await planned(stage, one);
    await described(stage, one, ppsdsnNo);
    const prpsNo = await applied(stage, one, ppsdsnNo);

    stage.scene('6. The customer asks for the contract; payment is asked whether it is paid.');
    await online(stage, 'proposals', 'NBA001SVC', 'getCntr', { prpsNo });

    await withdrawn(stage, one, prpsNo);
  },
};

async function calculated(stage: Stage, { prdcd, who }: Case): Promise<void> {
  const { scene, ask, happens } = stage;
  scene('1. A manager registers a product: accidental death cover, 10,000 to 100,000, for people of 15 to 70.');
  const terms = { minEntAmt: 10000, maxEntAmt: 100000, minEntAge: 15, maxEntAge: 70, prm: 80000 };
  await ask('POST', '/products', { prdcd, prdnm: '(무)재해사망보장', ...terms, ...PERIODS }, 201);

  scene('2. A customer asks what it costs. Plan asks product, which checks its limits; nothing is stored but the row.');
  await online(stage, 'plans', 'PLA001SVC', 'calcPrm', { prdcd, ...who });
  const named = `/mypages/search/findByCustNm?custNm=${encodeURIComponent(who.custNm)}`;
  await happens('myinsurance', 'shows the calculation', named, shows(['progSt', 'gndr']));
  await online(stage, 'plans', 'PLA001SVC', 'calcPrm', { prdcd, ...who, entAmt: '100001' }, 422);
}

/** @returns the number of the plan */
async function planned({ scene, ask, happens }: Stage, one: Case): Promise<unknown> {
  scene('3. The customer registers and saves a plan (가입설계). It gets the second of its creation as its number.');
  await ask('POST', '/customers', { custNo: one.custNo, ...one.who }, 201);
  const plan = { ppsdsnNo: '', ...one.request, ...PERIODS, progSt: '가입설계' };
  const { ppsdsnNo } = await ask('POST', '/plans', plan, 201);
  await happens('myinsurance', 'shows the plan', myPage(one), shows(['progSt', 'ppsdsnNo']));
  return ppsdsnNo;
}

async function described(stage: Stage, one: Case, ppsdsnNo: unknown): Promise<void> {
  const { scene, happens } = stage;
  scene('4. The customer wants the product description (상품설명서). Plan tells product, and product tells everybody.');
  await online(stage, 'plans', 'PLA003SVC', 'prodDesdIsue', { ppsdsnNo });
  const plan = `/plans/search/findByPpsdsnNo?ppsdsnNo=${ppsdsnNo}`;
  const isIssued = ({ progSt }: Json): boolean => progSt === '상품설명서생성완료';
  await happens('plan', 'knows that it was issued', plan, shows(['progSt', 'prodDesdIsueDt'], isIssued));
  await happens('myinsurance', 'shows it', myPage(one), shows(['progSt'], isIssued));
  const messages = `/msgs/search/findByCustNo?custNo=${one.custNo}`;
  const aboutIssue = (answer: Json): string | undefined =>
    embedded(answer).flatMap(({ message }) => (/PrductDesdCreated/.test(String(message)) ? [String(message)] : []))[0];
  await happens('alarm', 'tells the customer', messages, aboutIssue);
}

const paymentOf = (prpsNo: unknown): string => `/payments/search/findByPrpsNo?prpsNo=${prpsNo}`;

/** @returns the number of the contract */
async function applied({ scene, ask, happens }: Stage, one: Case, ppsdsnNo: unknown): Promise<unknown> {
  scene(
    '5. The customer applies (청약). The first premium is paid before there is a contract: no contract without payment.',
  );
  const account = { actDcd: '01', fininCd: '004', fininNm: '국민은행', actNo: '1234567', achdNm: one.who.custNm };
  const { prpsNo } = await ask('POST', '/proposals', { ppsdsnNo, ...one.request, ...account }, 201);
  await happens('payment', 'has the premium', paymentOf(prpsNo), shows(['status', 'payAmt']));
  const contract = shows(['prpsStnm', 'contStnm']);
  await happens('myinsurance', 'shows the contract in the row of the plan', myPage(one), contract);
  return prpsNo;
}

async function withdrawn(stage: Stage, one: Case, prpsNo: unknown): Promise<void> {
  const { scene, happens } = stage;
  scene('7. The customer withdraws (청약철회). Payment hears of it and gives the premium back; the contract ends.');
  await online(stage, 'proposals', 'NBA003SVC', 'wdrwPrps', { prpsNo });
  const givenBack = shows(['status'], ({ status }) => status === '결재취소');
  await happens('payment', 'gave it back', paymentOf(prpsNo), givenBack);
  const canceled = shows(['prpsStnm', 'contStnm'], ({ contStcd }) => contStcd === '40');
  const contract = `/proposals/search/findByPrpsNo?prpsNo=${prpsNo}`;
  await happens('proposal', 'ended the contract', contract, canceled);
  await happens('myinsurance', 'shows it', myPage(one), canceled);
}
