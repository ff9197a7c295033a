import { z } from 'zod';
import {
  type Access,
  answers,
  type Command,
  ok,
  Problem,
  type Route,
  type RouteContext,
  type RouteSpec,
  routeFor,
} from '../../kit/index.ts';

/** One call of `POST /<collection>/online`. */
export interface OnlineCall<C> {
  /** Function, in lower case. */
  readonly svcFn: string;
  /** An argument; empty where it was not sent. */
  of(name: string): string;
  readonly command: Command;
  readonly context: Pick<RouteContext<C, unknown, never>, 'records' | 'sidecar' | 'config' | 'context'>;
}
type Procedure<C> = (call: OnlineCall<C>) => Promise<object>;

const Flat = z.record(
  z.string(),
  z.union([z.string().max(1000, 'must be at most 1,000 characters'), z.number(), z.boolean(), z.null()], {
    error: 'must be a text',
  }),
);

/** For the documents: one of these services has to be named. */
const naming = (services: readonly string[]) =>
  Flat.meta({ properties: { svcId: { enum: services } }, required: ['svcId'] });

/** The service that was named does not exist. */
const unknownService = (given: string, known: readonly string[]): Problem =>
  new Problem(400, 'Bad Request', `svcId must be ${known.join(' or ')}, not "${given}".`, {
    errors: [{ field: 'svcId', message: `must be ${known.join(' or ')}` }],
  });

/** Who sells, and so sees what is of any customer. */
export const agents = { agent: 'all' } as const;

/** What these procedures answer: `data` has the fields of the contract, or a sentence, or is null. */
const OnlineAnswer = z.looseObject({ data: z.union([z.looseObject({}), z.string(), z.null()]).optional() });

/**
 * Remote procedures (docs/contracts/insurance.md#online): a flat object of texts names service (`svcId`), function and arguments.
 * @param access who may call them
 * @param procedures what each svcId does; under `any`: what is done whatever the svcId
 * @param scopes what programs need, where nothing of it changes anything
 */
export const online = <C = Record<string, unknown>>(
  path: string,
  summary: string,
  access: Access,
  procedures: Readonly<Record<string, Procedure<C>>>,
  scopes?: RouteSpec['scopes'],
): Route<C> => {
  const message = procedures.any ? Flat : naming(Object.keys(procedures));
  const spec = { summary, message, answer: answers.json(OnlineAnswer), access, ...(scopes && { scopes }) };
  return routeFor<C>().post(path, spec, async (context) => {
    const of = (name: string): string =>
      String((Object.hasOwn(context.body, name) ? context.body[name] : null) ?? '').trim();
    const svcId = of('svcId');
    const named = Object.hasOwn(procedures, svcId) ? procedures[svcId] : undefined;
    const procedure = named ?? procedures.any;
    if (!procedure) throw unknownService(svcId, Object.keys(procedures));
    return ok(await procedure({ svcFn: of('svcFn').toLowerCase(), of, command: context.command, context }));
  });
};

/** The `data` of an answer: the fields of `names`, null where `from` has nothing. */
export const dataOf = (names: readonly string[], from: object = {}): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, (from as Record<string, unknown>)[name] ?? null]));
