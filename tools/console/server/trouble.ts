import type { ServiceStatus, Status } from '../../run/supervisor/status.ts';
import { headersFor, SECRET_VARIABLE } from '../../run/tokens.ts';
import { ask } from './ask.ts';

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
    const headers = headersFor(process.env[SECRET_VARIABLE], appId);
    const { text } = await ask({ port, path: `/${kind}?${query}`, headers }, WITHIN_MS);
    const { _embedded } = JSON.parse(text) as { _embedded?: Record<string, Record<string, unknown>[]> };
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

/** What a problem says in words; nothing where it is none. */
function detailOf(text: string): { detail?: string } {
  try {
    return (JSON.parse(text) ?? {}) as { detail?: string };
  } catch {
    return {};
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
    const headers = headersFor(process.env[SECRET_VARIABLE], appId);
    const { status, text } = await ask({ port: service.port, path, method, headers }, 30_000);
    const { detail } = detailOf(text);
    return { status, said: detail ?? (action === 'replay' ? 'It was handled.' : 'It was dropped.') };
  } catch {
    return { status: 503, said: `${appId} does not answer.` };
  }
}
