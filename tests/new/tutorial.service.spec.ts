import { dirname, join } from 'node:path';
import { home } from '../../tools/run/paths.ts';
import { goOnMachine } from '../../tools/run/provision/go.ts';
import { eventually, LONG } from '../harness/system.ts';
import { type Copy, copyOfTree, tutorial } from './copy.ts';

/** The tutorial as far as something runs: on the light profile; `PROFILE=full` plays it on the other one. */
const OFFSET = Number(process.env.MADANG_PORT_OFFSET ?? 0) + 1_100;
const AT_GATEWAY = `http://127.0.0.1:${8088 + OFFSET}`;
const profile = process.env.PROFILE === 'full' ? ' --profile full' : '';

/** A service in Go is made beside the tutorial's, where the machine has Go: it costs no start of its own. */
const go = await goOnMachine();
const inGo = go ? test : test.skip;
const GO_SERVICE = 'services/lecture/diploma';
let goPort = 0;

let copy: Copy;
beforeAll(async () => {
  const goAsBuilt = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  const env = { MADANG_HOME: join(home, 'tutorial'), MADANG_PORT_OFFSET: String(OFFSET), ...goAsBuilt };
  copy = await copyOfTree(env);
}, LONG);
afterAll(async () => {
  await copy.line('./run down');
  await copy.remove();
}, LONG);

/** Types a line. The console's port may be another system's, and everything is at ports of this test. */
const type = (line: string): Promise<string> =>
  copy.line(line.startsWith('./run up') ? `${line} --no-console${profile}` : line);

interface Certificates {
  readonly _embedded: { readonly certificates: readonly { classId: number; note: string }[] };
}
const certificates = async (): Promise<Certificates['_embedded']['certificates']> => {
  const answer = await fetch(`${AT_GATEWAY}/certificates`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as Certificates)._embedded.certificates;
};

test(
  'given a system with a past, when the tutorial is followed, then the new service has caught up with it',
  async () => {
    const lines = (await tutorial()).flatMap(({ line }) => (line?.startsWith('./run') ? line : []));
    const live = lines.slice(0, lines.indexOf('./run restart lecture-gateway') + 1);
    expect(live).toEqual([
      './run up lecture --detach',
      './run scenario lecture',
      './run new service lecture certificate',
      './run up lecture --detach',
      './run restart lecture-gateway',
    ]);
    for (const line of live) {
      await type(line);
      if (!go || !line.startsWith('./run new')) continue;
      const said = await type('./run new service lecture diploma --language go');
      goPort = Number(/has port (\d+)/.exec(said)?.[1]) + OFFSET;
    }
    await eventually(async () =>
      expect(await certificates()).toMatchObject([{ classId: expect.any(Number), note: '' }]),
    );
  },
  LONG,
);

inGo('given the same past, when a service in Go was made beside it, then it has caught up with it, too', async () => {
  await eventually(async () => {
    const [{ classId } = { classId: 0 }] = await certificates();
    const answer = await fetch(`http://127.0.0.1:${goPort}/diplomas/${classId}`);
    expect(await answer.json()).toEqual({ classId, note: '' });
  });
});

inGo(
  'given the service in Go as made, when it is checked, then format, vet and its tests pass',
  async () => {
    const program = go ?? '';
    expect(await copy.run(join(dirname(program), 'gofmt'), '-l', GO_SERVICE)).toBe('');
    await copy.run(program, '-C', GO_SERVICE, 'vet', './...');
    expect(await copy.run(program, '-C', GO_SERVICE, 'test', './...')).toContain('ok');
  },
  LONG,
);
