import { parseArgs } from 'node:util';
import { Cluster, print } from './kubectl.ts';
import { asPrepare, once } from './pods.ts';
import { quiet } from './quiet.ts';
import { SKIPPED } from './skip.ts';

/**
 * What an operator needs for a backup and a restore (docs/operations/backup.md), on whatever cluster KUBECONFIG names.
 * `npm run operate:k8s -- quiet|skip <system> [--namespace madang]`
 */

const operations: Record<string, (cluster: Cluster, system: string) => Promise<string>> = {
  quiet,
  async skip(cluster, system) {
    const running = await cluster.kubectl('get', 'pods', '-l', `madang/system=${system}`, '-o', 'name');
    if (running) throw new Error(`Stop the services of ${system} first: a broker moves no group that reads.`);
    const deployments = await cluster.kubectl('get', 'deployments', '-l', `madang/system=${system}`, '-o', 'name');
    const consumer = deployments.split('\n').find((name) => name !== '' && !name.endsWith('-gateway'));
    if (!consumer) throw new Error(`There is no ${system} in namespace ${cluster.namespace}.`);
    const pod = await asPrepare(cluster, consumer.split('/').at(-1) ?? '');
    const said = await once(cluster, `skip-${system}`, ['skip', system], pod);
    if (!said.includes(SKIPPED)) throw new Error(said.trim() || 'The pod said nothing.');
    return said.trim();
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { namespace: { type: 'string', default: 'madang' } },
});
const [name = '', system = 'lecture'] = positionals;
try {
  const operation = operations[name];
  if (!operation) throw new Error(`Name one of ${Object.keys(operations).join(', ')}.`);
  print(await operation(new Cluster(values.namespace), system));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
