import type { SidecarAnswer } from '../dapr/transport.ts';
import { empty, failure } from './answers.ts';
import type { KnownSidecar } from './parts.ts';

/** What daprd says of its health. */
export const healthOf = (hasStarted: boolean): SidecarAnswer =>
  hasStarted ? empty() : failure(500, 'ERR_HEALTH_NOT_READY', 'dapr is not ready: [runtime]');

/** What daprd tells of itself. @param messenger type of its output binding, if it has one */
export function metadataOf(
  { appId, system, store, backend, subscriptions }: KnownSidecar,
  messenger: string | undefined,
): object {
  const component = (name: string, type: string): object => ({ name, type, version: 'v1' });
  return {
    id: appId,
    runtimeVersion: '1.18.2',
    components: [
      component(`${system}-state`, `state.${store.kind}`),
      component(`${system}-pubsub`, `pubsub.${backend.broker.kind}`),
      component(`${system}-configuration`, 'configuration.redis'),
      ...(messenger ? [component('notice', messenger)] : []),
    ],
    ...(subscriptions.length > 0 && {
      subscriptions: subscriptions.map(({ pubsub, topic }) => ({ pubsubname: pubsub, topic, type: 'PROGRAMMATIC' })),
    }),
  };
}
