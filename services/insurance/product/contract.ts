import { z } from 'zod';
import { event, integer, nonNegative, positive, text } from '../../kit/domain/index.ts';
import {
  amount,
  bodyOf,
  customerNumber,
  day,
  eventFields,
  full,
  productCode,
  upTo,
  type Whole,
  whole,
} from '../shared/values.ts';

export const productFields = {
  prdcd: productCode,
  prdnm: upTo(100).trim().min(1, 'must not be empty').meta({ pattern: '\\S' }),
  insDcd: upTo(10),
  prdSellOpnDt: day,
  prdSellEndDt: day,
  insPrd: upTo(20),
  insPrdTypVl: nonNegative,
  insPrdYcnt: nonNegative,
  pmPrdTpcd: upTo(10),
  pmPrd: upTo(20),
  pmPrdMcnt: nonNegative,
  pmCyl: upTo(20),
  pmCylCd: upTo(2),
  minEntAmt: amount,
  maxEntAmt: amount,
  minEntAge: nonNegative,
  maxEntAge: nonNegative,
  prm: amount,
};
export type ProductFields = Whole<typeof productFields>;
export const wholeProduct = (request: Partial<ProductFields>): ProductFields => whole(productFields, request);

/** Code, name and premium are required: a calculation needs them. */
export const ProductBody = bodyOf(productFields, {
  prdcd: productFields.prdcd,
  prdnm: productFields.prdnm,
  prm: productFields.prm,
});

/** A product as clients see it. */
export const ProductAnswer = full(productFields, { id: integer });

/** Which products are asked for, and whether their limits admit an amount. */
export const CheckRequest = z.object({
  prdcd: z.string().default(''),
  entAmt: amount.nullish(),
  svcFn: z.string().nullish(),
});

/** What plan and proposal ask by POST /internal/underwriting; what is left out is not checked. */
export const UnderwritingRequest = z.object({
  prdcd: z.string(),
  entAmt: z.number().nullish(),
  aclBirdt: z.string().nullish(),
});
export type UnderwritingRequest = z.output<typeof UnderwritingRequest>;
const terms = { prdcd: z.string(), prdnm: z.string(), prm: amount };
export const UnderwritingOutcome = z.union([
  z.object({ refused: z.string() }),
  z.object({
    product: z.object({
      ...terms,
      insPrd: z.string().nullable(),
      pmPrd: z.string().nullable(),
      pmCyl: z.string().nullable(),
    }),
  }),
]);

const documentFields = {
  /** Number of the plan it is issued for. */
  isueRefNo: upTo(15),
  prdcd: productCode,
  notclCtnt: upTo(255),
};
export type DocumentFields = Whole<typeof documentFields>;
/** Whom the document is for. It is published, not stored. */
export interface Addressee {
  readonly prdnm: string | null;
  readonly custNo: string | null;
  readonly custNm: string | null;
}
export const DocumentBody = bodyOf(
  { ...documentFields, prdnm: upTo(100), custNo: customerNumber, custNm: upTo(50) },
  { isueRefNo: documentFields.isueRefNo.min(1, 'must not be empty') },
  ['isueNo', 'isueDt', 'formTpcd', 'formNm', 'sendYn'],
);
export type DocumentBody = Partial<DocumentFields & Addressee>;
export const wholeDocument = (body: DocumentBody): DocumentFields => whole(documentFields, body);

/** A document as clients see it. */
export const DocumentAnswer = full(documentFields, {
  id: integer,
  isueNo: z.string(),
  isueDt: z.string(),
  formTpcd: z.literal('PRD001'),
  formNm: z.literal('상품설명서'),
  sendYn: z.literal('N'),
});

/** A product description document exists. Its spelling: docs/contracts/insurance.md#oddity-spelling */
export const PrductDesdCreated = event(
  'PrductDesdCreated',
  eventFields({ ppsdsnNo: text, prdcd: text, prdnm: text, custNo: text, custNm: text }, { id: positive }),
);
