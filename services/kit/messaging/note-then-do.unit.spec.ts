import { z } from 'zod';
import { aggregate, CalleeUnavailable, decided, event, noteThenDo, Unavailable, whenever } from '../index.ts';
import { handling } from '../testing/handling.ts';

interface Message {
  readonly id: number;
  readonly about: string;
  readonly status: 'noted' | 'sent';
}
const Message = aggregate<Message>('Message', { keyedBy: 'about' });
const Achieved = event('Achieved', z.object({ about: z.string() }));

/** A service that sends one message for each event; `sent` are those that went out. */
async function sending() {
  const sent: string[] = [];
  const outside = { fails: false };
  const on = await handling(({ records }) => [
    whenever(Achieved, async ({ about }, { id }) => {
      await noteThenDo(records, Message, {
        key: about,
        cause: id,
        note: (number) => decided({ id: number, about, status: 'noted' }),
        isDone: ({ status }) => status === 'sent',
        effect: async () => {
          if (outside.fails) throw new CalleeUnavailable('notice', 'down', false);
          sent.push(about);
        },
        done: (message) => decided({ ...message, status: 'sent' }),
      });
      return [];
    }),
  ]);
  return { on, sent, outside, achieved: on.event('e1', 'Achieved', { about: 'a' }) };
}

test('given an event, when it comes three times, then the message goes out once', async () => {
  const { on, sent, achieved } = await sending();
  for (let times = 0; times < 3; times++) await on.consumer.take([achieved]);
  expect(sent).toEqual(['a']);
  expect(on.states('Message')).toMatchObject([{ status: 'sent' }]);
});

test('given a store that takes no writes, when the event comes again and again, then nothing goes out before it is noted', async () => {
  const { on, sent, achieved } = await sending();
  const { create, change } = on.records;
  const away = async (): Promise<never> => {
    throw new Unavailable('read-only');
  };
  on.records.create = away;
  expect(await on.consumer.take([achieved])).toEqual(['RETRY']);
  expect(sent).toEqual([]);
  Object.assign(on.records, { create, change: away });
  for (let times = 0; times < 3; times++) expect(await on.consumer.take([achieved])).toEqual(['RETRY']);
  expect(sent).toEqual(['a']);
  on.records.change = change;
  expect(await on.consumer.take([achieved])).toEqual(['SUCCESS']);
  expect(sent).toEqual(['a']);
  expect(on.states('Message')).toMatchObject([{ status: 'sent' }]);
});

test('given an effect that fails, when it works again, then the message goes out, and it was noted before', async () => {
  const { on, sent, outside, achieved } = await sending();
  outside.fails = true;
  expect(await on.consumer.take([achieved])).toEqual(['SUCCESS']);
  expect(on.states('Message')).toMatchObject([{ status: 'noted' }]);
  expect(on.states('Deferred')).toMatchObject([{ callee: 'notice' }]);
  outside.fails = false;
  await on.clock.pass(2_000);
  expect(sent).toEqual(['a']);
  expect(on.states('Message')).toMatchObject([{ status: 'sent' }]);
});
