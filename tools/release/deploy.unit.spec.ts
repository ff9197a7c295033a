import { deploy, type Helm } from './deploy.ts';

const wanted = { chart: 'helm/madang', namespace: 'shop', systems: 'lecture,rental', registry: 'r.example', tag: '1' };

/** A helm whose commands of these names fail; `said` is what it was told. */
function helmFailing(...names: string[]): { helm: Helm; said: string[] } {
  const said: string[] = [];
  const helm: Helm = async (args) => {
    said.push(args.join(' '));
    return names.includes(args[0] ?? '') ? 1 : 0;
  };
  return { helm, said };
}
const commands = (said: readonly string[]): string[] => said.map((line) => line.split(' ')[0] ?? '');

test('given a running version, when the next is deployed, then it is rolled out, waited for, and its story played', async () => {
  const { helm, said } = helmFailing();
  expect(await deploy(wanted, helm)).toBe(0);
  expect(commands(said)).toEqual(['status', 'upgrade', 'test']);
  expect(said[1]).toBe(
    'upgrade --install madang helm/madang -n shop --create-namespace --reset-then-reuse-values --set systems={lecture,rental} ' +
      '--set image.registry=r.example --set-string image.tag=1 --wait --timeout 10m',
  );
});

test('given a version whose story fails, when it is deployed, then the one before comes back', async () => {
  const { helm, said } = helmFailing('test');
  expect(await deploy(wanted, helm)).toBe(1);
  expect(commands(said)).toEqual(['status', 'upgrade', 'test', 'rollback']);
});

test('given a version that does not become ready, when it is deployed, then the one before comes back', async () => {
  const { helm, said } = helmFailing('upgrade');
  expect(await deploy(wanted, helm)).toBe(1);
  expect(commands(said)).toEqual(['status', 'upgrade', 'rollback']);
});

test('given nothing that runs, when the first version fails, then nothing is rolled back', async () => {
  const { helm, said } = helmFailing('status', 'test');
  expect(await deploy(wanted, helm)).toBe(1);
  expect(commands(said)).toEqual(['status', 'upgrade', 'test']);
});
