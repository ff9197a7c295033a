import type { Document, PublishedEvent } from '../snapshot.ts';

/** What stands in the store of a service, by key, and on its topic. */
export interface Seen {
  readonly appId: string;
  readonly documents: ReadonlyMap<string, Document>;
  readonly published: readonly PublishedEvent[];
}

type Documents = Seen['documents'];

/** Which events each change of a thing tells, by scenario. */
const PUBLISHES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  create: [['ThingMade', 'ThingNoted']],
  change: [['ThingMade', 'ThingNoted'], ['ThingChanged']],
  remove: [['ThingMade', 'ThingNoted'], ['ThingGone']],
  crowd: [['ThingMade', 'ThingNoted']],
  pair: [['ThingMade', 'ThingNoted']],
};
/** In these an intent decides in one change whether there is a thing. */
const INTENDED: ReadonlySet<string> = new Set(['enrol', 'abandon']);
/** How many things there are when a scenario is done. */
const THINGS: Readonly<Record<string, number>> = { create: 1, change: 1, enrol: 1, abandon: 1, crowd: 12, pair: 3 };

const isRecord = (key: string): boolean => /^(Thing|Order-of|Row-of)-\d+$/.test(key);

/** Everything wrong with what stands in the store and on the topic: a change that was not told, or what was told and is no change. */
export function faults(seen: Seen, scenario: string): string[] {
  // Of a batch, an event may be applied in a change of its own when something went wrong: what counts is which were told.
  const found = scenario === 'batch' ? [...ofBatch(seen), ...pointers(seen.documents)] : ofThings(seen, scenario);
  return [...found, ...twice(seen.documents)];
}

/** What is missing or too much when everything was tried until it succeeded. */
export function unfinished(documents: Documents, scenario: string): string[] {
  const alive = (kind: string): Document[] =>
    [...documents].flatMap(([key, document]) =>
      isRecord(key) && key.startsWith(kind) && document.state ? [document] : [],
    );
  const count = THINGS[scenario] ?? 0;
  const found = alive('Thing').length === count ? [] : [`${alive('Thing').length} things instead of ${count}`];
  if (scenario === 'change' && alive('Thing')[0]?.state?.name !== 'made+')
    found.push('the change is missing or doubled');
  if (scenario === 'batch') {
    const is = alive('Order-of').map(({ state }) => `${state!.thingId}:${state!.name}:${state!.status}`);
    const should = ['1:changed:OPEN', '2:made:CANCELED', '3:made:CANCELED'];
    if (is.sort().join() !== should.join()) found.push(`orders are ${is} instead of ${should}`);
    if (alive('Row-of').length !== 3) found.push(`${alive('Row-of').length} view rows instead of 3`);
  }
  return found;
}

/** Each change of a thing told its events, and there are no others. */
function ofThings({ appId, documents, published }: Seen, scenario: string): string[] {
  const found: string[] = [];
  const expected = new Map<string, string>();
  for (const [key, { state, version }] of documents) {
    if (!isRecord(key)) continue;
    const changes = INTENDED.has(scenario) ? [[state ? 'ThingMade' : 'ThingGone']] : PUBLISHES[scenario];
    if (!changes || !key.startsWith('Thing-')) {
      found.push(`${key} should not exist`);
      continue;
    }
    if (version > changes.length) found.push(`${key} was changed ${version} times`);
    changes.slice(0, version).forEach((types, index) => {
      types.forEach((type, n) => void expected.set(`${appId}/${key}/${index + 1}.${n}`, type));
    });
  }
  for (const [id, type] of expected)
    if (!published.some((event) => event.id === id && event.type === type))
      found.push(`${id} (${type}) was not published`);
  for (const { id, type } of published)
    if (expected.get(id) !== type) found.push(`${id} (${type}) was published and did not happen`);
  return found;
}

/** Which of the batch's events must have been told, by the state of its records. */
function ofBatch({ appId, documents, published }: Seen): string[] {
  const found: string[] = [];
  const known = new Map(published.map((event) => [event.id, event]));
  const count = (key: string, type: string): number =>
    [...known.values()].filter((event) => event.id.startsWith(`${appId}/${key}/`) && event.type === type).length;
  for (const [key, { state }] of documents) {
    if (!key.startsWith('Order-of-')) continue;
    const expected = {
      OrderMade: state ? 1 : 0,
      OrderChanged: state?.name === 'changed' ? 1 : 0,
      OrderCanceled: state?.status === 'CANCELED' ? 1 : 0,
    };
    for (const [type, times] of Object.entries(expected))
      if (count(key, type) !== times)
        found.push(`${type} of ${key} was published ${count(key, type)} times instead of ${times}`);
  }
  for (const { id } of known.values()) {
    const [, key = '', version = ''] = /^[^/]+\/(.+)\/(\d+)\.\d+$/.exec(id) ?? [];
    if (!((documents.get(key)?.version ?? 0) >= Number(version))) found.push(`${id} was published and did not happen`);
  }
  return found;
}

function twice(documents: Documents): string[] {
  const numbers = [...documents]
    .filter(([key, { state }]) => isRecord(key) && state)
    .map(([key, { id }]) => `${key.split('-')[0]}-${id}`);
  return new Set(numbers).size < numbers.length ? [`a number was given twice: ${numbers}`] : [];
}

function pointers(documents: Documents): string[] {
  return [...documents].flatMap(([key, { state, id }]) => {
    const pointer = documents.get(`Order-${id}`) as unknown as { at?: string } | undefined;
    return key.startsWith('Order-of-') && state && pointer?.at !== key
      ? [`the pointer Order-${id} does not lead to ${key}`]
      : [];
  });
}
