import { randomInt, randomUUID } from 'node:crypto';
import { type Answer, client, type Fields, rows, someone } from '../harness/client.ts';
import { eventually } from '../harness/system.ts';

/** The insurance system as its clients see it: requests to the gateway, and how far one customer has come. */

export const { GW, call, get, insist, newest, without, configured } = client('insurance');

const digits = (count: number): string => String(randomInt(10 ** (count - 1), 10 ** count));

/** yyyyMMdd, where services and tests are. */
export const today = (): string => {
  const now = new Date();
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  return parts.map((part) => String(part).padStart(2, '0')).join('');
};

const TERMS = {
  prdnm: '(무)재해사망보장',
  minEntAmt: 10000,
  maxEntAmt: 100000,
  minEntAge: 15,
  maxEntAge: 70,
  insPrd: '20년',
  pmPrd: '20년',
  pmCyl: '월납',
  prm: 80000,
};
export const termsOf = (fields: Fields = {}): Fields => ({ prdcd: `P${digits(8)}`, ...TERMS, ...fields });

/** Registers a product of its own code. */
export async function register(fields: Fields = {}): Promise<string> {
  const terms = termsOf(fields);
  expect(await call('POST', '/products', terms)).toMatchObject({ status: 201, body: terms });
  return terms.prdcd as string;
}

/** A customer nobody else has, so that a test finds its own records. */
export const person = (): { custNo: string; custNm: string } => ({ custNo: digits(9), custNm: someone('양건우') });

export const planRequest = (prdcd: string, fields: Fields = {}): Fields => ({
  ppsdsnNo: '',
  ppsdsnDt: '20210708',
  prdcd,
  prdnm: TERMS.prdnm,
  ...person(),
  slctPlnrEno: '1000000000',
  slctPlnrNm: '보험사',
  slctDofOrgNo: '999999',
  slctDofOrgNm: '사이버창구',
  insPrd: '20년',
  pmPrd: '20년',
  pmCyl: '월납',
  sprm: '80000',
  entAmt: '50000',
  progSt: '가입설계',
  ...fields,
});

export interface Plan extends Fields {
  readonly id: number;
  readonly ppsdsnNo: string;
}

export async function savePlan(fields: Fields = {}): Promise<Plan> {
  const { ppsdsnNo: _, ...request } = planRequest((fields.prdcd as string) ?? (await register()), fields);
  const answer = await call('POST', '/plans', { ppsdsnNo: '', ...request });
  const expected = { ...request, sprm: Number(request.sprm), entAmt: Number(request.entAmt) };
  expect(answer).toMatchObject({ status: 201, body: { ...expected, ppsdsnNo: expect.stringMatching(/^\d{14}$/) } });
  return answer.body as Plan;
}

/** What a remote procedure answers: docs/contracts/insurance.md#online */
export const online = (path: string, svcId: string, svcFn: string, args: Fields = {}): Promise<Answer> =>
  call('POST', `/${path}/online`, { svcId, svcFn, ...args });
export const calculate = (prdcd: string, args: Fields = {}): Promise<Answer> =>
  online('plans', 'PLA001SVC', 'calcPrm', {
    prdcd,
    custNm: someone('양건우'),
    gndrCd: '1',
    aclBirdt: '19940101',
    phoneNo: '01012345678',
    ...args,
  });
export const getPlan = async (ppsdsnNo: string, args: Fields = {}): Promise<Fields> =>
  (await online('plans', 'PLA002SVC', 'getPlan', { ppsdsnNo, ...args })).body.data as Fields;
export const describePlan = (ppsdsnNo: string): Promise<Answer> =>
  online('plans', 'PLA003SVC', 'prodDesdIsue', { ppsdsnNo });
export const contractOf = (prpsNo: string, args: Fields = {}): Promise<Answer> =>
  online('proposals', 'NBA001SVC', 'getCntr', { prpsNo, ...args });
export const withdraw = (prpsNo: string): Promise<Answer> => online('proposals', 'NBA003SVC', 'wdrwPrps', { prpsNo });
export const cancelPayment = (prpsNo: string): Promise<Answer> =>
  online('payments', 'PPA001SVC', 'cancelPay', { prpsNo });

export interface Proposal extends Fields {
  readonly id: number;
  readonly prpsNo: string;
  readonly custNo: string;
  readonly custNm: string;
}

export const proposalRequest = (fields: Fields = {}): Fields => ({
  ppsdsnNo: '20210708033005',
  prdcd: 'P00000005',
  prdnm: TERMS.prdnm,
  ...person(),
  slctPlnrEno: '1000000000',
  slctPlnrNm: '라이나',
  sprm: '80000',
  ...fields,
});

export async function apply(fields: Fields = {}): Promise<Proposal> {
  const answer = await call('POST', '/proposals', proposalRequest(fields));
  expect(answer).toMatchObject({
    status: 201,
    body: { prpsNo: expect.stringMatching(/^\d{14}$/), ...APPLIED, dpsDt: today() },
  });
  return answer.body as Proposal;
}

/** Applies as a client that was told to try later: again, with the same key, until it is taken. */
export async function applyInTheCrowd(): Promise<Proposal> {
  const answer = await insist('POST', '/proposals', proposalRequest(), { 'idempotency-key': randomUUID() });
  expect(answer).toMatchObject({ status: 201, body: APPLIED });
  return answer.body as Proposal;
}

export const APPLIED = { prpsStcd: '10', prpsStnm: '청약', contStcd: '30', contStnm: '초회납입' };
export const WITHDRAWN = { prpsStcd: '90', prpsStnm: '청약철회', contStcd: '40', contStnm: '결재취소' };

export const proposalsOf = async (prpsNo: string): Promise<Fields[]> =>
  rows(await get(`/proposals/search/findByPrpsNo?prpsNo=${prpsNo}`));
export const paymentsOf = async (prpsNo: string): Promise<Fields[]> =>
  rows(await get(`/payments/search/findByPrpsNo?prpsNo=${prpsNo}`));
export const paymentsBy = async (custNo: string): Promise<Fields[]> =>
  rows(await get(`/payments/search/findByCustNo?custNo=${custNo}`));
export const pagesOf = async (custNo: string): Promise<Fields[]> =>
  rows(await get(`/mypages/search/findByCustNo?custNo=${custNo}`));
/** Texts of the messages a customer got, in alphabetical order. */
export const messagesTo = async (custNo: string): Promise<string[]> =>
  rows<{ message: string }>(await get(`/msgs/search/findByCustNo?custNo=${custNo}`))
    .map(({ message }) => message)
    .sort();

/** Waits until proposal, its one payment and its one row in the view are in these states. */
export const ends = ({ prpsNo, custNo }: Proposal, states: Fields, status: string, limitMs?: number): Promise<void> =>
  eventually(async () => {
    expect(await proposalsOf(prpsNo)).toMatchObject([{ prpsNo, ...states }]);
    expect(await paymentsOf(prpsNo)).toMatchObject([{ prpsNo, status }]);
    expect((await pagesOf(custNo)).filter((page) => page.prpsNo === prpsNo)).toMatchObject([states]);
  }, limitMs);

/** Waits until each of these customers has a contract and its payment, or neither; answers how many have. */
export const inOrder = (customers: readonly string[], limitMs?: number): Promise<number> =>
  eventually(async () => {
    let contracts = 0;
    for (const custNo of customers) {
      const proposals = rows(await get(`/proposals/search/findByCustNo?custNo=${custNo}`));
      const payments = await paymentsBy(custNo);
      const paid = payments.filter(({ status }) => status === '결재완료').map(({ prpsNo }) => prpsNo);
      const concluded = proposals.filter(({ contStcd }) => contStcd === '30').map(({ prpsNo }) => prpsNo);
      expect({ custNo, paid: paid.sort() }).toEqual({ custNo, paid: concluded.sort() });
      contracts += concluded.length;
    }
    return contracts;
  }, limitMs);
