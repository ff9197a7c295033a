import { ClientGone } from '../kit/index.ts';
import { SETTINGS, type Settings } from './settings.ts';
import { ask, closeAll, configured, expectProblem, open, Raw, said, silence, text, until } from './testing.ts';
import { Turns } from './turns.ts';

/** Nobody waits behind the many requests of another, and nobody waits long. */

afterEach(closeAll);

const OTHER = '127.0.0.2';

/** A service that works one request after the other; says how many were before each. */
function oneByOne(): { before: Map<string, number>; answer: Parameters<typeof open>[1] } {
  const before = new Map<string, number>();
  let queued = 0;
  let end = Promise.resolve();
  return {
    before,
    async answer({ path }) {
      before.set(path, queued++);
      const turn = end.then(() => new Promise<void>((resolve) => setTimeout(resolve, 3)));
      end = turn;
      await turn;
      queued--;
      return said(200, path);
    },
  };
}

describe('given an address with 30 connections that send lists of requests without waiting', () => {
  test('when another asks, then at most its part is before it, and the former gets every answer in order', async () => {
    const { before, answer } = oneByOne();
    const entrance = await open({}, answer);
    const each = 12;
    const many = await Promise.all(Array.from({ length: 30 }, () => Raw.open(entrance)));
    many.forEach((raw, connection) => {
      const list = Array.from({ length: each }, (_, at) => text('GET', `/courses/${connection * 100 + at}`));
      raw.send(list.join(''));
    });
    for (let n = 0; n < 4; n++) {
      const { status } = await ask(entrance, text('GET', `/courses/other${n}`), OTHER);
      expect(status).toBe(200);
    }
    const late = [...before].filter(([path]) => /other[1-3]$/.test(path)).map(([, queued]) => queued);
    expect(late).toHaveLength(3);
    expect(Math.max(...late)).toBeLessThanOrEqual(16);
    for (const [connection, raw] of many.entries()) {
      const answers = await raw.answered(each, 20_000);
      const numbers = answers.map(({ body }) => Number(body.split('/').at(-1)));
      expect(answers.map(({ status }) => status)).toEqual(Array(each).fill(200));
      expect(numbers).toEqual(Array.from({ length: each }, (_, at) => connection * 100 + at));
    }
  });
});

describe('given all that may be worked is in work', () => {
  const one = { GATEWAY_IN_WORK: 1 };

  test('when a request has waited its time, then 503 with Retry-After, and nothing goes on', async () => {
    const entrance = await open(configured({ ...one, GATEWAY_QUEUE_MS: 100 }), silence);
    (await Raw.open(entrance)).send(text('GET', '/courses'));
    await until(
      () => entrance.asked.length === 1,
      2_000,
      () => 'not asked',
    );
    const late = await ask(entrance, text('POST', '/courses', {}, '{}'));
    expectProblem(late, 503);
    expect(late.headers['retry-after']).toBe('1');
    expect(entrance.asked).toHaveLength(1);
  });

  test('when the client that waits is gone, then its request is not worked', async () => {
    const turns = new Turns(() => ({ ...SETTINGS, ...one }));
    let leaves: () => void = () => undefined;
    const asking = (address: string) => ({
      address,
      whenGone(end: () => void) {
        leaves = end;
      },
    });
    expect(turns.enter(asking('a'))).toBeUndefined();
    const waits = turns.enter(asking('b'));
    leaves();
    await expect(waits).rejects.toBeInstanceOf(ClientGone);
    turns.leave('a');
    expect(turns.enter(asking('c'))).toBeUndefined();
  });

  test('when addresses wait with lists, then they are served in turn', async () => {
    const turns = new Turns(() => ({ ...SETTINGS, ...one }));
    const served: string[] = [];
    const enter = (address: string): void => void turns.enter({ address, whenGone })?.then(() => served.push(address));
    for (const address of ['a', 'a', 'a', 'a', 'b', 'b', 'c']) enter(address);
    for (const address of ['a', 'a', 'b', 'c', 'a', 'b', 'a']) {
      turns.leave(address);
      await flushed();
    }
    expect(served).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
  });
});

test('given five times the load a service can bear, when it is shed, then who is served waits little', async () => {
  const workMs = 20;
  const terms = { ...SETTINGS, GATEWAY_IN_WORK: 4, GATEWAY_QUEUE_MS: 25 };
  const { accepted, refused } = await simulated(terms, { places: 4, workMs, everyMs: workMs / 4 / 5, requests: 4_000 });
  const sorted = accepted.toSorted((a, b) => a - b);
  expect(sorted[Math.ceil(sorted.length * 0.99) - 1]).toBeLessThanOrEqual(3 * workMs);
  expect(accepted.length).toBeGreaterThan(0.9 * (4_000 / 5));
  expect(accepted.length + refused).toBe(4_000);
});

/**
 * Requests at even distances to a service that works `places` at once and queues the others, in a time of its own.
 * @returns how long each accepted one took, in milliseconds
 */
async function simulated(
  terms: Settings,
  { places, workMs, everyMs, requests }: { places: number; workMs: number; everyMs: number; requests: number },
): Promise<{ accepted: number[]; refused: number }> {
  let now = 0;
  const turns = new Turns(
    () => terms,
    () => now,
  );
  const events: { at: number; run: () => void }[] = [];
  const free = Array<number>(places).fill(0);
  const accepted: number[] = [];
  let refused = 0;
  const work = (address: string, came: number): void => {
    free.sort((a, b) => a - b);
    const at = Math.max(now, free[0] ?? 0) + workMs;
    free[0] = at;
    events.push({
      at,
      run: () => {
        accepted.push(now - came);
        turns.leave(address);
      },
    });
  };
  for (let n = 0; n < requests; n++)
    events.push({
      at: n * everyMs,
      run: () => {
        const address = `10.0.0.${n % 7}`;
        const came = now;
        const wait = turns.enter({ address, whenGone });
        if (!wait) work(address, came);
        else
          wait.then(
            () => work(address, came),
            () => refused++,
          );
      },
    });
  while (events.length > 0 || refused + accepted.length < requests) {
    events.sort((a, b) => b.at - a.at);
    const next = events.pop();
    now = next?.at ?? now + terms.GATEWAY_QUEUE_MS;
    next?.run();
    if (!next) turns.look(now);
    await flushed();
  }
  return { accepted, refused };
}

const whenGone = (): void => undefined;

async function flushed(): Promise<void> {
  for (let n = 0; n < 4; n++) await Promise.resolve();
}
