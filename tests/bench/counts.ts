/** What was asked how often, by name. */
export type Counts = Readonly<Record<string, number>>;

/** The name under which a group of counts has its sum: what is compared. */
export const TOTAL = 'all';

const OF_BROKER = /^(xadd|xreadgroup|xack|xpending|xclaim|xautoclaim)$/;
/** Asked by the bench alone. */
const OF_BENCH = /^(exists|xrange|info)$/;

/**
 * What a Redis was asked. A round trip is what it reads in one go: a transaction or a pipeline is one, a blocked read of a
 * stream is one.
 * @param own round trips of this process
 */
export function redisCounts(stats: string, commandStats: string, own: number): { store: Counts; broker: Counts } {
  const store: Record<string, number> = {};
  const broker: Record<string, number> = {};
  for (const [, name = '', calls] of commandStats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm))
    if (!OF_BENCH.test(name)) (OF_BROKER.test(name) ? broker : store)[name] = Number(calls);
  const asked = Object.values(broker).reduce((sum, calls) => sum + calls, 0);
  const reads = Number(/^total_reads_processed:(\d+)/m.exec(stats)?.[1] ?? Number.NaN);
  return { store: { ...store, [TOTAL]: reads - asked - own }, broker: { ...broker, [TOTAL]: asked } };
}

/**
 * What a MySQL was asked, of its global status. A statement that is prepared for one use takes two round trips; that it is
 * closed takes none, nobody waits for it.
 * @param own statements of this process
 */
export function statusCounts(status: readonly (readonly [name: string, value: string])[], own: number): Counts {
  const all = Object.fromEntries(status);
  const named = status.flatMap(([name, value]) =>
    /^Com_/.test(name) && Number(value) > 0 ? [[name.slice(4), Number(value)] as const] : [],
  );
  const asked = Number(all.Questions ?? Number.NaN) + Number(all.Com_stmt_prepare ?? 0) - own;
  return { ...Object.fromEntries(named), [TOTAL]: asked };
}

/** The samples of a text in the format of Prometheus, summed by metric, and by the value of one label where it has it. */
export function metricSums(text: string, label?: string): Counts {
  const sums: Record<string, number> = {};
  for (const [, name = '', labels = '', value] of text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    const of = label && new RegExp(`(?:^|,)${label}="([^"]*)"`).exec(labels)?.[1];
    const key = of ? `${name} ${of}` : name;
    sums[key] = (sums[key] ?? 0) + Number(value);
  }
  return sums;
}

/** What daprd counts of the calls it is asked by its app, and what it does for them. */
const OF_APP = ['dapr_http_server_request_count', 'dapr_grpc_io_server_completed_rpcs'];
const WORK: Readonly<Record<string, string>> = {
  dapr_component_state_count: 'state',
  dapr_component_pubsub_egress_count: 'publish',
  dapr_component_pubsub_egress_bulk_count: 'publish in bulk',
  dapr_component_pubsub_ingress_count: 'event delivered',
  dapr_service_invocation_req_sent_total: 'invoke',
};

/** The calls of a sidecar's API, and what for, of its metrics. */
export function sidecarCounts(text: string): Counts {
  const sums = metricSums(text);
  const counts: Record<string, number> = { [TOTAL]: OF_APP.reduce((sum, name) => sum + (sums[name] ?? 0), 0) };
  for (const [name, work] of Object.entries(WORK)) if (sums[name]) counts[work] = sums[name];
  return counts;
}

/** Several counts as one. */
export function sumOf(all: readonly Counts[]): Counts {
  const sums: Record<string, number> = {};
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

/** What came between two counts, per enrolment; what was not asked is left out, the sum comes first. */
export function perEnrolment(before: Counts, after: Counts, enrolments: number): Counts {
  const found = Object.entries(after)
    .map(([name, count]) => [name, (count - (before[name] ?? 0)) / enrolments] as const)
    .filter(([name, count]) => name === TOTAL || count >= 0.005)
    .sort((a, b) => Number(b[0] === TOTAL) - Number(a[0] === TOTAL) || b[1] - a[1]);
  return Object.fromEntries(found);
}
