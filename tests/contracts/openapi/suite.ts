import { client, type System } from '../../harness/client.ts';
import { play } from './play.ts';

/** Shows, in some seconds, that a running system does what its own document says. */
export function keepsItsDocument(system: System, requests = 100): void {
  test(`given the OpenAPI document of ${system} alone, when all it describes is asked for, then the answers are as it says`, async () => {
    const { requests: sent, findings } = await play(client(system).GW, requests, 20_261);
    expect(sent).toBeGreaterThanOrEqual(requests);
    expect(findings).toEqual([]);
  }, 60_000);
}
