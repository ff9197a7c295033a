import { readTemplates, systems } from '../run/infrastructure/templates.ts';

/** Names that folders, files or paths of a system have already. */
const RESERVED = [
  'gateway',
  'shared',
  'page',
  'kit',
  'state',
  'pubsub',
  'configuration',
  'deadletter',
  'internal',
  'all',
];
/** Words of the kit that a new service's files import: a record of the same name would hide them. */
const KIT_WORDS = [
  'decision',
  'identified',
  'route',
  'view',
  'service',
  'given',
  'policy',
  'history',
  'request',
  'row',
  'beside',
];
const NAME = /^[a-z][a-z0-9]{1,29}$/;
/** The last of the ports that the sidecars of one service have are 16,000 above its own. */
const HIGHEST = 49_000;

/** Refuses, in one sentence, what cannot be the name of a service or system. */
export function checkName(name: string, what: 'service' | 'system'): void {
  if (!NAME.test(name))
    throw new Error(
      `"${name}" cannot name a ${what}: write 2 to 30 lower-case letters and digits, beginning with a letter, such as ${what === 'service' ? 'certificate' : 'library'}.`,
    );
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  if (RESERVED.includes(name) || KIT_WORDS.includes(name) || capital in globalThis)
    throw new Error(`"${name}" cannot name a ${what}: the code uses this word for something else.`);
}

/** Which app has which port, in all systems. */
export async function portsTaken(): Promise<Map<number, string>> {
  const apps = await readTemplates(await systems());
  return new Map(
    apps.flatMap(({ appId, ports }) => Object.values<number>({ ...ports }).map((port) => [port, appId] as const)),
  );
}

/** The ports of a service and of its sidecar, as the templates number them. */
export const portsOf = (app: number): number[] => [app, app + 10_000, app + 12_000, app + 14_000, app + 16_000];

/**
 * The port of a new service.
 * @param wanted what the user asked for; otherwise the first that is free after those the system has
 */
export function portFor(taken: ReadonlyMap<number, string>, first: number, wanted: string | undefined): number {
  const owner = (port: number): string | undefined =>
    portsOf(port)
      .map((one) => taken.get(one))
      .find((one) => one !== undefined);
  if (wanted !== undefined) {
    const port = /^\d{1,5}$/.test(wanted) ? Number(wanted) : 0;
    if (port < 1024 || port > HIGHEST) throw new Error(`--port ${wanted}: give a number from 1024 to ${HIGHEST}.`);
    const other = owner(port);
    if (other) throw new Error(`--port ${port}: ${other} has it, or one of the ports of its sidecar; give another.`);
    return port;
  }
  for (let port = first; port < HIGHEST; port++) if (!owner(port)) return port;
  throw new Error('No port is free; give one with --port.');
}
