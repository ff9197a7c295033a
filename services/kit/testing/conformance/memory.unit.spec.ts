import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryBackend } from '../backend.ts';
import type { BrokerKind } from '../broker.ts';
import type { StoreKind } from '../store.ts';
import {
  CALLEE,
  CALLEE_FAILURES,
  CALLEE_TIMEOUT_MS,
  CONFIGURATION,
  calleeApp,
  cases,
  kindFor,
  ProbeApp,
  Subject,
} from './index.ts';

/** What daprd did; tests/conformance compares it with the real one. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8')) as Record<
  string,
  Record<string, unknown>
>;

const KINDS: readonly { store: StoreKind; broker: BrokerKind }[] = [
  { store: 'redis', broker: 'redis' },
  { store: 'mysql', broker: 'kafka' },
  { store: 'sqlite', broker: 'redis' },
];

/** A subject in memory, fresh for each case. */
async function subject(store: StoreKind, broker: BrokerKind): Promise<Subject> {
  let passed = 0;
  const now = (): number => Date.now() + passed;
  const backend = new MemoryBackend({ state: store, broker, configuration: CONFIGURATION, now });
  const callee = backend.sidecar(CALLEE);
  const app = calleeApp();
  await callee.attach(app);
  const probe = new ProbeApp();
  const trip = ({ consecutiveFailures }: { consecutiveFailures: number }) => consecutiveFailures >= CALLEE_FAILURES;
  const sidecar = backend.sidecar('probe-caller', {
    callees: { [CALLEE]: { timeoutMs: CALLEE_TIMEOUT_MS, breaker: { trip, openMs: 60_000 } } },
  });
  await sidecar.attach(probe.app);
  return new Subject({
    store,
    broker,
    probe,
    transport: sidecar,
    run: `runmemory00${store.slice(0, 3)}`,
    deliver: () => backend.settle(),
    async pass(ms) {
      passed += ms;
    },
    configure: (key, value) => backend.configuration.set(key, value),
    async withoutCallee(work) {
      callee.detach();
      try {
        return await work();
      } finally {
        await callee.attach(app);
      }
    },
  });
}

/** Ports of the machine differ. */
const masked = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(/127\.0\.0\.1:(\d+|<port>)/g, '127.0.0.1:<port>'));

describe.each(KINDS)('a sidecar in memory with $store and $broker', ({ store, broker }) => {
  for (const one of cases) {
    const kind = kindFor(one, { store, broker });
    if (kind === undefined) continue;
    test(one.name, async () => {
      expect(masked(await one.observe(await subject(store, broker)))).toEqual(masked(recorded[one.name]?.[kind]));
    });
  }
});
