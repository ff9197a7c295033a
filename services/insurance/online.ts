import { Router } from 'express';
import { z } from 'zod';
import { type Command, checked, commandOf, jsonBody, Problem } from '../kit/index.ts';

/** One call of `POST /<collection>/online`. */
export interface OnlineCall {
  /** Function, in lower case. */
  readonly svcFn: string;
  /** An argument; empty where it was not sent. */
  of(name: string): string;
  readonly command: Command;
}
type Procedure = (call: OnlineCall) => Promise<object>;

const Flat = z.record(
  z.string(),
  z.union([z.string().max(1000, 'must be at most 1,000 characters'), z.number(), z.boolean(), z.null()], {
    error: 'must be a text',
  }),
);

/** The service that was named does not exist. */
const unknownService = (given: string, known: readonly string[]): Problem =>
  new Problem(400, 'Bad Request', `svcId must be ${known.join(' or ')}, not "${given}".`, {
    errors: [{ field: 'svcId', message: `must be ${known.join(' or ')}` }],
  });

/**
 * Remote procedures (docs/contracts/insurance.md#online): a flat object of texts names service (`svcId`), function and arguments.
 * @param procedures what each svcId does; under `any`: what is done whatever the svcId
 */
export function online(path: string, procedures: Readonly<Record<string, Procedure>>): Router {
  const router = Router();
  router.post(path, ...jsonBody, async (request, response) => {
    const sent = checked(Flat, request.body);
    const of = (name: string): string => String((Object.hasOwn(sent, name) ? sent[name] : null) ?? '').trim();
    const svcId = of('svcId');
    const named = Object.hasOwn(procedures, svcId) ? procedures[svcId] : undefined;
    const procedure = named ?? procedures.any;
    if (!procedure) throw unknownService(svcId, Object.keys(procedures));
    response.json(await procedure({ svcFn: of('svcFn').toLowerCase(), of, command: commandOf(request) }));
  });
  return router;
}

/** The `data` of an answer: the fields of `names`, null where `from` has nothing. */
export const dataOf = (names: readonly string[], from: object = {}): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, (from as Record<string, unknown>)[name] ?? null]));
