import { parseArgs } from 'node:util';
import type { Options, Verdict } from './demonstration.ts';
import { autoscale } from './demos/autoscale.ts';
import { figures } from './demos/figures.ts';
import { intruder } from './demos/intruder.ts';
import { liveness } from './demos/liveness.ts';
import { outage, volume } from './demos/outage.ts';
import { restore } from './demos/restore.ts';
import { redeploy } from './demos/rollout.ts';
import { sampling } from './demos/sampling.ts';
import { trace } from './demos/trace.ts';
import { breaker, config } from './demos/trouble.ts';
import { drain, rollback, skew } from './demos/versions.ts';
import { Cluster, print } from './kubectl.ts';

/**
 * Plays the operations scenarios of lecture's contract on the cluster that KUBECONFIG names: each demonstration prints its
 * figure beside that of the original system, and leaves everything as it was. Where Istio's ingress is, requests come through it.
 * `npm run demo:k8s -- <name> [--namespace n] [--tag t]`
 */

const demonstrations: Record<string, (options: Options) => Promise<Verdict>> = {
  redeploy,
  autoscale,
  liveness,
  config,
  breaker,
  outage,
  volume,
  drain,
  rollback,
  skew,
  intruder,
  figures,
  trace,
  sampling,
  restore,
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      namespace: { type: 'string', default: 'madang' },
      tag: { type: 'string' },
      users: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '120' },
      ingress: { type: 'string', default: 'istio-system' },
      monitoring: { type: 'string', default: 'monitoring' },
    },
  });
  const [name = ''] = positionals;
  const demonstration = demonstrations[name];
  if (!demonstration) {
    process.stderr.write(`Name one of ${Object.keys(demonstrations).join(', ')}.\n`);
    return 2;
  }
  const began = Date.now();
  try {
    const { good, figures: rows } = await demonstration({
      cluster: new Cluster(values.namespace, values.ingress),
      tag: values.tag,
      users: Number(values.users),
      seconds: Number(values.seconds),
      monitoring: values.monitoring,
    });
    print(`\n${name}: ${good ? 'as promised' : 'NOT AS PROMISED'} (${Math.round((Date.now() - began) / 1000)} s)`);
    for (const [what, here, source] of rows) print(`  ${what}: ${here}   [source: ${source}]`);
    return good ? 0 : 1;
  } catch (error) {
    process.stderr.write(`\n${name} broke off: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

process.exit(await main());
