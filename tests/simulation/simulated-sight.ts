import type { Document, Sight, Told } from '../crash/sight.ts';
import type { World } from './world.ts';

/** What lies in the stores and on the topic of a simulated system. */
export function sightOf(world: World): Sight {
  const { backend, system } = world;
  const documents = new Map<string, Document>();
  const stores = new Map(
    Object.keys(system.services).map((appId) => [world.storeOf(appId).name, world.storeOf(appId)]),
  );
  for (const { name, kind } of stores.values())
    for (const [key, value] of backend.store(name, kind).entries())
      if (!/\|\|(outbox|idempotency)-/.test(key)) documents.set(key.replace('||', '/'), JSON.parse(value) as Document);
  const told = backend.broker.messages(system.name).map(({ data }) => JSON.parse(data.toString()) as Told);
  return { documents, told };
}
