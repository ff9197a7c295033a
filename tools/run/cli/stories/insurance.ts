import type { Story } from '../scenario.ts';

type Json = Record<string, unknown>;

/** A customer asks what an insurance costs, plans, reads, applies and pays, and changes their mind. */
export const story: Story = {
  port: 8388,
  async tell({ scene, ask, happens }) {
    // A product and a customer nobody else has.
    const digits = String(Date.now());
    const [prdcd, custNo, custNm] = [`P${digits.slice(-8)}`, digits.slice(-9), `양건우-${digits.slice(-5)}`];
    const online = async (path: string, svcId: string, svcFn: string, more: Json): Promise<Json> =>
      (await ask('POST', `/${path}/online`, { svcId, svcFn, ...more }, 200)).data as Json;
    const rows = (answer: Json): Json[] => Object.values(answer._embedded as Record<string, Json[]>)[0] ?? [];
    /** What the only row shows in these fields, once it has them all and passes. */
    const shows =
      (fields: readonly string[], passes: (row: Json) => boolean = () => true) =>
      (answer: Json): string | undefined => {
        const [row] = rows(answer);
        const values = fields.map((field) => row?.[field] ?? '');
        return row && values.every((value) => value !== '') && passes(row) ? values.join(', ') : undefined;
      };
    const myPage = `/mypages/search/findByCustNo?custNo=${custNo}`;

    scene('1. A manager registers a product: accidental death cover, 10,000 to 100,000, for people of 15 to 70.');
    const terms = { minEntAmt: 10000, maxEntAmt: 100000, minEntAge: 15, maxEntAge: 70, prm: 80000 };
    const periods = { insPrd: '20년', pmPrd: '20년', pmCyl: '월납' };
    await ask('POST', '/products', { prdcd, prdnm: '(무)재해사망보장', ...terms, ...periods }, 201);

    scene(
      '2. A customer asks what it costs. Plan asks product, which checks its limits; nothing is stored but the row.',
    );
    const who = { custNm, gndrCd: '1', aclBirdt: '19940101', phoneNo: '01012345678' };
    await online('plans', 'PLA001SVC', 'calcPrm', { prdcd, ...who });
    const named = `/mypages/search/findByCustNm?custNm=${encodeURIComponent(custNm)}`;
    await happens('myinsurance', 'shows the calculation', named, shows(['progSt', 'gndr']));
    const tooMuch = { svcId: 'PLA001SVC', svcFn: 'calcPrm', prdcd, ...who, entAmt: '100001' };
    await ask('POST', '/plans/online', tooMuch, 422);

    scene('3. The customer registers and saves a plan (가입설계). It gets the second of its creation as its number.');
    await ask('POST', '/customers', { custNo, ...who }, 201);
    const wish = { prdcd, prdnm: '(무)재해사망보장', custNo, custNm, sprm: '80000', entAmt: '50000' };
    const { ppsdsnNo } = await ask('POST', '/plans', { ppsdsnNo: '', ...wish, ...periods, progSt: '가입설계' }, 201);
    await happens('myinsurance', 'shows the plan', myPage, shows(['progSt', 'ppsdsnNo']));

    scene(
      '4. The customer wants the product description (상품설명서). Plan tells product, and product tells everybody.',
    );
    await online('plans', 'PLA003SVC', 'prodDesdIsue', { ppsdsnNo });
    const plan = `/plans/search/findByPpsdsnNo?ppsdsnNo=${ppsdsnNo}`;
    const described = ({ progSt }: Json): boolean => progSt === '상품설명서생성완료';
    await happens('plan', 'knows that it was issued', plan, shows(['progSt', 'prodDesdIsueDt'], described));
    await happens('myinsurance', 'shows it', myPage, shows(['progSt'], described));
    const messages = `/msgs/search/findByCustNo?custNo=${custNo}`;
    const aboutIssue = (answer: Json): string | undefined =>
      rows(answer).flatMap(({ message }) => (/PrductDesdCreated/.test(String(message)) ? [String(message)] : []))[0];
    await happens('alarm', 'tells the customer', messages, aboutIssue);

    scene(
      '5. The customer applies (청약). The first premium is paid before there is a contract: no contract without payment.',
    );
    const account = { actDcd: '01', fininCd: '004', fininNm: '국민은행', actNo: '1234567', achdNm: custNm };
    const { prpsNo } = await ask('POST', '/proposals', { ppsdsnNo, ...wish, ...account }, 201);
    const payment = `/payments/search/findByPrpsNo?prpsNo=${prpsNo}`;
    await happens('payment', 'has the premium', payment, shows(['status', 'payAmt']));
    await happens('myinsurance', 'shows the contract in the row of the plan', myPage, shows(['prpsStnm', 'contStnm']));

    scene('6. The customer asks for the contract; payment is asked whether it is paid.');
    await online('proposals', 'NBA001SVC', 'getCntr', { prpsNo });

    scene('7. The customer withdraws (청약철회). Payment hears of it and gives the premium back; the contract ends.');
    await online('proposals', 'NBA003SVC', 'wdrwPrps', { prpsNo });
    const canceled = ({ contStcd }: Json): boolean => contStcd === '40';
    await happens(
      'payment',
      'gave it back',
      payment,
      shows(['status'], ({ status }) => status === '결재취소'),
    );
    const contract = `/proposals/search/findByPrpsNo?prpsNo=${prpsNo}`;
    await happens('proposal', 'ended the contract', contract, shows(['prpsStnm', 'contStnm'], canceled));
    await happens('myinsurance', 'shows it', myPage, shows(['prpsStnm', 'contStnm'], canceled));
  },
};
