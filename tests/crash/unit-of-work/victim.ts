/** One life of a process that works with the kit's unit of work, and dies or loses an answer where it is told to. */
import { readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Records, Sidecar } from '../../../services/kit/index.ts';
import { messaging } from '../../../services/kit/messaging/messaging.ts';
import { Ids } from '../../../services/kit/persistence/ids.ts';
import { UnitOfWork } from '../../../services/kit/persistence/unit-of-work.ts';
import { realClock } from '../../../services/kit/runtime/clock.ts';
import { type Orders, say } from './protocol.ts';
import { scenariosOf } from './scenarios.ts';
import { policies } from './things.ts';
import { TroubledCalls } from './trouble.ts';

const orders = JSON.parse(process.env.VICTIM ?? '{}') as Orders;
const { instance } = orders;
const sidecar = new Sidecar(orders.port, orders.appId);
const work = new UnitOfWork(sidecar, instance);
const records = new Records(sidecar, work, new Ids(sidecar));
const { consumer } = messaging({ sidecar, records, policies, instance, clock: realClock });
const calls = new TroubledCalls(sidecar, orders);
const scenario = scenariosOf(records, consumer, orders, (id) => {
  say('intended', { id });
  if (orders.countFrom === 'intent') calls.counting = true;
})[orders.scenario];
if (!scenario) throw new Error(`there is no scenario ${orders.scenario}`);

await sidecar.ready(20_000);
calls.counting = orders.countFrom === 'start';
await work.outbox.start();
calls.counting = false;
if (orders.life === 'recover') {
  while (work.outbox.backlog > 0) await sleep(5);
  await sleep(30); // the last batch is taken from the queue when the broker has answered
  say('recovered');
  readSync(0, Buffer.alloc(1));
} else if (scenario.before && !orders.mute) {
  await scenario.before();
  await sleep(60);
}
calls.counting = orders.countFrom === 'command';
await scenario.command().then(
  () => say('done', { calls: calls.made }),
  (error: Error) => say('failed', { reason: error.message, kind: error.constructor.name, calls: calls.made }),
);
if (orders.scenario === 'pair' && orders.life === 'run') process.kill(process.pid, 'SIGKILL');
if (!orders.mute) await work.close().catch((error: Error) => say('not closed', { reason: error.message }));
calls.counting = false;
say('closed', { calls: calls.made });
process.exit(0);
