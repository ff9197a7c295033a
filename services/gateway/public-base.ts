import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { Problem } from '../kit/index.ts';
import { shareOf } from './share.ts';

/** Where clients see this entrance, and who they are. */
export interface Outside {
  /** Address that links begin with, without a slash at the end; undefined: the request does not say. */
  readonly base: string | undefined;
  /** Whose share of the limits a request takes. */
  readonly address: string;
}

const HOST = /^(?:[a-z\d](?:[\w.-]{0,251}[\w.])?|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;
const PREFIX = /^(?:\/[\w.~-]+)+\/?$/;

/** True for what can stand as host and port in an address. */
const isHost = (text: string): boolean => HOST.test(text) && URL.canParse(`http://${text}`);

/**
 * Reads PUBLIC_URL and TRUSTED_PROXIES.
 * @throws one sentence that names what is malformed
 */
export function outsideFrom(env: Readonly<Record<string, string | undefined>>): PublicBase {
  const { PUBLIC_URL: url, TRUSTED_PROXIES: proxies } = env;
  return new PublicBase(url ? publicUrl(url) : undefined, proxies ? addresses(proxies) : undefined);
}

function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username && isHost(url.host);
  if (!isPlain || text.includes('?') || text.includes('#'))
    throw new Error(`PUBLIC_URL is "${text}"; set it to the address clients use, such as https://shop.example/api.`);
  return url.href.replace(/\/+$/, '');
}

function addresses(text: string): BlockList {
  const list = new BlockList();
  for (const entry of text.split(/[\s,]+/).filter(Boolean)) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    if (!isIP(address) || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
      throw new Error(
        `TRUSTED_PROXIES has "${entry}"; list addresses or ranges such as 10.0.0.0/8, with commas between.`,
      );
    list.addSubnet(address, Number(bits ?? most), family);
  }
  return list;
}

/** Where this entrance is seen: PUBLIC_URL, else what a trusted proxy says, else the Host header. */
export class PublicBase {
  constructor(
    private readonly url?: string,
    private readonly proxies?: BlockList,
  ) {}

  /** Whether what this address says about its clients is believed. */
  trusts(address: string): boolean {
    const [plain = ''] = address.split('%'); // without the zone of a link-local address
    return this.proxies?.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4') ?? false;
  }

  /**
   * @param peer address of the connection's other end
   * @param authority host and port of the request itself, in place of its Host header
   * @throws Problem 400 for a host that is none
   */
  of(headers: IncomingHttpHeaders, peer: string, isTrusted: boolean, authority?: string): Outside {
    const proxied = isTrusted ? this.fromProxies(headers, peer) : undefined;
    const address = shareOf(proxied?.address ?? peer);
    if (this.url !== undefined) return { base: this.url, address };
    const host = proxied?.host ?? authority ?? headers.host;
    if (host === undefined) return { base: undefined, address };
    if (!isHost(host))
      throw new Problem(400, 'Bad Request', 'The Host header must be a host name, perhaps with a port.');
    return { base: `${proxied?.proto ?? 'http'}://${host}${proxied?.prefix ?? ''}`, address };
  }

  /** What the proxies say. Each appends to the lists, so what our own nearest ones wrote stands at their ends. */
  private fromProxies(headers: IncomingHttpHeaders, peer: string): Forwarded {
    const elements = forwarded(headers);
    let hops = 1;
    let address = peer;
    for (let at = elements.for.length - 1; at >= 0; at--) {
      const before = addressIn(elements.for[at] ?? '');
      if (!before) break;
      address = before;
      if (!this.trusts(before)) break;
      hops++;
    }
    const last = (list: readonly string[]): string | undefined => list[Math.max(0, list.length - hops)];
    const proto = last(elements.proto)?.toLowerCase();
    const prefix = last(elements.prefix);
    return {
      address,
      proto: proto === 'https' ? 'https' : 'http',
      host: last(elements.host),
      prefix: prefix && PREFIX.test(prefix) ? prefix.replace(/\/$/, '') : '',
    };
  }
}

interface Forwarded {
  readonly address: string;
  readonly proto: 'http' | 'https';
  readonly host: string | undefined;
  readonly prefix: string;
}

interface Elements {
  readonly for: readonly string[];
  readonly proto: readonly string[];
  readonly host: readonly string[];
  readonly prefix: readonly string[];
}

/** X-Forwarded-*, or where none of them is sent Forwarded (RFC 7239). */
function forwarded(headers: IncomingHttpHeaders): Elements {
  const list = (name: string): string[] =>
    [headers[name] ?? []].flat().flatMap((value) => value.split(',').map((one) => one.trim()));
  const prefix = list('x-forwarded-prefix');
  const old = { for: list('x-forwarded-for'), proto: list('x-forwarded-proto'), host: list('x-forwarded-host') };
  if (old.for.length + old.proto.length + old.host.length > 0) return { ...old, prefix };
  const elements = list('forwarded').map((element) =>
    Object.fromEntries(
      [...element.matchAll(/(\w+)=("?)([^";]*)\2/g)].map(([, key = '', , value = '']) => [key.toLowerCase(), value]),
    ),
  );
  const all = (key: string): string[] => elements.flatMap((element) => element[key] ?? []);
  return { for: all('for'), proto: all('proto'), host: all('host'), prefix };
}

/** The address in an entry of X-Forwarded-For or `for=`, which may have a port. */
function addressIn(entry: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
  return isIP(bare) ? bare : undefined;
}
