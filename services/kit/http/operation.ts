import { Router } from 'express';
import type { z } from 'zod';
import { checked, jsonBody } from './body.ts';

/**
 * An internal operation for other services: POST, idempotent, on a fixed path. It answers 200 with an outcome also when
 * it refuses, because the caller's breaker counts every 4xx as a failure.
 */
export function operation<T>(path: string, schema: z.ZodType<T>, work: (body: T) => Promise<object>): Router {
  const router = Router();
  router.post(path, ...jsonBody, async (request, response) => {
    response.json(await work(checked(schema, request.body)));
  });
  return router;
}
