// Written by ./run generate from the publicPaths of every service.ts; a test says when it is not current.

/**
 * The public paths of every system, and the service each belongs to; nothing else is reachable from outside.
 * A path that several services have is told apart by a prefix, `<app id> behind <prefix>`, which the service does not see.
 */
export const routes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  academy: {
    '/courseRegistrationSystems': 'academy-registration',
    '/courseRegistrationSystem': 'academy-registration',
    '/lectureSystems': 'academy-lecture',
    '/paymentSystems': 'academy-payment',
    '/courseRegistrationStatuses': 'academy-dashboard',
    '/lectureStatuses': 'academy-dashboard',
  },
  insurance: {
    '/products': 'insurance-product',
    '/productDocuments': 'insurance-product',
    '/customers': 'insurance-customer',
    '/plans': 'insurance-plan',
    '/proposals': 'insurance-proposal',
    '/payments': 'insurance-payment',
    '/mypages': 'insurance-myinsurance',
    '/msgs': 'insurance-alarm',
  },
  lecture: {
    '/classes': 'lecture-class',
    '/inquiryMypages': 'lecture-class',
    '/courses': 'lecture-course',
    '/deliveries': 'lecture-course',
    '/payments': 'lecture-pay',
    '/payment': 'lecture-pay',
    '/points': 'lecture-point',
    '/gifts': 'lecture-gift',
  },
  rental: {
    '/products': 'rental-product',
    '/rentals': 'rental-rental',
    '/rental/products': 'rental-rental behind /rental',
    '/deliveries': 'rental-delivery',
    '/delivery/products': 'rental-delivery behind /delivery',
    '/myOrders': 'rental-information',
  },
  reward: {
    '/missions': 'reward-mission',
    '/rewards': 'reward-reward',
    '/wallets': 'reward-wallet',
    '/gifts': 'reward-gift',
    '/mypages': 'reward-mypage',
    '/notifications': 'reward-notification',
    '/accounts': 'reward-payment',
  },
};

/** Services that the gateway calls through a breaker which serves all clients (dapr/resiliency). */
export const sharedBreakers: ReadonlySet<string> = new Set(['rental-product', 'reward-gift']);

/** Milliseconds that clients wait at most for a service that says how long; the others: `forwardMs` of limits.ts. */
export const timeLimits: ReadonlyMap<string, number> = new Map([
  ['rental-product', 610],
  ['reward-gift', 10_000],
]);
