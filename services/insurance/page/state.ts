import { signal } from '@preact/signals';
import { kept } from '../../gateway/page-kit/index.ts';

export interface Product {
  readonly id: number;
  readonly prdcd: string;
  readonly prdnm: string;
  readonly prm: number;
  readonly insPrd: string | null;
  readonly pmPrd: string | null;
  readonly pmCyl: string | null;
  readonly minEntAmt: number | null;
  readonly maxEntAmt: number | null;
  readonly minEntAge: number | null;
  readonly maxEntAge: number | null;
}

/** A row of my insurance: a plan, and the contract made from it. */
export interface Insurance {
  readonly id: number;
  readonly ppsdsnNo: string | null;
  readonly prdcd: string | null;
  readonly prdnm: string | null;
  readonly custNm: string | null;
  readonly progSt: string | null;
  readonly prodDesdIsueDt: string | null;
  readonly prpsNo: string | null;
  readonly prpsStnm: string | null;
  readonly contStnm: string | null;
  readonly regDtm: string | null;
}

export interface Message {
  readonly id: number;
  readonly sendDtm: string;
  readonly message: string;
}

export const customer = kept('person', '123456789');
export const customerName = kept('name', '양건우');

/** Plans saved from here, perhaps not among my insurance yet. */
export const saved = signal<readonly (Insurance & { readonly custNo: string })[]>([]);
/** Numbers of the plans of which something was asked here that perhaps does not show yet. */
export const described = signal<readonly string[]>([]);
export const applied = signal<readonly string[]>([]);
/** Proposals withdrawn from here. */
export const withdrawn = signal<readonly string[]>([]);
