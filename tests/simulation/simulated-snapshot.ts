import type { Document, PublishedEvent, Snapshot } from '../crash/snapshot.ts';
import type { World } from './world.ts';

/** What lies in the stores and on the topic of a simulated system. */
export function snapshotOf(world: World): Snapshot {
  const { backend, system } = world;
  const documents = new Map<string, Document>();
  const stores = new Map(
    Object.keys(system.services).map((appId) => [world.storeOf(appId).name, world.storeOf(appId)]),
  );
  for (const { name, kind } of stores.values())
    for (const [key, value] of backend.store(name, kind).entries())
      if (!/\|\|(outbox|idempotency)-/.test(key)) documents.set(key.replace('||', '/'), JSON.parse(value) as Document);
  const published = backend.broker
    .messages(system.name)
    .map(({ data }) => JSON.parse(data.toString()) as PublishedEvent);
  return { documents, published };
}
