import { type Answer, expectTryLater } from '../../harness/client.ts';
import { eventually, LONG } from '../../harness/system.ts';
import { apply, call, configured, contractOf, inOrder, proposalRequest, savePlan } from '../client.ts';

/** A crowd at a payment that is slow: it plays alone, since whatever else the machine does makes calls longer. */

/** What payment costs in the exercise. */
const slow = <T>(work: () => Promise<T>): Promise<T> =>
  configured({ PAYMENT_DELAY_MS: '1300' }, { PAYMENT_DELAY_MS: '0' }, work);

/** Payment is as slow as it was told to be. */
const untilSlow = (prpsNo: string): Promise<void> =>
  eventually(async () => expect((await contractOf(prpsNo)).ms).toBeGreaterThan(1_200), 40_000);

test(
  '21-23. given payment takes 1.3 s, when sixty ask at once, then the excess is refused at once and it recovers by itself',
  async () => {
    const { prpsNo } = await apply();
    await slow(async () => {
      await untilSlow(prpsNo);
      const many = (count: number): Promise<Answer[]> =>
        Promise.all(Array.from({ length: count }, () => contractOf(prpsNo)));
      const served = async (count: number): Promise<void> =>
        expect((await many(count)).filter(({ status }) => status !== 200)).toEqual([]);
      // A machine that is busy with something else may need more than the 0.7 s there are left.
      for (const count of [1, 10]) await eventually(() => served(count), 60_000);
      const refused: Answer[] = [];
      await eventually(async () => {
        const answers = await many(60);
        refused.push(...answers.filter(({ status }) => status !== 200));
        expect(answers.filter(({ status, ms }) => status === 503 && ms < 1_000).length).toBeGreaterThan(30);
      }, 30_000);
      for (const answer of refused) expectTryLater(answer);
      expect((await savePlan()).progSt).toBe('가입설계');
      await eventually(() => served(10), 60_000);
    });
  },
  2 * LONG,
);

test(
  '16, 21. given payment is too slow for all, when many apply, then those who are refused have neither contract nor payment',
  async () => {
    const { prpsNo } = await apply();
    const requests = Array.from({ length: 40 }, () => proposalRequest());
    const customers = requests.map(({ custNo }) => custNo as string);
    const answers = await slow(async () => {
      await untilSlow(prpsNo);
      return Promise.all(requests.map((request) => call('POST', '/proposals', request)));
    });
    const made = answers.filter(({ status }) => status === 201).length;
    for (const answer of answers) if (answer.status !== 201) expectTryLater(answer);
    expect(made).toBeLessThan(40);
    // The last of those who were given up would have paid by now.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await inOrder(customers, 60_000)).toBe(made);
    await eventually(() => apply(), 30_000);
    expect(await inOrder(customers)).toBe(made);
  },
  LONG,
);
