import { z } from 'zod';
import type { Endpoints } from './admission.ts';

const Flow = z.looseObject({});
const Described = z.looseObject({
  components: z.looseObject({
    securitySchemes: z.looseObject({
      oauth2: z.looseObject({
        flows: z.looseObject({ authorizationCode: Flow.optional(), clientCredentials: Flow.optional() }),
      }),
    }),
  }),
});

/**
 * The OpenAPI document for a client: with the address that it called, and where it gets tokens.
 * @param endpoints of the authorization server; undefined: there is none, or it is not known yet
 */
export function documentFor(document: object, base: string, endpoints: Endpoints | undefined): object {
  const described = endpoints && Described.safeParse(document).data;
  return { ...document, ...(described && withEndpoints(described, endpoints)), servers: [{ url: base }] };
}

function withEndpoints({ components }: z.output<typeof Described>, { authorization, token }: Endpoints): object {
  const { securitySchemes } = components;
  const { authorizationCode: code, clientCredentials: program } = securitySchemes.oauth2.flows;
  const flows = {
    ...(authorization && token
      ? { authorizationCode: { ...code, authorizationUrl: authorization, tokenUrl: token } }
      : {}),
    ...(token ? { clientCredentials: { ...program, tokenUrl: token } } : {}),
  };
  const oauth2 = { ...securitySchemes.oauth2, flows };
  return { components: { ...components, securitySchemes: { ...securitySchemes, oauth2 } } };
}
