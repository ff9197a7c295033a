import { type Sidecar, Unavailable } from '../../kit/sidecar.ts';
import { log } from '../../kit/telemetry.ts';
import type { Concerned } from './domain.ts';

const MESSENGER = 'notice';

/**
 * Sends messages: to the log and, where an output binding `notice` is configured (KakaoTalk in the contract), out through it. A
 * message that cannot go out comes again with its event; only a crash in between sends one twice.
 */
export function sender(sidecar: Pick<Sidecar, 'request'>) {
  let type: Promise<string | undefined> | undefined;
  const messenger = async (): Promise<string | undefined> => {
    const { status, body } = await sidecar.request('GET', '/v1.0/metadata');
    if (status !== 200) throw new Unavailable(`the sidecar does not say what is configured: ${status}`);
    const { components = [] } = JSON.parse(body) as { components?: { name: string; type: string }[] };
    return components.find(({ name }) => name === MESSENGER)?.type;
  };
  return async (event: string, text: string, { custNm, phoneNo }: Concerned): Promise<void> => {
    type ??= messenger().catch((error) => {
      type = undefined;
      throw error;
    });
    const configured = await type;
    if (configured) {
      const operation = configured === 'bindings.http' ? 'post' : 'create';
      const message = { operation, data: { text, custNm, phoneNo: phoneNo ?? null } };
      const { status, body } = await sidecar.request('POST', `/v1.0/bindings/${MESSENGER}`, message);
      if (status >= 300) throw new Unavailable(`the messenger did not take a message: ${status} ${body.slice(0, 300)}`);
    }
    log.info('message', { event, text });
  };
}
