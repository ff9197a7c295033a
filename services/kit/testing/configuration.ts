import type { SidecarAnswer } from '../dapr/transport.ts';
import { empty, failure, json } from './answers.ts';

type Follower = (key: string, item: Item, subscription: string) => Promise<void>;

/** As Dapr reads it in Redis: what follows `||` is the version. */
function itemOf(text: string): Item {
  const [value = '', version = ''] = text.split('||');
  return { value, version };
}

/** A value as a configuration store keeps it. */
export interface Item {
  readonly value: string;
  readonly version: string;
}

/** A configuration store. */
export class MemoryConfiguration {
  private readonly items = new Map<string, Item>();
  private readonly followers = new Map<string, { keys: ReadonlySet<string>; notify: Follower }>();
  private subscriptions = 0;

  constructor(items: Readonly<Record<string, string>>) {
    for (const [key, value] of Object.entries(items)) this.items.set(key, itemOf(`${value}||1`));
  }

  /** How many subscriptions there are. */
  get followed(): number {
    return this.followers.size;
  }

  /** Ends all subscriptions and tells nobody, as a sidecar that restarts does. */
  forget(): void {
    this.followers.clear();
  }

  /** The keys that exist of those asked for. */
  get(keys: readonly string[]): Record<string, Item> {
    return Object.fromEntries(keys.flatMap((key) => (this.items.has(key) ? [[key, this.items.get(key)!]] : [])));
  }

  /** Changes a key and tells its followers, one after the other; resolved when all have heard. */
  async set(key: string, value: string): Promise<void> {
    const item = itemOf(`${value}||1`);
    this.items.set(key, item);
    for (const [id, { keys, notify }] of [...this.followers])
      if (keys.size === 0 || keys.has(key)) await notify(key, item, id);
  }

  /** Removes a key; followers hear an empty value. */
  async remove(key: string): Promise<void> {
    await this.set(key, '');
    this.items.delete(key);
  }

  /** @returns the id of the subscription */
  follow(keys: readonly string[], follower: Follower): string {
    this.subscriptions += 1;
    const id = `00000000-0000-4000-9000-${this.subscriptions.toString(16).padStart(12, '0')}`;
    this.followers.set(id, { keys: new Set(keys), notify: follower });
    return id;
  }

  unfollow(id: string): boolean {
    return this.followers.delete(id);
  }
}

/** What daprd answers about configuration keys and subscriptions to them. @param follower brings a change to the app */
export function configurationApi(
  configuration: MemoryConfiguration,
  system: string,
  [store = '', what = '', unsubscribe]: readonly string[],
  query: URLSearchParams,
  follower: Follower,
): SidecarAnswer {
  if (store !== `${system}-configuration`)
    return failure(400, 'ERR_CONFIGURATION_STORE_NOT_FOUND', `configuration store ${store} not found`);
  const keys = query.getAll('key');
  if (what === 'subscribe') return json(200, { id: configuration.follow(keys, follower) });
  if (unsubscribe !== undefined) {
    if (configuration.unfollow(what)) return json(200, { ok: true });
    const message = `failed to unsubscribe to configuration request ${what}: subscription with id ${what} does not exist`;
    return json(500, { message });
  }
  const items = configuration.get(keys);
  return Object.keys(items).length === 0 ? empty() : json(200, items);
}
