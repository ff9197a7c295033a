import { Unavailable } from '../errors.ts';
import type { Ask } from './ask.ts';

const queryOf = (keys: readonly string[]): string => keys.map((key) => `key=${encodeURIComponent(key)}`).join('&');

/** The configuration store of a sidecar. */
export class ConfigurationStore {
  /** Its component's name. */
  name = '';

  constructor(private readonly ask: Ask) {}

  /** Reads keys; those that do not exist are absent. @throws Unavailable */
  async read(keys: readonly string[]): Promise<Record<string, string>> {
    const items = await this.get<Record<string, { value: string }>>(`?${queryOf(keys)}`);
    return Object.fromEntries(Object.entries(items).map(([key, { value }]) => [key, value]));
  }

  /** Asks for changes of keys; they come as POST /configuration/<store>/<key>. @returns the subscription's id @throws Unavailable */
  async follow(keys: readonly string[]): Promise<string> {
    return (await this.get<{ id: string }>(`/subscribe?${queryOf(keys)}`)).id;
  }

  /** Ends a subscription. That a sidecar which has restarted knows it no more is no fault. @throws Unavailable */
  async unfollow(id: string): Promise<void> {
    await this.ask('GET', `/v1.0/configuration/${this.name}/${encodeURIComponent(id)}/unsubscribe`);
  }

  private async get<T>(what: string): Promise<T> {
    const { status, body } = await this.ask('GET', `/v1.0/configuration/${this.name}${what}`);
    if (status >= 300) throw new Unavailable('the sidecar refused', `${what}: ${status} ${body.slice(0, 300)}`);
    return JSON.parse(body) as T;
  }
}
