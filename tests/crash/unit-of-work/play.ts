import { faults, type Seen, unfinished } from './judge.ts';
import { hangs, ProcessRun, undisturbed } from './process-run.ts';
import type { Orders } from './protocol.ts';
import type { StoreFixture } from './stores.ts';

/** A scenario with one trouble at one call. */
export interface Case extends Pick<Orders, 'trouble' | 'at' | 'countFrom'> {
  readonly scenario: string;
}

/** Lives of a scenario whose calls are counted: on a slow machine one renews its lease, or shares less, and makes more calls. */
const COUNTED = 3;

/** Plays a case. @returns what is wrong, and whether the trouble came at all: a case whose call is never made shows nothing */
export async function play(store: StoreFixture, one: Case): Promise<{ found: string[]; met: boolean }> {
  const { scenario, countFrom } = one;
  const { first, found } = await troubled(store, one);

  const second = new ProcessRun({ ...undisturbed(store, scenario), life: 'recover' });
  if (!(await second.waitFor('recovered')) || !second.said('recovered')) found.push('the second life did not recover');
  const between = await store.look();
  found.push(...faults(between, scenario));
  const intended = first.said('intended');
  if (intended && !between.documents.has(`Thing-${String(intended.id)}`)) found.push('an intent was lost');
  if (first.said('done') && countFrom === 'command' && scenario !== 'abandon')
    found.push(...unfinished(between.documents, scenario).map((fault) => `answered, and yet ${fault}`));
  second.goOn();
  await second.ended;
  found.push(...hangs({ 'the second life': second }));
  if (!second.said('done')) found.push(`trying again failed: ${JSON.stringify(second.said('failed'))}`);
  const after = await store.look();
  const wrong = [...faults(after, scenario), ...unfinished(after.documents, scenario)];
  found.push(...wrong.map((fault) => `after trying again, ${fault}`));
  if (found.length > 0) tell(store, one, found, { first, second }, after);
  return { found, met: first.said('trouble') !== undefined };
}

/** The first life of a case. @returns with what is wrong with how it ended */
async function troubled(store: StoreFixture, one: Case): Promise<{ first: ProcessRun; found: string[] }> {
  const { scenario, trouble, countFrom } = one;
  const found = await before(store, scenario, countFrom);
  const first = new ProcessRun({
    ...undisturbed(store, scenario),
    ...one,
    scenario: countFrom === 'start' ? 'nothing' : scenario,
  });
  const end = await first.ended;
  const kills = ['before', 'mid', 'after'].includes(trouble) || scenario === 'pair';
  if (first.hung) found.push(...hangs({ 'the first life': first }));
  else if (kills ? end !== 'SIGKILL' && first.said('trouble') : end !== '0' && countFrom === 'command')
    found.push(`the first life ended with ${end}`);
  return { first, found };
}

/** Clears the store; before a life whose start is disturbed, another one leaves it something to recover. @returns what is wrong with that */
async function before(store: StoreFixture, scenario: string, countFrom: Case['countFrom']): Promise<string[]> {
  await store.clear();
  if (countFrom !== 'start') return [];
  const earlier = new ProcessRun({ ...undisturbed(store, scenario), mute: true });
  await earlier.waitFor('done');
  await earlier.kill();
  return earlier.said('done') ? [] : ['the earlier life did not do its work'];
}

function tell(
  { name }: StoreFixture,
  { scenario, trouble, at, countFrom }: Case,
  found: readonly string[],
  { first, second }: { first: ProcessRun; second: ProcessRun },
  { documents, published }: Seen,
): void {
  console.log(
    [
      `VIOLATION ${name}: ${scenario}, ${trouble} call ${at} counted from ${countFrom}`,
      ...found.map((fault) => `   ${fault}`),
      '   first life:',
      first.account(),
      '   second life:',
      second.account(),
      '   documents:',
      ...[...documents]
        .filter(([key]) => !key.startsWith('outbox-'))
        .map(([key, document]) => `      ${key} ${JSON.stringify(document)}`),
      '   published:',
      ...published.map(({ id, type }) => `      ${id} ${type}`),
    ].join('\n'),
  );
}

/** How many calls a scenario makes at least when nothing goes wrong. */
export async function callsOf(store: StoreFixture, scenario: string, countFrom: Case['countFrom']): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let life = 0; life < COUNTED; life++) least = Math.min(least, await callsOfLife(store, scenario, countFrom));
  if (least === 0) throw new Error(`${store.name}: ${scenario} counted from ${countFrom} made no call`);
  return least;
}

async function callsOfLife(store: StoreFixture, scenario: string, countFrom: Case['countFrom']): Promise<number> {
  const { first, found } = await troubled(store, { scenario, countFrom, at: 0, trouble: 'none' });
  if (found.length > 0) throw new Error(`${store.name}: ${scenario} counted from ${countFrom}: ${found}`);
  return Number((first.said('closed') ?? first.said('done'))?.calls ?? 0);
}
