import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Producer } from '@platformatic/kafka';
import { Redis } from 'ioredis';
import { parse } from 'yaml';
import type { Place } from '../crash/snapshot.ts';

/** Puts bytes on a system's topic as its sidecars would, past all services. */
export interface Broker {
  publish(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

export async function brokerOf({ system, profile, home }: Place): Promise<Broker> {
  const file = join(home, 'components', profile, `${system}-pubsub.yaml`);
  const { spec } = parse(await readFile(file, 'utf8')) as { spec: { metadata: { name: string; value: string }[] } };
  const setting = (name: string): string => spec.metadata.find((one) => one.name === name)?.value ?? '';
  return profile === 'full' ? kafka(setting('brokers'), system) : redis(setting('redisHost'), system);
}

function redis(address: string, topic: string): Broker {
  const [host = '', port] = address.split(':');
  const client = new Redis({ host, port: Number(port) });
  return {
    async publish(bytes) {
      await client.xadd(topic, '*', 'data', bytes);
    },
    async close() {
      client.disconnect();
    },
  };
}

function kafka(brokers: string, topic: string): Broker {
  const producer = new Producer({ clientId: 'hostile', bootstrapBrokers: brokers.split(',') });
  return {
    async publish(value) {
      await producer.send({ messages: [{ topic, key: Buffer.from(String(value.length % 8)), value }] });
    },
    close: () => producer.close(),
  };
}

/** Publishes through the stock API of a sidecar, as any service could; answers its status. */
export async function publishThrough(sidecarPort: number, system: string, bytes: Buffer): Promise<number> {
  const address = `http://127.0.0.1:${sidecarPort}/v1.0/publish/${system}-pubsub/${system}`;
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: new Uint8Array(bytes),
    signal: AbortSignal.timeout(10_000),
  });
  await answer.arrayBuffer();
  return answer.status;
}
