import { z } from 'zod';
import type { Access, Own } from '../kit/index.ts';
import { type Caller, forbidden } from './admission.ts';
import { Guard } from './guard.ts';

/** May do everything. */
const OPERATOR = 'operator';
/** Whoever is signed in. */
const EVERYONE = 'everyone';

const OwnShape = z.object({
  own: z.string(),
  of: z.string().exactOptional(),
  unless: z.record(z.string(), z.string()).exactOptional(),
});
const Document = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        'x-access': z.record(z.string(), z.union([z.literal('all'), OwnShape])).optional(),
        security: z.array(z.looseObject({ oauth2: z.array(z.string()).optional() })).optional(),
      }),
    ),
  ),
});

interface Rule {
  readonly segments: readonly string[];
  readonly access: Access;
  /** What a token with scopes needs, all of them; without any, scopes permit nothing here. */
  readonly scopes: readonly string[];
}

/** Who may do what, as the system's OpenAPI document says it: what is published is what is enforced. */
export class Rules {
  /** By method and number of segments. */
  private readonly rules = new Map<string, Rule[]>();
  /** All scopes of the system. */
  private readonly scopes: ReadonlySet<string>;

  /** @throws when the document says something else than roles and fields under `x-access`, and scopes under `security` */
  constructor(document: object) {
    for (const [path, operations] of Object.entries(Document.parse(document).paths)) {
      const segments = path.split('/');
      for (const [method, { 'x-access': access = {}, security = [] }] of Object.entries(operations)) {
        const key = `${method.toUpperCase()} ${segments.length}`;
        const scopes = security.flatMap(({ oauth2 = [] }) => oauth2);
        this.rules.set(key, [...(this.rules.get(key) ?? []), { segments, access, scopes }]);
      }
    }
    this.scopes = new Set([...this.rules.values()].flat().flatMap(({ scopes }) => scopes));
    // A name in full stands before a part that may be anything.
    for (const rules of this.rules.values()) rules.sort((a, b) => variables(a) - variables(b));
  }

  /**
   * Whether the caller may do this: a person by role, a program by role or by scope. A token that names scopes of the
   * system is held to them, whatever its roles.
   * @param query with its `?`; empty without one
   * @returns what holds him to what is his own; undefined: he may do all of it
   * @throws Refused 403
   */
  permit(caller: Caller, method: string, path: string, query: string): Guard | undefined {
    const { roles, person } = caller;
    const rule = this.ruleOf(method, path);
    if ((rule && this.isInScope(caller, rule)) || roles.includes(OPERATOR)) return undefined;
    const held = new Set([EVERYONE, ...roles]);
    const reaches = Object.entries(rule?.access ?? {}).filter(([role]) => held.has(role));
    if (reaches.some(([, reach]) => reach === 'all')) return undefined;
    const own = reaches.map(([, reach]) => reach).find((reach): reach is Own => reach !== 'all');
    if (!rule || !own) {
      const needed = [...Object.keys(rule?.access ?? {}), OPERATOR].join(' or ');
      const scope = caller.isProgram && rule?.scopes.length ? rule.scopes.join(' ') : undefined;
      const otherwise = scope ? `, or as a program's the scope ${scope}` : '';
      throw forbidden(`This needs the role ${needed}${otherwise}, which your token does not have.`, scope);
    }
    return new Guard({ own, person, method, path, query, ...this.about(rule, own, method, path) });
  }

  /**
   * Whether it is a program's, and its scopes are enough.
   * @throws Refused 403 where the token has other scopes of the system
   */
  private isInScope({ scopes, isProgram }: Caller, rule: Rule): boolean {
    if (!scopes.some((one) => this.scopes.has(one))) return false;
    const isWhole = rule.scopes.length > 0 && rule.scopes.every((one) => scopes.includes(one));
    if (!isWhole) {
      const needed = rule.scopes.join(' ');
      throw forbidden(`This needs the scope ${needed}, and your token is for ${scopes.join(' ')} alone.`, needed);
    }
    return isProgram;
  }

  private about({ segments }: Rule, { own }: Own, method: string, path: string) {
    const there = path.split('/');
    const parts = Object.fromEntries(
      segments.flatMap((name, at) => (isVariable(name) ? [[name.slice(1, -1), there[at] ?? '']] : [])),
    );
    const search = `${path}/search/findBy${own.charAt(0).toUpperCase()}${own.slice(1)}`;
    const isSought = method !== 'POST' && Object.keys(parts).length === 0 && !path.includes('/search/');
    return { parts, search: isSought && this.ruleOf(method, search) ? search : undefined };
  }

  private ruleOf(method: string, path: string): Rule | undefined {
    const there = path.split('/');
    const known = this.rules.get(`${method === 'HEAD' ? 'GET' : method} ${there.length}`);
    return known?.find(({ segments }) => segments.every((name, at) => isVariable(name) || name === there[at]));
  }
}

const isVariable = (segment: string): boolean => segment.startsWith('{');
const variables = ({ segments }: Rule): number => segments.filter(isVariable).length;
