/**
 * The public paths of every system, and the service each belongs to; nothing else is reachable from outside.
 * A path that several services have is told apart by a prefix, `<app id> behind <prefix>`, which the service does not see.
 */
export const routes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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
  reward: {
    '/missions': 'reward-mission',
    '/rewards': 'reward-reward',
    '/wallets': 'reward-wallet',
    '/gifts': 'reward-gift',
    '/mypages': 'reward-mypage',
    '/notifications': 'reward-notification',
    '/accounts': 'reward-payment',
  },
  academy: {
    '/courseRegistrationSystems': 'academy-registration',
    '/courseRegistrationSystem': 'academy-registration',
    '/lectureSystems': 'academy-lecture',
    '/paymentSystems': 'academy-payment',
    '/courseRegistrationStatuses': 'academy-dashboard',
    '/lectureStatuses': 'academy-dashboard',
  },
  insurance: {
    '/plans': 'insurance-plan',
    '/customers': 'insurance-customer',
    '/payments': 'insurance-payment',
    '/msgs': 'insurance-alarm',
    '/mypages': 'insurance-myinsurance',
    '/proposals': 'insurance-proposal',
    '/products': 'insurance-product',
    '/productDocuments': 'insurance-product',
  },
  rental: {
    '/products': 'rental-product',
    '/rentals': 'rental-rental',
    '/rental/products': 'rental-rental behind /rental',
    '/deliveries': 'rental-delivery',
    '/delivery/products': 'rental-delivery behind /delivery',
    '/myOrders': 'rental-information',
  },
};
