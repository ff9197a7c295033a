/** Kinds of components, as the first part of a type names them. */
export type Kind = 'state' | 'pubsub' | 'configuration';
const KINDS: readonly Kind[] = ['state', 'pubsub', 'configuration'];

/** The components a service works with, as its sidecar names them. */
export interface Components {
  readonly pubsub: string;
  readonly configuration: string;
  readonly state: { readonly name: string; readonly type: string };
  /** Type of the output binding `notice`; undefined: there is none. */
  readonly messenger: string | undefined;
}

/**
 * Finds its components in what a sidecar says of itself (GET /v1.0/metadata).
 * @param needed a gateway has its configuration alone; names of other kinds are empty then
 * @throws Error with one plain sentence where one of a kind is missing, or there are several
 */
export function componentsOf(appId: string, metadata: string, needed: readonly Kind[] = KINDS): Components {
  const { components } = JSON.parse(metadata) as { components: { name: string; type: string }[] };
  const only = (kind: Kind): { name: string; type: string } => {
    if (!needed.includes(kind)) return { name: '', type: '' };
    const found = components.filter(({ type }) => type.startsWith(`${kind}.`));
    if (found.length === 1 && found[0]) return found[0];
    throw new Error(
      `${appId} needs exactly one ${kind} component in its scope, and has ${found.length}: see components/ and the scopes in it.`,
    );
  };
  return {
    state: only('state'),
    pubsub: only('pubsub').name,
    configuration: only('configuration').name,
    messenger: components.find(({ name }) => name === 'notice')?.type,
  };
}
