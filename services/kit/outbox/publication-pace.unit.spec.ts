import { Lives, making } from '../testing/lives.ts';

/** A life of an instance; `sent`: when each publication went out, and how many events it had. */
async function publishing() {
  const lives = new Lives();
  const sent: [number, number][] = [];
  const began = lives.clock.now();
  const { work } = await lives.life({
    before: ({ kind, body }) => {
      if (kind === 'publish') sent.push([lives.clock.now() - began, (JSON.parse(body) as unknown[]).length]);
      return undefined;
    },
  });
  await work.outbox.start();
  return { lives, work, sent };
}

test('given a change every 2 ms, when they go on, then their events go out together every 15 ms, none later than that', async () => {
  const { lives, work, sent } = await publishing();
  for (let turn = 0; turn < 60; turn++) {
    void work.commit(making(`A${turn}`));
    await lives.clock.pass(2);
  }
  await lives.clock.pass(15);
  expect(sent.slice(0, 3).map(([at]) => at)).toEqual([0, 2, 4]);
  const later = sent.slice(3).map(([at], index) => at - sent[index + 2]![0]);
  expect(later.every((gap) => gap >= 11 && gap <= 15)).toBe(true);
  expect(sent.length).toBeLessThan(13);
  expect(lives.published()).toHaveLength(60);
});

test('given a pause, when changes follow each other, then their events go out at once', async () => {
  const { lives, work, sent } = await publishing();
  for (const round of [1, 2, 3]) {
    await lives.clock.pass(100);
    void work.commit(making(`A${round}`, ['First', 'Second']));
    await lives.clock.pass(1);
  }
  expect(sent.map(([, events]) => events)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('given many events of one document, when they wait for each other, then they wait for no company', async () => {
  const { lives, work } = await publishing();
  void work.commit(
    making(
      'A',
      Array.from({ length: 200 }, (_, index) => `Event${index}`),
    ),
  );
  await lives.clock.pass(20);
  expect(lives.published()).toHaveLength(200);
});

test('given events that wait for company, when the instance ends, then they go out at once', async () => {
  const { lives, work, sent } = await publishing();
  for (let turn = 0; turn < 5; turn++) await work.commit(making(`A${turn}`));
  expect(lives.published().length).toBeLessThan(5);
  void work.close();
  await lives.clock.pass(0);
  expect([lives.published().length, sent.at(-1)?.[0]]).toEqual([5, 0]);
});
