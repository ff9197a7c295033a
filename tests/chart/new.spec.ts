import { parseAllDocuments } from 'yaml';
import { goProgram } from '../../tools/run/provision/go.ts';
import { type Copy, copyOfTree } from '../new/copy.ts';
import { KUBERNETES } from './helm.ts';

/** What `./run new` makes is in the chart: the release has what dapr/<system>.yaml names. */

let copy: Copy;
beforeAll(async () => {
  copy = await copyOfTree({ MADANG_HOME: '' });
  await copy.line('./run new service lecture certificate');
  await copy.line('./run new system library book');
}, 120_000);
afterAll(() => copy.remove());

test.each(['light', 'full'])(
  'given a new service and system, when %s is rendered, then the release has them',
  async (profile) => {
    const helm = await goProgram('helm', () => undefined);
    const values = ['--set', `systems={lecture,library},profile=${profile}`];
    const text = await copy.run(
      ...(helm.command as [string]),
      'template',
      'test',
      'helm/madang',
      '--kube-version',
      KUBERNETES,
      ...values,
    );
    const all = parseAllDocuments(text).map(
      (one) => one.toJS() as { kind: string; metadata: { name: string }; scopes?: string[] } | null,
    );
    const names = (kind: string): string[] => all.flatMap((one) => (one?.kind === kind ? one.metadata.name : []));
    const added = ['lecture-certificate', 'library-book', 'library-gateway'];
    expect(names('Deployment')).toEqual(expect.arrayContaining(added));
    expect(names('ConfigMap')).toContain('library-config');
    expect(names('Component')).toEqual(
      expect.arrayContaining(['library-pubsub', 'library-state', 'library-configuration']),
    );
    const state = all.find((one) => one?.kind === 'Component' && one.metadata.name === 'lecture-state');
    expect(state?.scopes).toContain('lecture-certificate');
  },
);
