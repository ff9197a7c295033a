import { z } from 'zod';
import { routes } from '../../services/gateway/routes.ts';
import { randomFrom } from '../crash/parts.ts';
import { eventAttack, type JsonSchema, LARGEST, SOURCE, sample } from './event-attacks.ts';
import { greedyAttack, type HttpAttack, singleAttack } from './http-attacks.ts';
import type { Answer } from './player.ts';
import { bodies, type Terrain } from './terrain.ts';
import { faultOf } from './verdict.ts';

const terrain: Terrain = {
  system: 'rental',
  paths: Object.keys(routes.rental ?? {}),
  bodies: bodies.rental ?? {},
};
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));
const declared = [
  { type: 'Delivered', schema: z.object({ id: z.int(), rentalId: z.int(), status: z.enum(['DELIVERED']) }) },
];

const attack: HttpAttack = {
  ...{ kind: 'path', about: 'GET /rentals/x', sends: [], sockets: 1, reads: 'all', leavesAfterMs: 0 },
  ...{ answerDue: true, mayBeTurnedAway: false },
};
const answered = (text: string, statuses: number[], waitedInVain = false): Answer => ({
  text,
  statuses,
  waitedInVain,
  ms: 1,
});

describe('given a seed', () => {
  it('when attacks are made twice, then they are the same', () => {
    const made = (seed: number) => {
      const random = randomFrom(seed);
      const attacks = times(200, () => [singleAttack(random, terrain), greedyAttack(random, terrain)]).flat();
      return attacks.map(({ about, sends }) => `${about} ${sends.map(({ bytes }) => bytes.length).join()}`);
    };
    expect(made(7)).toEqual(made(7));
    expect(made(7)).not.toEqual(made(8));
  });
});

describe('given the public paths of a system', () => {
  it('when many attacks are made, then every kind is among them, none is endless and none larger than 6 MB', () => {
    const random = randomFrom(1);
    const made = times(1500, () => [singleAttack(random, terrain), greedyAttack(random, terrain)]).flat();
    expect(new Set(made.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(24);
    for (const { sends, leavesAfterMs, sockets } of made) {
      const [bytes, ms] = sends.reduce(([size, wait], one) => [size + one.bytes.length, wait + one.pauseMs], [0, 0]);
      expect(bytes).toBeLessThan(6_000_000);
      expect(ms + leavesAfterMs).toBeLessThan(20_000);
      expect(sockets).toBeLessThanOrEqual(64);
    }
  });

  it.each(Object.keys(bodies))('when %s is attacked, then each body belongs to a public path', (system) => {
    const known = Object.keys(routes[system] ?? {});
    for (const path of Object.keys(bodies[system] ?? {})) expect(known.some((one) => path.startsWith(one))).toBe(true);
  });
});

describe('given an event as it is declared', () => {
  it('when a value is sampled, then its schema takes it', () => {
    const random = randomFrom(3);
    for (const { schema } of declared)
      times(50, () =>
        expect(schema.safeParse(sample(random, z.toJSONSchema(schema) as JsonSchema)).success).toBe(true),
      );
  });

  it('when messages are made, then each fits the broker, and none that is readable poses as one of the system', () => {
    const random = randomFrom(5);
    const made = times(800, (n) =>
      eventAttack(random, declared, { system: 'rental', largest: LARGEST.full, number: String(n) }),
    );
    expect(new Set(made.map(({ kind }) => kind)).size).toBeGreaterThan(18);
    for (const { bytes } of made) {
      expect(bytes.length).toBeLessThanOrEqual(1_100_000);
      if (bytes.includes('"source"'))
        expect(bytes.includes(`"source":"${SOURCE}"`) || !bytes.includes('"source":"rental')).toBe(true);
    }
  });
});

describe('given answers to an attack', () => {
  const problem = 'HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\nx-request-id: 1\r\n\r\n{}';
  it.each([
    ['a refusal with its problem body', answered(problem, [404]), undefined],
    ['an error of the server', answered(problem, [500]), /answered 500/],
    ['"try again" for what can never succeed', answered(problem, [503]), /answered 503/],
    ['bare text', answered('HTTP/1.1 431 x\r\n\r\n431', [431]), /without a problem body/],
    ['nothing, and the connection broken', answered('', []), /breaks without an answer/],
    ['nothing at all', answered('', [], true), /no answer/],
    ['a stack', answered(`${problem} at f (/a/b.ts:1:2)`, [404]), /shows/],
    ['a text of the sidecar', answered(`${problem} ERR_DIRECT_INVOKE`, [404]), /shows/],
  ])('when it is %s, then that is judged', (_, answer, expected) => {
    const fault = faultOf(attack, [answer]);
    if (expected) expect(fault).toMatch(expected);
    else expect(fault).toBeUndefined();
  });
});
