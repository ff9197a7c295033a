import { signal } from '@preact/signals';

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly qty: number;
}

/** A row of my orders; null: not known yet. */
export interface Order {
  readonly rentalId: number;
  readonly productId: number;
  readonly productName: string | null;
  readonly rentalQty: number;
  readonly rentalStatus: string | null;
  readonly deliveryStatus: string | null;
}

export const PRODUCTS = 'products?size=200&sort=id,desc';

/** Ordered from here, perhaps not among my orders yet. */
export const ordered = signal<readonly Order[]>([]);
/** Cancelled from here, perhaps not so among my orders yet. */
export const cancelled = signal<readonly number[]>([]);
