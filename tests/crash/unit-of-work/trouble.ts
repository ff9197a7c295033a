import { setTimeout as sleep } from 'node:timers/promises';
import { type Sidecar, Unavailable } from '../../../services/kit/index.ts';
import { type Orders, say, type Trouble } from './protocol.ts';

type Call = () => ReturnType<Sidecar['request']>;

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('dead');
};

const TROUBLES: Readonly<Record<Trouble, (call: Call, orders: Orders) => ReturnType<Call>>> = {
  none: (call) => call(),
  before: async () => die(),
  async mid(call, { at }) {
    void call().catch(() => undefined);
    await sleep(at % 4);
    return die();
  },
  async after(call) {
    await call();
    return die();
  },
  async lost(call) {
    await call();
    throw new Unavailable('the sidecar broke off its answer: injected');
  },
  async drop() {
    throw new Unavailable('the sidecar does not answer: injected');
  },
  async late(call) {
    setTimeout(() => void call().catch(() => undefined), 25);
    throw new Unavailable('the sidecar broke off its answer: injected');
  },
  async cut(call, { cutPort }) {
    await fetch(`http://127.0.0.1:${cutPort}/cut`);
    return call();
  },
};

/**
 * Counts the calls of a sidecar, and makes the trouble of the orders at one of them. It comes from outside the kit: the
 * method through which every call goes is wrapped.
 */
export class TroubledCalls {
  /** How many there were while they counted. */
  made = 0;
  counting = false;

  constructor(
    sidecar: Sidecar,
    private readonly orders: Orders,
  ) {
    const request = sidecar.request.bind(sidecar);
    sidecar.request = (...asked) => this.pass(asked[1], () => request(...asked));
  }

  private async pass(path: string, call: Call): ReturnType<Call> {
    const { scenario, life, at, trouble, mute } = this.orders;
    const isMute = mute || (scenario === 'pair' && life === 'run' && this.counting);
    if (isMute && path.includes('/publish/')) throw new Unavailable('muted');
    if (!this.counting || ++this.made !== at) return call();
    say('trouble', { number: at, path });
    return TROUBLES[trouble](call, this.orders);
  }
}
