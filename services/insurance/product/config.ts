import { z } from 'zod';
import { configKey, milliseconds } from '../../kit/domain/index.ts';

export const Config = z.object({
  ISSUE_DELAY_MS: configKey(
    milliseconds,
    '0',
    'Milliseconds that issuing a product description takes. 10000 in the original (docs/contracts/insurance.md#oddity-issue-delay).',
  ),
});
export type Config = z.output<typeof Config>;
