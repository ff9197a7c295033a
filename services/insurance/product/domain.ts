import { aggregate, type Decision, decided, ended, type Identified, RuleViolation } from '../../kit/domain/index.ts';
import type { ProductDesdRequested } from '../plan/contract.ts';
import {
  type Addressee,
  type DocumentBody,
  type DocumentFields,
  PrductDesdCreated,
  type ProductFields,
  type UnderwritingRequest,
  wholeDocument,
  wholeProduct,
} from './contract.ts';

export interface Product extends Identified, ProductFields {}
export const Product = aggregate<Product>('Product', { listBy: ['prdcd'] });

/** Publishes nothing: docs/contracts/insurance.md#oddity-no-events */
export const registerProduct = (id: number, body: Partial<ProductFields>): Decision<Product> =>
  decided({ id, ...wholeProduct(body) });

export const changeProduct = (product: Product, change: Partial<ProductFields>): Decision<Product> => {
  if (change.prdcd !== undefined && change.prdcd !== product.prdcd)
    throw new RuleViolation(`prdcd of a product stays; register ${change.prdcd} as another one`);
  return decided({ ...product, ...change });
};

export const removeProduct = (): Decision<Product> => ended();

/** Completed years between two days (yyyyMMdd). */
export const ageOn = (today: string, birth: string): number => Math.floor((Number(today) - Number(birth)) / 10_000);

/**
 * Checks the underwriting limits (docs/contracts/insurance.md#underwriting). Limits are inclusive; unknown values are not checked.
 * @returns the reason of a refusal, undefined if there is none
 */
export function underwrite(
  { minEntAmt, maxEntAmt, minEntAge, maxEntAge }: Product,
  { entAmt, aclBirdt }: Pick<UnderwritingRequest, 'entAmt' | 'aclBirdt'>,
  today: string,
): string | undefined {
  if (entAmt != null && maxEntAmt !== null && entAmt > maxEntAmt) return '가입금액 초과';
  if (entAmt != null && minEntAmt !== null && entAmt < minEntAmt) return '가입금액 미달';
  if (!aclBirdt) return undefined;
  const age = ageOn(today, aclBirdt);
  if (maxEntAge !== null && age > maxEntAge) return '가입연령 초과';
  if (minEntAge !== null && age < minEntAge) return '가입연령 미달';
  return undefined;
}

/** A product description document, issued for a plan. */
export interface ProductDocument extends Identified, DocumentFields {
  readonly isueNo: string;
  readonly isueDt: string;
  readonly formTpcd: 'PRD001';
  readonly formNm: '상품설명서';
  readonly sendYn: 'N';
  /** The request it answers: one document for each. */
  readonly request: string;
}
export const ProductDocument = aggregate<ProductDocument>('ProductDocument', { keyedBy: 'request' });

/** Issues a document for a request. Each document publishes one event. */
export const issueDocument =
  (request: string, isueNo: string, fields: DocumentBody & Partial<Addressee>) =>
  (id: number): Decision<ProductDocument> => {
    const document = wholeDocument(fields);
    const { prdnm = null, custNo = null, custNm = null } = fields;
    return decided(
      {
        id,
        isueNo,
        isueDt: isueNo.slice(0, 8),
        ...document,
        formTpcd: 'PRD001',
        formNm: '상품설명서',
        sendYn: 'N',
        request,
      },
      PrductDesdCreated({ id, ppsdsnNo: document.isueRefNo, prdcd: document.prdcd, prdnm, custNo, custNm }),
    );
  };

/** The document that a plan asks for. */
export const describePlan = (request: string, isueNo: string, plan: ProductDesdRequested) =>
  issueDocument(request, isueNo, { ...plan, isueRefNo: plan.ppsdsnNo, notclCtnt: noticeOf(plan) });

/** Text of the document: what the customer has to know before applying. */
export const noticeOf = (plan: ProductDesdRequested): string =>
  [
    '상품설명서',
    `가입설계번호 : ${plan.ppsdsnNo ?? ''}`,
    `상품명 : ${plan.prdnm ?? ''}`,
    `보험료 : ${plan.sprm ?? ''}`,
    `보험기간 : ${plan.insPrd ?? ''}`,
    `납입기간 : ${plan.pmPrd ?? ''}`,
    `납입주기 : ${plan.pmCyl ?? ''}`,
    '해약환급금은 없거나 납입한 보험료보다 적을 수 있습니다.',
  ]
    .join('\n')
    .slice(0, 255);
