import type { Transport } from '../kit/index.ts';

const PROBE_MS = 2_000;

/** Says whether the sidecar works; it is asked once for all who want to know at the same time. */
export function readiness(sidecar: Transport): () => Promise<boolean> {
  const path = '/v1.0/healthz/outbound';
  let probing: Promise<boolean> | undefined;
  return () => {
    probing ??= sidecar
      .request({ method: 'GET', path, headers: {}, signal: AbortSignal.timeout(PROBE_MS) })
      .then(
        ({ status }) => status === 204,
        () => false,
      )
      .finally(() => {
        probing = undefined;
      });
    return probing;
  };
}
