import { readTemplate } from '../run/infrastructure/templates.ts';
import { aggregates, consumed, contractOf, ownPolicies, published, views } from './declared.ts';
import { type Call, calls, type Reachable, routesOf, short } from './routes.ts';

/** A service as the pictures show it, under the names its files declare. */
export interface ServiceModel {
  readonly name: string;
  readonly routes: readonly Reachable[];
  /** Events it acts on by policies, each once. */
  readonly policies: readonly string[];
  readonly aggregates: readonly string[];
  readonly publishes: readonly string[];
  readonly views: readonly { readonly name: string; readonly from: readonly string[] }[];
  readonly asks: readonly Call[];
  /** The services that call it. */
  readonly askedBy: readonly string[];
  readonly external: string | undefined;
}

/** Everything the pictures of a system show. */
export interface SystemModel {
  readonly services: readonly ServiceModel[];
  /** Which service publishes an event. */
  publisherOf(type: string): string;
  /** The services that act on an event. */
  consumersOf(type: string): readonly string[];
}

const unique = (all: readonly string[]): string[] => [...new Set(all)];

/** Reads what the services of a system declare. */
export async function modelOf(system: string): Promise<SystemModel> {
  const names = (await readTemplate(system))
    .map(({ appId }) => short(system, appId))
    .filter((name) => name !== 'gateway');
  const { outlets, external = {} } = await contractOf(system);
  // A service in another language declares nothing here; the outlets name it first.
  const elsewhere = Object.entries(outlets).flatMap(([type, whom]) => {
    const [service = ''] = whom.split(' ');
    return names.includes(service) ? [{ service, type }] : [];
  });
  const events = await published(system);
  const followed = [...(await consumed(system)), ...elsewhere];
  const policies = [...(await ownPolicies(system)), ...elsewhere];
  const [routes, asked, kinds, readModels] = await Promise.all([
    routesOf(system, names),
    calls(system),
    aggregates(system),
    views(system),
  ]);
  const of = <T extends { service: string }>(all: readonly T[], name: string): T[] =>
    all.filter(({ service }) => service === name);
  return {
    publisherOf: (type) => events.find((event) => event.type === type)?.service ?? '',
    consumersOf: (type) => unique(followed.filter((event) => event.type === type).map(({ service }) => service)),
    services: names.map((name) => ({
      name,
      routes: of(routes, name),
      policies: unique(of(policies, name).map(({ type }) => type)),
      aggregates: unique(of(kinds, name).map((kind) => kind.name)),
      publishes: of(events, name).map(({ type }) => type),
      views: of(readModels, name).map((view) => ({
        name: view.name,
        from: view.policies.map(({ event }) => event.type),
      })),
      asks: asked.filter(({ from }) => from === name),
      askedBy: unique(asked.filter(({ to }) => to === name).map(({ from }) => from)),
      external: external[name],
    })),
  };
}
