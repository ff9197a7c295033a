import { readTemplates, systems } from '../infrastructure/templates.ts';
import { defaultPorts } from './services.ts';

test('given all services of all systems, when two replicas of each get ports, then no two are the same', async () => {
  const services = await readTemplates(await systems());
  const ports = [1, 2].flatMap((number) => services.flatMap((service) => Object.values(defaultPorts(service, number))));
  expect(services.length).toBeGreaterThan(30);
  expect(new Set(ports).size).toBe(ports.length);
});
