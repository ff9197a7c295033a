import { createHash } from 'node:crypto';
import type { Document, PublishedEvent, Snapshot } from '../crash/snapshot.ts';
import type { World } from './world.ts';

/** What lies in the stores and on the topic of a simulated system. */
export function snapshotOf(world: World): Snapshot {
  const { backend, system } = world;
  const documents = new Map<string, Document>();
  for (const [key, value] of storedIn(world))
    if (!/\|\|(outbox|idempotency)-/.test(key)) documents.set(key.replace('||', '/'), JSON.parse(value) as Document);
  const published = backend.broker
    .messages(system.name)
    .map(({ data }) => JSON.parse(data.toString()) as PublishedEvent);
  return { documents, published };
}

/** A short name for all that is stored and published, to the byte: two runs of a seed end alike where it is the same. */
export function digestOf(world: World): string {
  const hash = createHash('sha256');
  for (const entry of storedIn(world)) hash.update(JSON.stringify(entry));
  for (const { data } of world.backend.broker.messages(world.system.name)) hash.update(data);
  return hash.digest('base64url');
}

function storedIn(world: World): [key: string, value: string][] {
  const { backend, system } = world;
  const stores = new Map(
    Object.keys(system.services).map((appId) => [world.storeOf(appId).name, world.storeOf(appId)]),
  );
  return [...stores.values()].flatMap(({ name, kind }) => [...backend.store(name, kind).entries()]);
}
