import { Unavailable } from '../errors.ts';
import type { Ask } from './ask.ts';

interface Asked {
  readonly request: Ask;
}

/**
 * Whether the sidecar has a subscription to a topic; undefined while it starts. With an app health check the sidecar is ready
 * before it has asked for subscriptions.
 * @throws Unavailable
 */
export async function isSubscribed(sidecar: Asked, topic: string): Promise<boolean | undefined> {
  if ((await sidecar.request('GET', '/v1.0/healthz')).status !== 204) return undefined;
  const { status, body } = await sidecar.request('GET', '/v1.0/metadata');
  if (status !== 200) return undefined;
  const { subscriptions = [] } = JSON.parse(body) as { subscriptions?: { topic: string }[] };
  return subscriptions.some((one) => one.topic === topic);
}

/** Asks the sidecar to end. @throws Unavailable */
export async function askToEnd(sidecar: Asked): Promise<void> {
  const { status } = await sidecar.request('POST', '/v1.0/shutdown');
  if (status >= 300) throw new Unavailable('the sidecar does not end', `it answered ${status}`);
}
