/** What an attacker finds out about a system from its README: public paths, and a body that each of them takes. */

/** Fields of a body and their JSON text: text, so that what JSON.parse would lose (2^53+1, 1e400) can be sent. */
export type Fields = Readonly<Record<string, string>>;

export interface Terrain {
  readonly system: string;
  /** Public paths, without their ids. */
  readonly paths: readonly string[];
  readonly bodies: Readonly<Record<string, Fields>>;
}

/**
 * Numbers that belong to no record of an honest client: those get theirs one after the other from 1, and nobody's
 * right to cancel the other's record is in question here.
 */
export const STRANGE_NUMBERS = ['0', '-1', '999999', '9007199254740991', '100000000'] as const;

/** A body that each public path takes, with foreign keys that no honest client's record has. */
export const bodies: Readonly<Record<string, Readonly<Record<string, Fields>>>> = {
  lecture: {
    '/classes': { courseId: '999999', fee: '10000', student: '"mallory"', textBook: '"kor_book"' },
    '/courses': { name: '"korean"', teacher: '"mallory"', fee: '10000', textBook: '"kor_book"' },
    '/gifts': { classId: '999999', fee: '10000', student: '"mallory"' },
  },
  reward: {
    '/missions': { customerId: '9007199254740991', status: '"Achieved"' },
    '/gifts': { walletId: '999999', rewardId: '999999', customerId: '999999', status: '"Exchanged"' },
  },
  academy: {
    '/courseRegistrationSystems': { lectureId: '999999', studentId: '999999' },
    '/lectureSystems': { lectureName: '"hacking"' },
    '/paymentSystems': { courseId: '999999' },
  },
  insurance: {
    '/products': { prdcd: '"P99990001"', prdnm: '"none"', minEntAmt: '1', maxEntAmt: '9', prm: '5' },
    '/plans': {
      ppsdsnNo: '""',
      prdcd: '"P99990001"',
      custNo: '"999999999"',
      custNm: '"mallory"',
      entAmt: '5',
      sprm: '1',
    },
    '/proposals': {
      ppsdsnNo: '"29990101000000"',
      prdcd: '"P99990001"',
      custNo: '"999999999"',
      custNm: '"mallory"',
      payAmt: '5',
    },
    '/customers': { custNo: '"999999999"', custNm: '"mallory"' },
    '/payments/online': { svcId: '"PPA001SVC"', svcFn: '"cancelPay"', prpsNo: '"29990101000000"' },
  },
  rental: {
    '/products': { name: '"bomb"', qty: '9' },
    '/rentals': { productId: '999999', qty: '1', status: '"ORDERED"', productName: '"bomb"' },
    '/deliveries': { rentalId: '999999', status: '"CANCELED"' },
  },
};
