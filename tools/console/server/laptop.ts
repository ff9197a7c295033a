import { z } from 'zod';
import { bodyOf, Refusal } from '../../run/body.ts';
import * as client from '../../run/cli/client.ts';
import { actions, type Status } from '../../run/supervisor/status.ts';
import { Attempt, attempt, NotSent } from './attempt.ts';
import { documentsOf } from './documents.ts';
import type { Feed } from './feed.ts';
import { linesOfTrace, newLines } from './log-lines.ts';
import type { Route } from './request.ts';
import { play } from './story.ts';
import { handle } from './trouble.ts';

/** What the console can do where the runner is: read logs and documents, and give orders. */

const Act = z.strictObject({ id: z.string(), action: z.enum(actions), part: z.enum(['app', 'sidecar', 'both']) });
const Letters = z.strictObject({
  appId: z.string(),
  kind: z.enum(['deadletters', 'deferred']),
  id: z.int().min(1),
  action: z.enum(['replay', 'drop']),
});
const Settings = z.strictObject({ system: z.string(), changes: z.record(z.string(), z.string()) });
const Named = z.string().regex(/^[a-z0-9]+$/);
const Story = z.strictObject({ system: Named });
const Up = z.strictObject({ systems: z.array(z.string()).max(20) });
const Places = z.record(z.string(), z.int().min(0));

/** What the supervisor refuses is told as it says it. */
async function asked(order: Promise<unknown>): Promise<unknown> {
  const answer = await order.catch((error: unknown) => {
    throw new Refusal(409, error instanceof Error ? error.message : String(error));
  });
  if (answer === undefined) throw new Refusal(503, 'The runner does not answer.');
  return answer;
}

async function running(feed: Feed): Promise<Status> {
  const status = await feed.now();
  if (!status) throw new Refusal(503, 'The runner does not answer.');
  return status;
}

/** What its page asks beside what happens. */
export function questions(feed: Feed): Record<string, Route> {
  return {
    'GET /api/status': async () => running(feed),
    'GET /api/contract': async (_, url) => {
      const system = Named.safeParse(url.searchParams.get('system')).data ?? '';
      const documents = await documentsOf(system);
      if (!documents)
        throw new Refusal(404, `There are no documents of ${system || 'this system'}: ./run generate writes them.`);
      return documents;
    },
    'POST /api/logs': async (request) => {
      const { ids, places } = await bodyOf(request, z.strictObject({ ids: z.array(z.string()), places: Places }));
      const { services, infrastructure, console } = await running(feed);
      const processes = [
        ...infrastructure,
        ...services.flatMap(({ app, sidecar }) => [app, sidecar]),
        ...(console ? [console] : []),
      ];
      const known = processes.map(({ id }) => id);
      return {
        known,
        ...newLines(
          known.filter((id) => ids.length === 0 || ids.includes(id)),
          places,
        ),
      };
    },
    'GET /api/logs': async (_, url) => {
      const trace = url.searchParams.get('trace') ?? '';
      if (!/^[0-9a-f]{32}$/.test(trace)) throw new Refusal(400, 'trace must have 32 hexadecimal digits.');
      return linesOfTrace(trace);
    },
  };
}

/** What its page orders. */
export function orders(feed: Feed): Record<string, Route> {
  return {
    'POST /api/act': async (request) => {
      const { id, action, part } = await bodyOf(request, Act);
      return asked(client.act(id, action, part)).finally(() => feed.refresh());
    },
    'POST /api/up': async (request) => {
      const { systems } = await bodyOf(request, Up);
      return asked(client.up({ systems, replicas: {}, console: true }));
    },
    'POST /api/story': async (request) => {
      const { system } = await bodyOf(request, Story);
      if (!(await running(feed)).systems.includes(system)) throw new Refusal(404, `${system} does not run.`);
      return { said: await play(system) };
    },
    'POST /api/letters': async (request) => {
      const wanted = await bodyOf(request, Letters);
      return handle(await running(feed), wanted).finally(() => feed.refresh());
    },
    'POST /api/try': async (request) => {
      const asked = await bodyOf(request, Attempt);
      return attempt(await running(feed), asked).catch((error: unknown) => {
        throw error instanceof NotSent ? new Refusal(503, error.message) : error;
      });
    },
    'POST /api/configuration': async (request) => {
      const { system, changes } = await bodyOf(request, Settings);
      return asked(client.configure(system, changes));
    },
  };
}
