import type { Status } from '../../run/supervisor/status.ts';
import { ask } from './ask.ts';
import { type Runs, runner, type Way } from './runs.ts';

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

/** What lies aside in all services that answer: at most 50 of each kind of each service, whose replicas share them. */
export async function letters({ services }: Status, runs: Runs): Promise<Letter[]> {
  const asked = [...new Set(services.map(({ appId }) => appId))].flatMap((appId) => {
    const replicas = services.filter(
      ({ service, state, ...one }) => one.appId === appId && service !== 'gateway' && state !== 'stopped',
    );
    const one = replicas.find(({ healthy }) => healthy) ?? replicas[0];
    return one ? (['deadletters', 'deferred'] as const).map((kind) => lettersOf(appId, runs.wayTo(one), kind)) : [];
  });
  return (await Promise.all(asked)).flat();
}

async function lettersOf(appId: string, way: Way, kind: Letter['kind']): Promise<Letter[]> {
  try {
    const query = kind === 'deadletters' ? `size=${LISTED}&sort=id,desc` : `size=${LISTED}`;
    const { text } = await ask({ ...way, path: `/${kind}?${query}` }, WITHIN_MS);
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
    const { status, text } = await ask({ ...runner.wayTo(service), path, method }, 30_000);
    const { detail } = detailOf(text);
    return { status, said: detail ?? (action === 'replay' ? 'It was handled.' : 'It was dropped.') };
  } catch {
    return { status: 503, said: `${appId} does not answer.` };
  }
}
