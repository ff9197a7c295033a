import express from 'express';
import { Sidecar } from '../dapr/sidecar.ts';
import { traced } from '../http/context.ts';
import { asProblem } from '../http/problem.ts';
import { type Messaging, messaging } from '../messaging/messaging.ts';
import type { Policy } from '../messaging/policy.ts';
import { Ids } from '../persistence/ids.ts';
import { Records } from '../persistence/records.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { MemoryBackend } from './backend.ts';
import { ManualClock, unpaced } from './clock.ts';
import { type Answered, inject } from './inject.ts';
import type { SidecarOptions } from './parts.ts';
import type { MemorySidecar } from './sidecar.ts';

/** What a spec of messaging works with: the parts that handle events, without the rest of a service. */
export interface Handling extends Messaging {
  readonly backend: MemoryBackend;
  readonly sidecar: MemorySidecar;
  readonly records: Records;
  readonly clock: ManualClock;
  /** Sends an operator's request, or a delivery. */
  request(method: string, path: string, body?: object | Buffer): Promise<Answered>;
  /** An event as it comes from the topic. */
  event(id: string, type: string, data: object, more?: object): Record<string, unknown>;
  /** States of all documents of a kind. */
  states(kind: string): Record<string, unknown>[];
}

interface HandlingOptions extends SidecarOptions {
  readonly backend?: MemoryBackend;
  readonly clock?: ManualClock;
  readonly instance?: string;
  readonly eventsWaitMs?: number;
}

/** Puts policies beside an in-memory sidecar, with time that the spec moves. */
export async function handling(
  policies: (parts: { records: Records; sidecar: Sidecar }) => readonly Policy[],
  options: HandlingOptions = {},
): Promise<Handling> {
  const { backend = new MemoryBackend(), clock = new ManualClock(), instance = 'course-1' } = options;
  const { eventsWaitMs, ...beside } = options;
  const transport = backend.sidecar('lecture-course', beside);
  const sidecar = new Sidecar(transport, 'lecture-course');
  await sidecar.ready(1_000);
  const records = new Records(sidecar, new UnitOfWork(sidecar, instance), new Ids(sidecar));
  const parts = messaging({
    sidecar,
    records,
    policies: policies({ records, sidecar }),
    instance,
    clock: unpaced(clock),
    eventsWaitMs,
  });
  const app = express().use(traced, ...parts.routers, asProblem);
  return {
    ...parts,
    backend,
    sidecar: transport,
    records,
    clock,
    request: (method, path, body) =>
      inject(app, {
        method,
        path,
        headers: { 'content-type': 'application/json' },
        body: body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    event: (id, type, data, more = {}) => ({
      specversion: '1.0',
      source: 'test',
      ...{ id, type, subject: '', aggregateversion: 1_000, data: { eventType: type, ...data } },
      ...more,
    }),
    states: (kind) =>
      [...transport.store.entries()].flatMap(([key, value]) => {
        if (!key.startsWith(`lecture-course||${kind}-`)) return [];
        const { state } = JSON.parse(value) as { state?: Record<string, unknown> | null };
        return state ? [state] : [];
      }),
  };
}
