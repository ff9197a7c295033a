import { CALLEE, CALLEE_FAILURES, type Case, CONFIGURATION, type Subject } from './subject.ts';

const INVOKE = `/v1.0/invoke/${CALLEE}/method`;
const CONFIG = '/v1.0/configuration/probe-configuration';

const always = (name: string, observe: Case['observe']): Case => ({ name, by: 'nothing', observe });

/** Ports differ from run to run. */
const masked = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'));

const ask = async (subject: Subject, path: string): Promise<unknown> =>
  masked(await subject.said('POST', `${INVOKE}/${path}`, { n: 1 }));

const invocation: Case[] = [
  always('a call reaches the callee, and its answer the caller', async (subject) => {
    const { status, body, headers } = await subject.call(
      'POST',
      `${INVOKE}/some/path?a=b%20c&d=`,
      { n: 1 },
      { 'x-asked': 'so' },
    );
    return { status, body, said: headers['x-said'], type: headers['content-type'] };
  }),
  always('a status of the callee passes as it is, with its body', async (subject) => {
    const said: unknown[] = [];
    for (const status of [201, 404, 409, 422, 500, 503])
      said.push(await ask(subject, `status-${status}?status=${status}`));
    return said;
  }),
  always('paths as the callee sees them', async (subject) => {
    const paths = [
      'a//b',
      'a/../b',
      'a%2Fb',
      'a%23b',
      'a%3Fb',
      'a%25b',
      'a%20b',
      '%ED%95%9C',
      'a+b',
      'a;b',
      "a'b",
      'a%00b',
      '',
    ];
    const said: unknown[] = [];
    for (const path of paths) {
      const { status, body } = await subject.call('GET', `${INVOKE}/${path}`);
      said.push([path, status, masked((body as { url?: string })?.url ?? body)]);
    }
    return said;
  }),
  always('an app that nobody knows', async (subject) => [
    masked(await subject.said('POST', '/v1.0/invoke/nobody/method/x', {})),
  ]),
  always('a callee whose app does not listen', (subject) =>
    subject.options.withoutCallee(async () => {
      // A kept connection that the app has just closed breaks under the call, in one of many words; after those nobody is connected to.
      for (let n = 0; ; n++) {
        const said = JSON.stringify(await ask(subject, `away-${n}`));
        if (n === 20 || said.includes('connection refused')) return JSON.parse(said.replace(`away-${n}`, 'away'));
      }
    }),
  ),
  always('a callee that does not answer in time', (subject) => ask(subject, 'hang?behave=hang')),
  always('a callee that dies in the middle of the call', async (subject) => [
    await ask(subject, 'break?behave=break'),
    await subject
      .call('POST', `${INVOKE}/half?behave=half`, {})
      .then(({ status, body, broken }) => ({ status, body, broken })),
  ]),
  always('a callee that fails again and again on one path is not asked any more, on others it is', async (subject) => {
    const said: unknown[] = [];
    for (let n = 0; n < CALLEE_FAILURES; n++) said.push(await ask(subject, 'broken?status=500'));
    said.push(await ask(subject, 'broken'), await ask(subject, 'broken'), await ask(subject, 'whole'));
    return said;
  }),
  always('refusals of the callee (4xx) open the breaker too', async (subject) => {
    const said: unknown[] = [];
    for (let n = 0; n <= CALLEE_FAILURES; n++) said.push(await ask(subject, 'refusing?status=404'));
    return said;
  }),
];

const surroundings: Case[] = [
  always('the sidecar is ready', async (subject) => [
    await subject.said('GET', '/v1.0/healthz/outbound'),
    await subject.said('GET', '/v1.0/nothing'),
    await subject.said('GET', '/nothing'),
  ]),
  {
    name: 'metadata names the components',
    by: 'store',
    observe: async (subject) => {
      const { body } = await subject.call('GET', '/v1.0/metadata');
      const { id, components, runtimeVersion } = body as {
        id: string;
        runtimeVersion: string;
        components: { name: string; type: string; version: string }[];
      };
      const named = components
        .filter(({ type }) => !type.startsWith('pubsub'))
        .map(({ name, type, version }) => ({ name, type, version }));
      return { id, runtimeVersion, components: named.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    },
  },
  always('configuration keys, those that are there', async (subject) => [
    await subject.said(
      'GET',
      `${CONFIG}?${Object.keys(CONFIGURATION)
        .map((key) => `key=${key}`)
        .join('&')}&key=PROBE_NONE`,
    ),
    await subject.said('GET', `${CONFIG}?key=PROBE_NONE`),
    await subject.said('GET', '/v1.0/configuration/other?key=PROBE_ONE'),
  ]),
  always('a change of a configuration key that is followed', async (subject) => {
    const { status, body } = await subject.call('GET', `${CONFIG}/subscribe?key=PROBE_CHANGED&key=PROBE_OTHER`);
    // The answer comes a moment before daprd follows, so what is changed at once may not be told.
    const change = (): Promise<void> => subject.options.configure('PROBE_CHANGED', `now ${subject.options.run}`);
    await subject.until(() => subject.probe.configuration.length > 0, 20_000, change);
    const changed = subject.probe.configuration.slice(0, 1).map(({ path, body: content }) => {
      const { id, items } = content as { id: string; items: Record<string, object> };
      return { path, id: id === (body as { id: string }).id, items };
    });
    return {
      status,
      id: Object.keys(body as object),
      changed: JSON.parse(JSON.stringify(changed).replaceAll(subject.options.run, '<run>')),
    };
  }),
  always('a subscription to configuration that is given up, and one that nobody has', async (subject) => {
    const { body } = await subject.call('GET', `${CONFIG}/subscribe?key=PROBE_OTHER`);
    const { id } = body as { id: string };
    const given = await subject.said('GET', `${CONFIG}/${id}/unsubscribe`);
    const again = await subject.said('GET', `${CONFIG}/${id}/unsubscribe`);
    return JSON.parse(JSON.stringify([given, again]).replaceAll(id, '<id>'));
  }),
  always('a binding that is not there', (subject) =>
    subject.said('POST', '/v1.0/bindings/notice', { operation: 'create', data: {} }),
  ),
];

/** What daprd does between apps, and with configuration. */
export const callCases: readonly Case[] = [...invocation, ...surroundings];
