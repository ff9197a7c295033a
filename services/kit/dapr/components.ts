/** The components a service works with, as its sidecar names them. */
export interface Components {
  readonly pubsub: string;
  readonly configuration: string;
  readonly state: { readonly name: string; readonly type: string };
  /** Type of the output binding `notice`; undefined: there is none. */
  readonly messenger: string | undefined;
}

const listed = (metadata: string): { name: string; type: string }[] =>
  (JSON.parse(metadata) as { components: { name: string; type: string }[] }).components;

/** The one component of a kind. @throws Error with one plain sentence */
export function onlyOne(appId: string, metadata: string, kind: string): { name: string; type: string } {
  const found = listed(metadata).filter(({ type }) => type.startsWith(`${kind}.`));
  if (found.length === 1 && found[0]) return found[0];
  throw new Error(
    `${appId} needs exactly one ${kind} component in its scope, and has ${found.length}: see components/ and the scopes in it.`,
  );
}

/**
 * Finds its components in what a sidecar says of itself (GET /v1.0/metadata).
 * @throws Error with one plain sentence where one of a kind is missing, or there are several
 */
export function componentsOf(appId: string, metadata: string): Components {
  return {
    state: onlyOne(appId, metadata, 'state'),
    pubsub: onlyOne(appId, metadata, 'pubsub').name,
    configuration: onlyOne(appId, metadata, 'configuration').name,
    messenger: listed(metadata).find(({ name }) => name === 'notice')?.type,
  };
}
