import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishedEvent } from '../snapshot.ts';
import { faults } from './judge.ts';
import { hangs, ProcessRun, undisturbed } from './process-run.ts';
import type { StoreFixture } from './stores.ts';

/** Longer than the lease of an instance. */
const LEASE_MS = 10_500;

/** Instances that die and never come back: another instance takes over when their lease has run out. @returns what is wrong */
export async function orphans(store: StoreFixture): Promise<string[]> {
  await store.clear();
  const lives: Record<string, ProcessRun> = {};
  for (const [index, at] of [5, 7, 9, 11].entries()) {
    const instance = `dead-${index}`;
    const dead = new ProcessRun({ ...undisturbed(store, 'crowd'), instance, at, trouble: 'mid' });
    lives[instance] = dead;
    await dead.ended;
  }
  // It dies when it has said its intent, so there is always one whose fate can be judged.
  const first = { at: 1, countFrom: 'intent', trouble: 'before' } as const;
  const begun = new ProcessRun({ ...undisturbed(store, 'enrol'), ...first, instance: 'dead-begun' });
  await begun.ended;
  await sleep(LEASE_MS);
  const heir = new ProcessRun({ ...undisturbed(store, 'nothing'), instance: 'heir', life: 'recover' });
  await heir.waitFor('recovered');
  heir.goOn();
  await heir.ended;
  const found = [
    ...hangs({ ...lives, 'dead-begun': begun, heir }),
    ...(heir.said('recovered') ? [] : ['the heir did not recover']),
    ...(await ofTheDead(store, begun.said('intended')?.id)),
  ];
  if (found.length > 0)
    console.log(`VIOLATION ${store.name}: orphans\n   ${found.join('\n   ')}\n${begun.account()}\n${heir.account()}`);
  return found;
}

/** What is wrong with what the dead left, where one of them died with an intent for the thing of that number. */
async function ofTheDead(store: StoreFixture, id: unknown): Promise<string[]> {
  if (id === undefined) return ['no life died with an intent'];
  const { appId, documents, published } = await store.look();
  const key = `Thing-${String(id)}`;
  const fate = documents.get(key);
  const crowd = new Map([...documents].filter(([one]) => one !== key));
  const isOfBegun = (event: PublishedEvent): boolean => event.id.includes(`/${key}/`);
  const ofCrowd = published.filter((event) => !isOfBegun(event));
  const wrong = faults({ appId, documents: crowd, published: ofCrowd }, 'crowd');
  if (!fate) return [...wrong, 'an intent was lost'];
  const ofBegun = published.filter(isOfBegun);
  return [...wrong, ...faults({ appId, documents: new Map([[key, fate]]), published: ofBegun }, 'enrol')];
}
