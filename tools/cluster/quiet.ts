import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, print } from './kubectl.ts';

/** What must not change any more, and what must be nothing. */
const COUNTED = ['madang_events_published_total', 'madang_events_handled_total'];
const WAITING = ['madang_outbox_backlog', 'madang_deferred_waiting'];
/** For how long nothing may change: longer than an event waits for the broker, or to be tried again the first time. */
const STILL_MS = 10_000;
const PATIENCE_MS = 300_000;

/** The sum of each figure, of a text that is written for Prometheus. */
export function sumsOf(text: string, names: readonly string[]): number[] {
  return names.map((name) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0),
  );
}

interface Pods {
  readonly items: {
    readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
    readonly status: { readonly phase: string };
  }[];
}

const ASK_NODE = "fetch('http://127.0.0.1:8080/metrics').then((r) => r.text()).then((t) => console.log(t))";
const ASK_PYTHON = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/metrics').read().decode())";

/** What a pod's service tells about itself, asked from inside: with Istio its port speaks to nobody else. */
async function figuresOf(cluster: Cluster, pod: string, container: string): Promise<string> {
  const exec = (...words: string[]): Promise<string> => cluster.kubectl('exec', pod, '-c', container, '--', ...words);
  return exec('node', '-e', ASK_NODE).catch(() => exec('python3', '-c', ASK_PYTHON));
}

/** One look at all services of a system: what waits in them, and what they have counted so far. */
async function look(cluster: Cluster, system: string): Promise<{ waiting: number; counted: string }> {
  const words = ['get', 'pods', '-l', `madang/system=${system}`, '-o', 'json'];
  const { items } = JSON.parse(await cluster.kubectl(...words)) as Pods;
  if (items.length === 0) throw new Error(`Nothing of ${system} runs in namespace ${cluster.namespace}.`);
  let waiting = 0;
  const counted: string[] = [];
  for (const { metadata, status } of items) {
    const { app = '' } = metadata.labels;
    if (status.phase !== 'Running' || app === `${system}-gateway`) continue;
    const text = await figuresOf(cluster, metadata.name, app.replace(`${system}-`, ''));
    waiting += sumsOf(text, WAITING).reduce((a, b) => a + b, 0);
    counted.push(`${metadata.name} ${sumsOf(text, COUNTED).join(' ')}`);
  }
  return { waiting, counted: counted.sort().join('\n') };
}

/**
 * Waits until nothing is under way: no service has an event that is not published or waits to be tried again, and none
 * has published or handled one for ten seconds.
 * @throws Error with what waits when it does not become quiet within five minutes
 */
export async function quiet(cluster: Cluster, system: string): Promise<string> {
  const began = Date.now();
  let last = await look(cluster, system);
  let since = Date.now();
  while (Date.now() - began < PATIENCE_MS) {
    await sleep(2_000);
    const now = await look(cluster, system);
    if (now.waiting > 0 || now.counted !== last.counted) since = Date.now();
    else if (Date.now() - since >= STILL_MS) return `nothing is under way in ${system}`;
    if (now.waiting > 0) print(`    ${now.waiting} events wait`);
    last = now;
  }
  throw new Error(`${system} does not become quiet: ${last.waiting} events wait, or commands go on.`);
}
