import { posix } from 'node:path';
import type { SidecarAnswer, SidecarRequest } from '../dapr/transport.ts';
import { answers } from './answers.ts';
import { CutOff } from './inject.ts';
import type { Call, KnownSidecar } from './parts.ts';

/** What does not travel from the caller to the callee. */
const OWN_HEADERS = new Set(['content-length', 'connection', 'keep-alive', 'dapr-app-id', 'dapr-api-token', 'host']);

/** `/v1.0/invoke/<app>/method/<path>` */
export async function invoke(sidecar: KnownSidecar, call: Call, request: SidecarRequest): Promise<SidecarAnswer> {
  const [before = '', query] = call.path.split('?');
  const [, callee = '', rest = ''] = /^\/v1\.0\/invoke\/([^/]*)\/method\/(.*)$/s.exec(decodeURIComponent(before)) ?? [];
  const path = cleaned(rest);
  const rule = sidecar.ruleFor(callee);
  if (rule?.paths?.every((start) => !`/${path}/`.startsWith(`${start}/`))) return answers.callDenied(callee, path);
  const place = `${callee}:${path}`;
  const verdict = rule?.breaker ? sidecar.breakers.ask(place) : 'pass';
  if (verdict !== 'pass') return verdict === 'open' ? answers.breakerOpen(callee) : answers.breakerTesting(callee);
  const target = `/${encoded(path)}${query === undefined ? '' : `?${query}`}`;
  const going = go(sidecar, call, request, { callee, path, target });
  let succeeded = false;
  try {
    const answer = await unlessLate(sidecar, rule?.timeoutMs, request.signal, going, callee);
    succeeded = answer.status < 400;
    return answer;
  } finally {
    if (rule?.breaker) sidecar.breakers.notify(place, rule.breaker, succeeded);
  }
}

/** As Go's path.Clean, without a slash at the beginning. */
function cleaned(path: string): string {
  const clean = posix.normalize(`/${path}`).replace(/^\/+|\/+$/g, '');
  return clean === '.' ? '' : clean;
}

/** As Go's URL writes a path. */
const encoded = (path: string): string =>
  path
    .split('/')
    .map((part) => encodeURIComponent(part).replace(/%(24|26|2B|2C|3A|3B|3D|40)/g, (code) => decodeURIComponent(code)))
    .join('/');

async function go(
  sidecar: KnownSidecar,
  call: Call,
  request: SidecarRequest,
  { callee, path, target }: { callee: string; path: string; target: string },
): Promise<SidecarAnswer> {
  const sidecars = sidecar.backend.sidecars(callee);
  if (sidecars.length === 0) return answers.calleeUnknown(callee);
  const wrong = refusalOf(path);
  if (wrong) return answers.notInvoked(callee, wrong);
  const up = sidecars.filter(({ app }) => app);
  const chosen = up[call.number % Math.max(1, up.length)];
  if (!chosen) return answers.calleeDown(callee, path);
  const headers = Object.entries(request.headers).filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()));
  try {
    return await chosen.toApp({
      method: call.method,
      path: target,
      headers: { ...Object.fromEntries(headers), 'dapr-caller-app-id': sidecar.appId, 'dapr-callee-app-id': callee },
      body: request.body,
      signal: request.signal,
    });
  } catch (error) {
    const half = error instanceof CutOff ? error.half : undefined;
    if (!half) return answers.calleeDied(callee, target.slice(1));
    // daprd hands on what it got, and ends the answer as if it were whole.
    const { 'content-length': _, ...rest } = half.headers;
    return { ...half, headers: rest };
  }
}

/** Why a path cannot be called. */
function refusalOf(path: string): string | undefined {
  const quoted = JSON.stringify(path).replace(/\\u00([0-9a-f]{2})/g, '\\x$1');
  if (/[#?\0]/.test(path))
    return `rpc error: code = InvalidArgument desc = invalid method: method contains forbidden character: ${quoted}`;
  const control = [...path].findIndex((letter) => letter < ' ' || letter === '\x7f');
  if (control >= 0)
    return `rpc error: code = InvalidArgument desc = invalid method: method contains control character at position ${control}: ${quoted}`;
  // The path is taken for an encoded one once more.
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path)?.[0];
  return bad === undefined
    ? undefined
    : `rpc error: code = Internal desc = error invoking app channel: parse "http://127.0.0.1:8080/${path}": invalid URL escape "${bad}"`;
}

/** When its time is over or its caller has left, the callee goes on; the caller does not hear of it any more. */
async function unlessLate(
  sidecar: KnownSidecar,
  ms: number | undefined,
  signal: AbortSignal | undefined,
  going: Promise<SidecarAnswer>,
  callee: string,
): Promise<SidecarAnswer> {
  let [stop, leave] = [(): void => undefined, (): void => undefined];
  const late = new Promise<SidecarAnswer>((resolve, reject) => {
    if (ms !== undefined) stop = sidecar.backend.clock.after(ms, () => resolve(answers.calleeTimeout(callee)));
    leave = () => reject(signal?.reason);
    signal?.addEventListener('abort', leave);
  });
  try {
    return await Promise.race([going, late]);
  } finally {
    stop();
    signal?.removeEventListener('abort', leave);
  }
}
