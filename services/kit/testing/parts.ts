/** What the parts of a sidecar in memory know of it, of what is around it, and of what goes through it. */
import type { RequestListener } from 'node:http';
import type { SidecarAnswer, SidecarRequest } from '../dapr/transport.ts';
import type { Clock } from '../runtime/clock.ts';
import type { MemoryBroker } from './broker.ts';
import type { MemoryConfiguration } from './configuration.ts';
import type { Answered, Injected } from './inject.ts';
import type { Breakers, CalleeRule } from './resiliency.ts';
import type { MemoryStore, StoreKind } from './store.ts';

/** A call on its way through a sidecar, for hooks. */
export interface Call {
  readonly appId: string;
  readonly method: string;
  readonly path: string;
  readonly headers: SidecarRequest['headers'];
  readonly body: string;
  /** What it is about. */
  readonly kind: 'state-read' | 'state-write' | 'publish' | 'invoke' | 'configuration' | 'binding' | 'other';
  /** The app that is called, of an invocation. */
  readonly callee: string | undefined;
  /** Number of this sidecar's calls before it. */
  readonly number: number;
}

/** What a sidecar of a test can be given. */
export interface SidecarOptions {
  /** A store of its own, or the name and kind of one; that of its system where nothing is said. */
  readonly store?: MemoryStore | { readonly name: string; readonly kind?: StoreKind };
  /** The rules of dapr/resiliency for the apps it calls; without one nothing is limited. */
  readonly callees?: Readonly<Record<string, CalleeRule>>;
  /** An output binding `notice` is in scope. */
  readonly messenger?: 'bindings.http' | 'bindings.redis';
  /**
   * Before the sidecar does anything: nothing is done and this is the answer; or it throws, which is a connection that
   * breaks; or it waits.
   */
  readonly before?: (call: Call) => SidecarAnswer | undefined | Promise<SidecarAnswer | undefined>;
  /** After it was done: another answer (a lost one, a cut-off one), or a connection that breaks. */
  readonly after?: (
    call: Call,
    answer: SidecarAnswer,
  ) => SidecarAnswer | undefined | Promise<SidecarAnswer | undefined>;
  /** Before a request reaches the app: it waits, or throws, which is a connection that breaks. */
  readonly arrive?: (request: Injected) => void | Promise<void>;
}

/** A topic that an app has asked for. */
export interface Subscription {
  readonly pubsub: string;
  readonly topic: string;
  readonly route: string;
  /** Bytes as base64 instead of parsed CloudEvents. */
  readonly raw: boolean;
  readonly bulk: { readonly max: number } | undefined;
}

/** A sidecar, as those know it who answer for it and who deliver to it. */
export interface KnownSidecar {
  readonly appId: string;
  readonly system: string;
  readonly store: MemoryStore;
  readonly backend: Surroundings;
  readonly breakers: Breakers;
  readonly subscriptions: readonly Subscription[];
  /** Undefined while it is down. */
  readonly app: RequestListener | undefined;
  ruleFor(callee: string): CalleeRule | undefined;
  toApp(injected: Injected): Promise<Answered>;
}

/** What is around a sidecar. */
export interface Surroundings {
  readonly broker: MemoryBroker;
  readonly configuration: MemoryConfiguration;
  readonly clock: Clock;
  readonly notices: { appId: string; operation: string; data: unknown }[];
  readonly now: () => number;
  store(name: string, kind?: StoreKind): MemoryStore;
  /** Those of an app id. */
  sidecars(appId: string): readonly KnownSidecar[];
}
