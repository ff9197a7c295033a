/**
 * The public paths of every system, and the service each belongs to; nothing else is reachable from outside.
 * If several services have a path, a prefix tells them apart: `<app id> behind <prefix>`. The service does not see the prefix.
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
