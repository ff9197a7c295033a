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
      z.looseObject({ 'x-access': z.record(z.string(), z.union([z.literal('all'), OwnShape])).optional() }),
    ),
  ),
});

interface Rule {
  readonly segments: readonly string[];
  readonly access: Access;
}

/** Who may do what, as the system's OpenAPI document says it: what is published is what is enforced. */
export class Rules {
  /** By method and number of segments. */
  private readonly rules = new Map<string, Rule[]>();

  /** @throws when the document says something else than roles and fields under `x-access` */
  constructor(document: object) {
    for (const [path, operations] of Object.entries(Document.parse(document).paths)) {
      const segments = path.split('/');
      for (const [method, { 'x-access': access = {} }] of Object.entries(operations)) {
        const key = `${method.toUpperCase()} ${segments.length}`;
        this.rules.set(key, [...(this.rules.get(key) ?? []), { segments, access }]);
      }
    }
    // A name in full stands before a part that may be anything.
    for (const rules of this.rules.values()) rules.sort((a, b) => variables(a) - variables(b));
  }

  /**
   * Whether the caller may do this.
   * @param query with its `?`; empty without one
   * @returns what holds him to what is his own; undefined: he may do all of it
   * @throws Refused 403
   */
  permit({ roles, person }: Caller, method: string, path: string, query: string): Guard | undefined {
    if (roles.includes(OPERATOR)) return undefined;
    const rule = this.ruleOf(method, path);
    const held = new Set([EVERYONE, ...roles]);
    const reaches = Object.entries(rule?.access ?? {}).filter(([role]) => held.has(role));
    if (reaches.some(([, reach]) => reach === 'all')) return undefined;
    const own = reaches.map(([, reach]) => reach).find((reach): reach is Own => reach !== 'all');
    if (!rule || !own) {
      const needed = [...Object.keys(rule?.access ?? {}), OPERATOR];
      throw forbidden(`This needs the role ${needed.join(' or ')}, which your token does not have.`);
    }
    return new Guard({ own, person, method, path, query, ...this.about(rule, own, method, path) });
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
