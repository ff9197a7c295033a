import type { ServiceStatus, Status } from '../../run/supervisor/status.ts';
import { headersFor, SECRET_VARIABLE } from '../../run/tokens.ts';

/** A dead letter, or an event that waits, of one service. */
export interface Letter {
  readonly appId: string;
  readonly kind: 'deadletters' | 'deferred';
  readonly id: number;
  readonly reason: string;
  readonly since: string;
  readonly replayable: boolean;
  readonly replayed: boolean;
  readonly attempts?: number;
  readonly event?: unknown;
}

const LISTED = 50;
const WITHIN_MS = 3_000;

/** What lies aside in all services that answer: at most 50 of each kind of each service. */
export async function letters({ services }: Status): Promise<Letter[]> {
  const first = services.filter(({ service, replica }) => service !== 'gateway' && replica === 1);
  const asked = first.flatMap((one) => (['deadletters', 'deferred'] as const).map((kind) => lettersOf(one, kind)));
  return (await Promise.all(asked)).flat();
}

async function lettersOf({ appId, port }: ServiceStatus, kind: Letter['kind']): Promise<Letter[]> {
  try {
    const query = kind === 'deadletters' ? `size=${LISTED}&sort=id,desc` : `size=${LISTED}`;
    const answer = await fetch(`http://127.0.0.1:${port}/${kind}?${query}`, {
      headers: headersFor(process.env[SECRET_VARIABLE], appId),
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const { _embedded } = (await answer.json()) as { _embedded?: Record<string, Record<string, unknown>[]> };
    return Object.values(_embedded ?? {})
      .flat()
      .slice(0, LISTED)
      .map((found) => ({
        appId,
        kind,
        id: Number(found.id),
        reason: String(found.reason ?? ''),
        since: String(found.at ?? found.since ?? ''),
        replayable: found.replayable !== false,
        replayed: found.replayed === true,
        ...(found.attempts === undefined ? {} : { attempts: Number(found.attempts) }),
        event: found.event,
      }));
  } catch {
    // It is down, or older than this console: its own row says so.
    return [];
  }
}

/** Has a service handle a letter again, or drop it; answers what it said. */
export async function handle(
  { services }: Status,
  { appId, kind, id, action }: { appId: string; kind: Letter['kind']; id: number; action: 'replay' | 'drop' },
): Promise<{ status: number; said: string }> {
  const service = services.find((one) => one.appId === appId);
  if (!service) return { status: 404, said: `${appId} does not run.` };
  const path = `/${kind}/${id}${action === 'replay' ? '/replay' : ''}`;
  const method = action === 'replay' ? 'POST' : 'DELETE';
  try {
    const answer = await fetch(`http://127.0.0.1:${service.port}${path}`, {
      method,
      headers: headersFor(process.env[SECRET_VARIABLE], appId),
      signal: AbortSignal.timeout(30_000),
    });
    const { detail } = ((await answer.json().catch(() => ({}))) ?? {}) as { detail?: string };
    return { status: answer.status, said: detail ?? (action === 'replay' ? 'It was handled.' : 'It was dropped.') };
  } catch {
    return { status: 503, said: `${appId} does not answer.` };
  }
}
