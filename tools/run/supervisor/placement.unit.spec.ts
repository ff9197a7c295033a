import { readTemplate } from '../infrastructure/templates.ts';
import { place } from './placement.ts';

test('given eight replicas of each service of a system, when they are placed, then no two have one port', async () => {
  const services = await readTemplate('lecture');
  const wanted = Object.fromEntries(services.map(({ appId }) => [appId, 8]));
  const placed = await place(services, wanted, () => 0, false);
  const ports = placed.flatMap((replica) => Object.values(replica.ports));
  expect(placed).toHaveLength(8 * services.length);
  expect(new Set(ports).size).toBe(ports.length);
});
