import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../harness/client.ts';
import { eventually, home, LONG, run } from '../../harness/system.ts';
import { followed } from '../../harness/topic.ts';
import { completes, register, registered, slow } from '../client.ts';

/** Compares how many calls end within 610 ms with retry and without: it plays alone, since whatever else the machine does makes calls longer. */

/** For one crowd: where calls are slow the breaker is open most of the time. */
const MOST_MS = 60_000;

const topic = followed('academy');

test(
  '27. given retry and a payment of 400 to 620 ms, when ten keep registering, then more succeed and nobody pays twice',
  async () => {
    const policies = join(home, 'resiliency/academy-registration.yaml');
    const asItWas = await readFile(policies, 'utf8');
    const inForce = async (text: string): Promise<void> => {
      await writeFile(policies, text);
      await run('restart', 'academy-registration', '--sidecar');
      await eventually(() => registered(1), 60_000);
      // The first calls of a sidecar that has just started take longer: on a busy machine they alone open the breaker.
      for (let round = 0; round < 2; round++) await Promise.all(Array.from({ length: 10 }, () => registered(1)));
    };
    const crowd = async (): Promise<{ ids: number[]; share: number }> => {
      const student = async (): Promise<Answer[]> => {
        const answers: Answer[] = [];
        for (const end = Date.now() + MOST_MS; answers.length < 20 && Date.now() < end; ) {
          const answer = await register(1);
          // Refused at once: the breaker is open, payment was not asked, so retry had no part in it.
          if (answer.status === 503 && answer.ms < 500)
            await sleep(1_000 * Number(answer.headers.get('retry-after') ?? 1));
          else answers.push(answer);
        }
        return answers;
      };
      const answers = (await Promise.all(Array.from({ length: 10 }, student))).flat();
      const ids = answers.flatMap(({ status, body }) => (status === 201 ? [body.id as number] : []));
      return { ids, share: ids.length / answers.length };
    };
    await slow({ PAYMENT_DELAY_MS: 400, PAYMENT_DELAY_SPREAD_MS: 220 }, async () => {
      await eventually(async () => expect((await register(1)).ms).toBeGreaterThan(400));
      const before = await crowd();
      try {
        await inForce(asItWas.replace(/^( +)circuitBreaker: payment$/m, '$&\n$1retry: payment'));
        const after = await crowd();
        expect(before.share).toBeLessThan(1);
        // How many more depends on what a call takes here beside the delay: 610 ms are near the longest delay.
        expect(after.share).toBeGreaterThan(before.share);
        for (const id of [...before.ids, ...after.ids]) await completes(id, 60_000);
      } finally {
        await inForce(asItWas);
      }
    });
    const paid = topic.published.filter(({ event }) => event.type === 'PaymentCompleted');
    const payments = new Set(paid.map(({ event }) => event.id));
    expect(payments.size).toBe(new Set(paid.map(({ event }) => event.data.courseId)).size);
  },
  LONG,
);
