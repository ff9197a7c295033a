import { request } from 'node:http';
import { portTaken } from '../infrastructure/system.ts';
import { controlPort, home } from '../paths.ts';
import type { Action, Part, StartRequest, Status } from '../supervisor/status.ts';

/** Calls the control API of the running supervisor; undefined when nothing listens. */
function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: controlPort,
      method,
      path,
      agent: false,
      headers: { host: `localhost:${controlPort}`, 'content-type': 'application/json' },
    };
    const sent = request(options, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        const value = JSON.parse(text) as { error?: string };
        if (value.error) reject(new Error(value.error));
        else resolve(value);
      } catch {
        reject(new Error(portTaken(controlPort, 'the runner')));
      }
    });
    sent.once('error', (error: NodeJS.ErrnoException) =>
      // Reset: it ended while it was asked.
      error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET'
        ? resolve(undefined)
        : reject(new Error(portTaken(controlPort, 'the runner'))),
    );
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** How the running system is; undefined when none runs from this home. */
export async function status(): Promise<Status | undefined> {
  const answer = (await call('GET', '/api/status')) as Status | undefined;
  if (answer && answer.home !== home)
    throw new Error(
      `Another Madang, of ${answer.home}, uses port ${controlPort}; stop it, or set MADANG_PORT_OFFSET to run beside it.`,
    );
  return answer;
}

export async function running(): Promise<Status> {
  const found = await status();
  if (!found) throw new Error('Nothing runs; start it with ./run up.');
  return found;
}

export const up = (wanted: StartRequest): Promise<unknown> => call('POST', '/api/up', wanted);
export const down = (): Promise<unknown> => call('POST', '/api/down', {});
/** The configuration in force for a system, after these changes. @throws Error with a sentence when one is refused */
export const configure = (system: string, changes: Record<string, string>): Promise<unknown> =>
  call('POST', '/api/configuration', { system, changes });
export const act = (id: string, action: Action, part: Part): Promise<unknown> =>
  call('POST', '/api/act', { id, action, part });
