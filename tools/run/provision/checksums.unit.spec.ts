import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../paths.ts';
import { committed, verify, verifyAll } from './checksums.ts';
import { LONG_TERM } from './node.ts';
import { firstOf, Tampered } from './ways.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'madang-checksums-'));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (name: string, content: string): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};
const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

describe('checksums of what is downloaded', () => {
  test.each(['linux-x64', 'linux-arm64', 'darwin-x64', 'bin-darwin-arm64'])(
    'given the pinned Node, when it is for %s, then its checksum is committed',
    async (platform) => expect((await committed()).has(`node-${platform}-${LONG_TERM}.tgz`)).toBe(true),
  );

  test('given the pinned Kafka, when its jars are downloaded, then their checksums are committed', async () => {
    const pom = await readFile(join(root, 'dapr/kafka/pom.xml'), 'utf8');
    const [, name, version] = /<artifactId>(kafka_[\d.]+)<\/artifactId>\s*<version>([^<]+)</.exec(pom) ?? [];
    expect([...(await committed()).keys()]).toContain(`${name}-${version}.jar`);
  });

  test('given a file of the table, when its content is another one, then it is refused in one sentence', async () => {
    const jar = await file('kafka_2.13-3.9.1.jar', 'another content');
    await expect(verify(jar)).rejects.toThrow(
      /^kafka_2\.13-3\.9\.1\.jar is refused: its checksum is [0-9a-f]{16}\.\.\., expected [0-9a-f]{16}\.\.\.$/,
    );
  });

  test('given a folder, when one file of it is in no table, then the folder is refused', async () => {
    await file('stranger.jar', 'unheard of');
    await expect(verifyAll(folder)).rejects.toThrow(Tampered);
  });

  test('given a publisher with a checksum, when the file has it, then it passes', async () => {
    const archive = await file('archive.tar.gz', 'content');
    await expect(verify(archive, '1/archive', `${sha256('content')} *archive.tar.gz\n`)).resolves.toBeUndefined();
  });

  test.each([
    ['another checksum', sha256('other')],
    ['no checksum', undefined],
    ['a page instead of a checksum', '<html>not found</html>'],
  ])('given a publisher with %s, when the file arrives, then it is refused', async (_, published) => {
    const archive = await file('archive.tar.gz', 'content');
    await expect(verify(archive, '1/archive', published)).rejects.toThrow(/^1\/archive is refused: [^\n]+\.$/);
  });

  test('given a file of the table, when its publisher says another checksum, then the committed one counts', async () => {
    const jar = await file('kafka_2.13-3.9.1.jar', 'another content');
    await expect(verify(jar, undefined, sha256('another content'))).rejects.toThrow(Tampered);
  });

  test('given a refused download, when there are other ways to the program, then none of them is tried', async () => {
    const tried: string[] = [];
    const first = { name: 'first', find: () => Promise.reject(new Tampered('it is refused.')) };
    const second = {
      name: 'second',
      find: async () => {
        tried.push('second');
        return undefined;
      },
    };
    await expect(firstOf([first, second], 'advice')).rejects.toThrow(/^it is refused\.$/);
    expect(tried).toEqual([]);
  });
});
