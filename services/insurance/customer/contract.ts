import { z } from 'zod';
import { integer } from '../../kit/domain/index.ts';
import { bodyOf, customerNumber, day, full, upTo, type Whole, whole } from '../shared/values.ts';

const customerFields = {
  custNo: customerNumber,
  custNm: upTo(50).trim().min(1, 'must not be empty').meta({ pattern: '\\S' }),
  custDscDcd: upTo(2),
  custDscNo: upTo(44),
  custDcd: upTo(2),
  custStcd: upTo(2),
  custRegDt: day,
  custRegPlnrEno: upTo(10),
  rlpmVrfcDt: day,
  gndrCd: z.enum(['1', '2', ''], 'must be 1 (male) or 2 (female)'),
  aclBirdt: day,
  insJobCd: upTo(10),
  insJobNm: upTo(40),
  vhclKcd: upTo(8),
  natyCd: upTo(2),
  phoneNo: upTo(12),
  pmtrRecvplAddrDcd: upTo(2),
  befAsntDt: day,
};
export type CustomerFields = Whole<typeof customerFields>;

/** Number and name are required. Nobody checks that the number is unique. */
export const CustomerBody = bodyOf(customerFields, { custNo: customerFields.custNo, custNm: customerFields.custNm });
export const wholeCustomer = (request: Partial<CustomerFields>): CustomerFields => whole(customerFields, request);

/** A customer as clients see it. */
export const CustomerAnswer = full(customerFields, { id: integer });

/** Fields that the lookup by number answers. */
export const LOOKUP = [...Object.keys(customerFields).filter((name) => name !== 'insJobNm'), 'eventType'];
export const LookupAnswer = z.object({ data: z.record(z.string(), z.string().nullable()).nullable() });
