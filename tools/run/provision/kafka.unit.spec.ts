import { kafkaArguments, kafkaProperties, metaOf, topicsOn } from './kafka.ts';

const propertiesOf = (text: string): Record<string, string> =>
  Object.fromEntries(text.split('\n').flatMap((line) => (line ? [line.split(/=(.*)/s).slice(0, 2)] : [])));

const node = (number: number, controllers: readonly number[]) =>
  propertiesOf(kafkaProperties({ folder: '/data', port: 9000 + number, controllers, number, listen: '0.0.0.0' }));

describe('one broker', () => {
  test('given it is alone, then it keeps the only copy of everything and is its own controller', () => {
    expect(node(1, [9100])).toMatchObject({
      'node.id': '1',
      'controller.quorum.voters': '1@127.0.0.1:9100',
      listeners: 'BROKER://0.0.0.0:9001,CONTROLLER://127.0.0.1:9100',
      'advertised.listeners': 'BROKER://127.0.0.1:9001',
      'min.insync.replicas': '1',
      'offsets.topic.replication.factor': '1',
    });
    expect(topicsOn(1)).toEqual({ partitions: 2, replicas: 1, minInSync: 1 });
  });
});

describe('three brokers', () => {
  const controllers = [9100, 9200, 9300];
  const nodes = [1, 2, 3].map((number) => node(number, controllers));

  test('given they start, then each knows all controllers and listens at its own', () => {
    const voters = '1@127.0.0.1:9100,2@127.0.0.1:9200,3@127.0.0.1:9300';
    expect(nodes.map((one) => one['controller.quorum.voters'])).toEqual([voters, voters, voters]);
    expect(nodes.map((one) => one['node.id'])).toEqual(['1', '2', '3']);
    expect(nodes.map((one) => one.listeners?.split(',')[1])).toEqual(
      controllers.map((port) => `CONTROLLER://127.0.0.1:${port}`),
    );
  });

  test('given one may be away, then events, positions and transactions have three copies, two of them before an answer', () => {
    for (const one of nodes)
      expect(one).toMatchObject({
        'default.replication.factor': '3',
        'min.insync.replicas': '2',
        'offsets.topic.replication.factor': '3',
        'transaction.state.log.replication.factor': '3',
        'transaction.state.log.min.isr': '2',
      });
    expect(topicsOn(3)).toEqual({ partitions: 3, replicas: 3, minInSync: 2 });
  });

  test('given one machine holds them, then each has less than half of the memory of one that is alone', () => {
    const heap = (brokers: number): number => {
      const option = kafkaArguments({ data: '', options: [] }, 'server.properties', brokers).find((word) =>
        word.startsWith('-Xmx'),
      );
      return Number(/^-Xmx(\d+)m$/.exec(option ?? '')?.[1]);
    };
    expect(heap(3)).toBeLessThan(heap(1) / 2);
  });
});

test('given a formatted directory, when another node takes a copy, then number and directory are its own', () => {
  const first = '#\nnode.id=1\ndirectory.id=xWtlEVK1Jro7rq21F8G3Lg\nversion=1\ncluster.id=Madang\n';
  const [second, third] = [metaOf(first, 2), metaOf(first, 3)].map(propertiesOf);
  expect(second).toMatchObject({ 'node.id': '2', version: '1', 'cluster.id': 'Madang' });
  expect(third?.['node.id']).toBe('3');
  const directories = ['xWtlEVK1Jro7rq21F8G3Lg', second?.['directory.id'], third?.['directory.id']];
  expect(new Set(directories).size).toBe(3);
  // 16 bytes, as Kafka reads them.
  for (const id of directories) expect(Buffer.from(id ?? '', 'base64url')).toHaveLength(16);
});
