/** What tests may use of the kit: surroundings without a process, and services on them. */
export { drawTracesFrom } from '../telemetry/telemetry.ts';
export { answers } from './answers.ts';
export { type BackendOptions, MemoryBackend } from './backend.ts';
export type { BrokerKind, Message, NewMessage } from './broker.ts';
export { ManualClock } from './clock.ts';
export type { Delivered, Delivery } from './delivery.ts';
export {
  type EventToPublish,
  type Fields,
  Given,
  type GivenOptions,
  given,
  type OnTopic,
  type Reply,
} from './given.ts';
export { type Answered, type Injected, inject } from './inject.ts';
export type { Call, SidecarOptions } from './parts.ts';
export type { CalleeRule, Counts } from './resiliency.ts';
export { rowsAfter } from './rows-after.ts';
export type { MemorySidecar } from './sidecar.ts';
export type { MemoryStore, StoreKind } from './store.ts';
