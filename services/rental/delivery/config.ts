import { z } from 'zod';
import { configKey, milliseconds, wholeNumber } from '../../kit/domain/index.ts';

export const Config = z.object({
  CANCEL_DELAY_MS: configKey(
    milliseconds,
    '0',
    'Trouble for operations exercises: milliseconds that cancelling a delivery takes.',
  ),
  REGISTRATION_PATIENCE: configKey(
    wholeNumber({ min: 1, max: 1000 }),
    '20',
    "How often an order of a product that delivery does not know goes to the end of the queue before it is refused, because the product's registration may still be on its way. Each time takes as long as the queue.",
  ),
});
export type Config = z.output<typeof Config>;
