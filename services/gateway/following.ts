import type { IncomingMessage } from 'node:http';
import { type Clock, Configuration, realContext, type Sidecar, showsToken, startUp } from '../kit/index.ts';
import { SETTINGS, Settings } from './settings.ts';

/** Where the sidecar calls from: it shares the gateway's machine or pod. */
const LOOPBACK = ['127.0.0.1', '0:0:0:0'];

/**
 * The gateway's keys of the ConfigMap. Clients reach the same port as the sidecar does, so what is said there is not
 * believed: it is taken for a hint that something has changed, and read at the sidecar.
 */
export class Following {
  private readonly configuration: Configuration<Settings>;
  private readonly isSidecar: ReturnType<typeof showsToken>;
  private readonly ended = new AbortController();
  private isStarted = false;

  /** @param token what the sidecar shows; undefined: nothing */
  constructor(
    private readonly sidecar: Sidecar,
    token?: string,
    private readonly clock: Clock = realContext.clock,
  ) {
    this.configuration = new Configuration(sidecar, Settings, clock);
    this.isSidecar = showsToken(token);
  }

  /** The values in force; the defaults until they are read. */
  get settings(): Settings {
    return this.isStarted ? this.configuration.current : SETTINGS;
  }

  /** Reads the keys, however long the sidecar is away. @throws one sentence that names a key which is malformed */
  async start(): Promise<void> {
    const { sidecar, configuration } = this;
    await startUp(
      [
        { what: 'its sidecar', run: () => sidecar.ready(0, ['configuration']) },
        { what: 'its configuration', run: () => configuration.start() },
      ],
      { waitingFor: undefined },
      { clock: this.clock, signal: this.ended.signal },
    );
    this.isStarted = !this.ended.signal.aborted;
  }

  close(): Promise<void> {
    this.ended.abort();
    return this.configuration.close();
  }

  /** Whether this request is the sidecar's word that a key has changed; if so, the keys are read again. */
  isConfigurationChange({ method, url = '', headers }: IncomingMessage, peer: string): boolean {
    if (method !== 'POST' || !url.startsWith('/configuration/') || !LOOPBACK.includes(peer)) return false;
    if (!this.isSidecar(headers)) return false;
    const [, , store = '', key = ''] = url.split('/');
    const isOurs = store === this.sidecar.configuration.name && Object.hasOwn(Settings.shape, key);
    if (isOurs) this.configuration.changed();
    return isOurs;
  }
}
