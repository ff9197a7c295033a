import { CalleeUnavailable, Problem, type RouteContext, RuleViolation } from '../../kit/index.ts';
import { UnderwritingOutcome, type UnderwritingRequest } from '../product/contract.ts';
import type { Config } from './config.ts';
import type { Terms } from './domain.ts';

/** Product says whether it may be had so, and at which premium; its reason, or its absence, stands behind `prefix`. */
export async function underwritten(
  { sidecar, config }: Pick<RouteContext<Config, unknown, never>, 'sidecar' | 'config'>,
  prefix: string,
  request: UnderwritingRequest,
): Promise<Terms> {
  const asked = sidecar.call(config['api.url.product'], 'internal/underwriting', request, UnderwritingOutcome);
  const outcome = await asked.catch((error) => {
    if (!(error instanceof CalleeUnavailable)) throw error;
    const { message, retryAfterSeconds } = error;
    const detail = `${prefix} :: ${message}. Nothing was changed; please try again in a moment.`;
    throw new Problem(503, 'Service Unavailable', detail, { retryAfterSeconds });
  });
  if ('refused' in outcome) throw new RuleViolation(`${prefix} :: ${outcome.refused}`);
  return outcome.product;
}
