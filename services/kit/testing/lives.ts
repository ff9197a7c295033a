import type { Publication, StateWrite } from '../dapr/sidecar.ts';
import { Sidecar } from '../dapr/sidecar.ts';
import { type Change, UnitOfWork } from '../persistence/unit-of-work.ts';
import { type BackendOptions, MemoryBackend } from './backend.ts';
import { ManualClock } from './clock.ts';
import type { Call, SidecarOptions } from './parts.ts';

const APP = 'lecture-class';

/** What specs of the unit of work and the outbox work with: one backend, one clock, and lives of instances on them. */
export class Lives {
  readonly clock = new ManualClock();
  readonly backend: MemoryBackend;

  constructor(options: BackendOptions = {}) {
    this.backend = new MemoryBackend({ state: 'mysql', now: () => this.clock.now(), ...options });
  }

  /** A process with a sidecar; `kill` ends it in the middle of whatever it does. */
  async life(options: SidecarOptions = {}, instance = 'class-1'): Promise<ServiceRun> {
    const transport = this.backend.sidecar(APP, options);
    const calls: Call[] = [];
    const { before } = options;
    transport.before = (call) => {
      calls.push(call);
      return before?.(call);
    };
    const sidecar = new Sidecar(transport, APP);
    await sidecar.ready(1_000);
    const work = new UnitOfWork(sidecar, instance, this.clock);
    return { sidecar, work, calls, kill: () => transport.cut() };
  }

  /** Types of the events on a topic, in their order, each with the document it is about. */
  published(topic = 'lecture'): string[] {
    return this.backend.broker.messages(topic).map(({ data }) => {
      const { type, subject } = JSON.parse(data.toString()) as { type: string; subject: string };
      return `${subject} ${type}`;
    });
  }

  /** A document as it lies in the store. */
  stored(key: string): unknown {
    const row = this.backend.store('lecture').get(`${APP}||${key}`);
    return row && JSON.parse(row.value);
  }
}

export interface ServiceRun {
  readonly sidecar: Sidecar;
  readonly work: UnitOfWork;
  readonly calls: Call[];
  kill(): void;
}

let marks = 0;

/** Makes a document under `key`, and tells events of these types. */
export function making(key: string, types: readonly string[] = [`${key}Made`], more: Partial<Change> = {}): Change {
  const cause = `cause#${++marks}`;
  const publications: Publication[] = types.map((type, index) => ({
    partitionKey: key,
    cloudEvent: {
      specversion: '1.0',
      id: `${APP}/${key}/${marks}.${index}`,
      source: APP,
      type,
      subject: key,
      data: {},
    },
  }));
  const document = { id: 1, state: { name: key }, version: 1, causes: [cause] };
  return { key, etag: undefined, document, pointers: [] as StateWrite[], cause, publications, ...more };
}

/** How a promise ends, as a word. */
export const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: Error) => error.constructor.name,
  );
