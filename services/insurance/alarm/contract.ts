import { z } from 'zod';
import { integer } from '../../kit/domain/index.ts';

/** A message as clients see it. */
export const MessageBody = z.object({
  id: integer,
  custNo: z.string().nullable(),
  custNm: z.string().nullable(),
  phoneNo: z.string().nullable(),
  message: z.string(),
  sendDtm: z.string(),
});

/** Whose messages another service asks for; nobody's name: all. */
export const MessageRequest = z.object({ myName: z.string().default('') });
