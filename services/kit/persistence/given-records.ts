import { Sidecar } from '../dapr/sidecar.ts';
import type { SidecarAnswer } from '../dapr/transport.ts';
import { realContext } from '../runtime/context.ts';
import { answers, type Call, MemoryBackend, type SidecarOptions, type StoreKind } from '../testing/index.ts';
import { Ids } from './ids.ts';
import { Records } from './records.ts';
import { UnitOfWork } from './unit-of-work.ts';

/** Records on a store in memory, for the specs of this folder. */
export interface GivenRecords {
  readonly records: Records;
  readonly ids: Ids;
  readonly sidecar: Sidecar;
  readonly backend: MemoryBackend;
  readonly clock: { now: number };
  /** The calls that reached the store, in order. */
  readonly calls: Call[];
  /** A second process of the same service. */
  another(): Promise<GivenRecords>;
  /** Moves the clock of all processes. */
  pass(ms: number): void;
}

let instances = 0;

/** Records of one process; `another` is a second one on the same store. */
export async function givenRecords(
  options: {
    kind?: StoreKind;
    before?: SidecarOptions['before'];
    after?: SidecarOptions['after'];
    backend?: MemoryBackend;
    clock?: { now: number };
  } = {},
): Promise<GivenRecords> {
  const { backend = new MemoryBackend(), clock = { now: 0 }, kind = 'mysql', before, after } = options;
  const calls: Call[] = [];
  const way = backend.sidecar('things-thing', {
    store: { name: 'things', kind },
    before: async (call) => {
      if (call.kind === 'state-read' || call.kind === 'state-write') calls.push(call);
      return before?.(call);
    },
    ...(after && { after }),
  });
  const sidecar = new Sidecar(way, 'things-thing');
  await sidecar.ready(1_000);
  calls.length = 0;
  const ids = new Ids(sidecar, { ...realContext, clock: { ...realContext.clock, monotonic: () => clock.now } });
  const records = new Records(sidecar, new UnitOfWork(sidecar, `thing-${++instances}`), ids);
  return {
    records,
    ids,
    sidecar,
    backend,
    clock,
    calls,
    another: () => givenRecords({ ...options, backend, clock }),
    pass: (ms) => {
      clock.now += ms;
    },
  };
}

/** The keys a call asks for. */
export const keysOf = ({ method, path, body }: Call): string[] =>
  method === 'GET'
    ? [decodeURIComponent(path.split('/').at(-1) ?? '')]
    : ((JSON.parse(body) as { keys?: string[] }).keys ?? []);

/** What daprd makes of a result of SQL that breaks off before its first row; of one document it tells the truth. */
export const brokenOff = (call: Call): SidecarAnswer | undefined =>
  call.kind === 'state-read' && call.method === 'POST'
    ? answers.json(
        200,
        keysOf(call).map((key) => ({ key })),
      )
    : undefined;
