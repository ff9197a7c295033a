import type { SidecarRequest } from '../dapr/transport.ts';
import type { Call } from './parts.ts';

const KINDS: Readonly<Record<string, Call['kind']>> = {
  publish: 'publish',
  invoke: 'invoke',
  configuration: 'configuration',
  bindings: 'binding',
};

/** What a request to a sidecar is about. @param number of this sidecar's calls before it */
export function callOf({ method, path, headers, body }: SidecarRequest, appId: string, number: number): Call {
  const [pathname = ''] = path.split('?');
  const [, , area = '', callee] = pathname.split('/');
  const ofState = method === 'GET' || pathname.endsWith('/bulk') ? 'state-read' : 'state-write';
  const kind = area === 'state' ? ofState : (KINDS[area] ?? 'other');
  return {
    appId,
    method,
    path,
    headers,
    body: body?.toString() ?? '',
    kind,
    callee: kind === 'invoke' ? callee : undefined,
    number,
  };
}

/** What nearly all calls ask for, read once. */
const urls = new Map<string, Url>();
const MOST_URLS = 100;
type Url = Readonly<Pick<URL, 'pathname' | 'searchParams'>>;

/** The path of a request to a sidecar, normalised, and its query: to be read, not to be changed. */
export function urlOf(path: string): Url {
  const known = urls.get(path);
  if (known) return known;
  const url = new URL(path, 'http://sidecar');
  const isOfOne = /^\/v1\.0\/(invoke\/|state\/[^/]+\/(?!(bulk|transaction)$))/.test(url.pathname);
  if (urls.size < MOST_URLS && !isOfOne) urls.set(path, url);
  return url;
}
