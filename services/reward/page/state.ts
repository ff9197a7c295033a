import { signal } from '@preact/signals';
import { kept } from '../../gateway/page-kit/index.ts';

/** A row of my page; null: not known yet. */
export interface MyMission {
  readonly missionId: number;
  readonly customerId: number | null;
  readonly missionStatus: string | null;
  readonly rewardId: number | null;
  readonly rewardStatus: string | null;
}

export interface Entry {
  readonly id: number;
  readonly rewardId: number;
  readonly customerId: number | null;
  readonly status: string;
}

export interface Gift {
  readonly id: number;
  readonly walletId: number;
}

export interface Notification {
  readonly id: number;
  readonly message: string;
  readonly missionId: number | null;
  readonly rewardId: number | null;
  readonly walletId: number | null;
}

/** Rows that are looked through where a collection is not sought by customer. */
export const NEWEST = 200;

export const customer = kept('person', '11');

export const myMissions = (): string =>
  `mypages/search/findByCustomerId?customerId=${encodeURIComponent(customer.value)}`;

/** Achieved from here, perhaps not on my page yet. */
export const achieved = signal<readonly MyMission[]>([]);
