import fc from 'fast-check';
import type { DomainEvent, Facts, Policy, Reaction, Received } from '../../kit/index.ts';
import { achieveMission } from '../mission/domain.ts';
import { allocate } from '../reward/domain.ts';
import { exchange, issue } from '../wallet/domain.ts';
import { Reward } from './domain.ts';
import { policies } from './policies.ts';
import { type Mypage, mypage } from './views.ts';

const mission = achieveMission(3, { customerId: 11, status: 'Achieved' });
const allocated = allocate({ id: 3, customerId: 11, status: 'Achieved' })(7);
const issued = issue({ id: 7, customerId: 11, missionId: 3, status: 'RewardAllocated' })(5);
const exchanged = exchange(issued.state!)!;

const received = ([event]: readonly DomainEvent[], version: number): Received => {
  const { type, data } = event!;
  return { id: `${type}-${version}`, type, data, subject: '', version, traceparent: undefined };
};
const achievedEvent = received(mission.events, 1);
const allocatedEvent = received(allocated.events, 1);
const issuedEvent = received(issued.events, 1);
const exchangedEvent = received(exchanged.events, 2);
const all = [achievedEvent, allocatedEvent, issuedEvent, exchangedEvent];

/** Mypage with its two records, of the reward and of the row, as the kit drives it. */
class Page {
  private reward: Reward | undefined;
  private readonly known = new Set<string>();
  private version = 0;
  private facts: Facts | null = null;
  /** What mypage told itself and has not heard yet. */
  readonly told: Received[] = [];

  hear(event: Received): void {
    const about = ([...policies, ...mypage.policies] as Policy[]).filter((policy) => policy.event.type === event.type);
    for (const policy of about)
      for (const reaction of [policy.react(event as Received<never>)].flat() as Reaction[]) this.apply(reaction, event);
  }

  private apply(reaction: Reaction, event: Received): void {
    if (reaction.mode === 'project') {
      this.facts = (reaction.decide(this.facts as never, 1)?.state as Facts | undefined) ?? this.facts;
      return;
    }
    expect(reaction).toMatchObject({ kind: Reward, key: 7 });
    if (this.known.has(event.id) || (reaction.mode === 'create') === (this.reward !== undefined)) return;
    const decision = reaction.decide(this.reward as never, 7);
    if (!decision) return;
    this.known.add(event.id);
    this.reward = decision.state as unknown as Reward;
    this.version++;
    if (decision.events.length > 0) this.told.push(received(decision.events, this.version));
  }

  get row(): Mypage | undefined {
    return this.facts ? mypage.row(this.facts) : undefined;
  }
}

function rowAfter(events: readonly Received[]): Mypage | undefined {
  const page = new Page();
  for (const event of events) page.hear(event);
  for (const event of page.told) page.hear(event);
  return page.row;
}

const row = { id: 1, missionId: 3, customerId: 11, missionStatus: 'Achieved' };

test.each([
  [[achievedEvent], { rewardId: null, rewardStatus: null }],
  [[achievedEvent, allocatedEvent], { rewardId: 7, rewardStatus: null }],
  [[achievedEvent, allocatedEvent, issuedEvent], { rewardId: 7, rewardStatus: 'Issued' }],
  [all, { rewardId: 7, rewardStatus: 'Exchanged' }],
])(
  'given a mission, when its events come one after the other, then the page shows each step (%#)',
  (events, fields) => {
    expect(rowAfter(events)).toEqual({ ...row, ...fields });
  },
);

test('given what the wallet tells, when it comes before the reward is known, then there is no page, and it is not lost', () => {
  expect(rowAfter([issuedEvent, exchangedEvent])).toBeUndefined();
  expect(rowAfter([exchangedEvent, issuedEvent, allocatedEvent])).toEqual({
    ...row,
    rewardId: 7,
    rewardStatus: 'Exchanged',
  });
});

test('given an exchanged reward, when Issued comes late, then it stays Exchanged', () => {
  expect(rowAfter([achievedEvent, allocatedEvent, exchangedEvent, issuedEvent])?.rewardStatus).toBe('Exchanged');
});

test('given the events in any order, any number of times and late, when all came, then the page is the same', () => {
  const expected = rowAfter(all);
  const repeated = fc.array(fc.constantFrom(...all), { maxLength: 12 });
  const order = fc.shuffledSubarray(all, { minLength: all.length });
  fc.assert(
    fc.property(order, repeated, fc.infiniteStream(fc.nat()), (shuffled, again, choices) => {
      const page = new Page();
      // What it tells itself comes sometime: between the others, after all, in any order, twice.
      const pending = [...shuffled, ...again];
      for (let event = pending.shift(); event; event = pending.shift()) {
        page.hear(event);
        for (const late of page.told.splice(0)) {
          pending.splice(choices.next().value % (pending.length + 1), 0, late);
          pending.splice(choices.next().value % (pending.length + 1), 0, late);
        }
      }
      expect(page.row).toEqual(expected);
    }),
  );
});
