// Written by ./run generate from dapr/<system>.yaml; a test says when it is not current.
import type { z } from 'zod';
import academyDashboard from '../../services/academy/dashboard/service.ts';
import academyLecture from '../../services/academy/lecture/service.ts';
import academyPayment from '../../services/academy/payment/service.ts';
import academyRegistration from '../../services/academy/registration/service.ts';
import insuranceAlarm from '../../services/insurance/alarm/service.ts';
import insuranceCustomer from '../../services/insurance/customer/service.ts';
import insuranceMyinsurance from '../../services/insurance/myinsurance/service.ts';
import insurancePayment from '../../services/insurance/payment/service.ts';
import insurancePlan from '../../services/insurance/plan/service.ts';
import insuranceProduct from '../../services/insurance/product/service.ts';
import insuranceProposal from '../../services/insurance/proposal/service.ts';
import { type App, assemble, type Context, type Service, type Transport } from '../../services/kit/index.ts';
import lectureClass from '../../services/lecture/class/service.ts';
import lectureCourse from '../../services/lecture/course/service.ts';
import lectureGift from '../../services/lecture/gift/service.ts';
import lecturePay from '../../services/lecture/pay/service.ts';
import lecturePoint from '../../services/lecture/point/service.ts';
import rentalDelivery from '../../services/rental/delivery/service.ts';
import rentalInformation from '../../services/rental/information/service.ts';
import rentalProduct from '../../services/rental/product/service.ts';
import rentalRental from '../../services/rental/rental/service.ts';
import rewardGift from '../../services/reward/gift/service.ts';
import rewardMission from '../../services/reward/mission/service.ts';
import rewardMypage from '../../services/reward/mypage/service.ts';
import rewardNotification from '../../services/reward/notification/service.ts';
import rewardPayment from '../../services/reward/payment/service.ts';
import rewardReward from '../../services/reward/reward/service.ts';
import rewardWallet from '../../services/reward/wallet/service.ts';

/** Puts a service together beside what stands in its sidecar's stead. */
export type Assemble = (at: { dapr: Transport; appId: string; instance: string; context: Context }) => App;
const of =
  <S extends z.ZodObject>(definition: Service<S>): Assemble =>
  (at) =>
    assemble(definition, at);

/** Every service that can be simulated, by its app id. */
export const SERVICES: Readonly<Record<string, Assemble>> = {
  'academy-dashboard': of(academyDashboard),
  'academy-lecture': of(academyLecture),
  'academy-payment': of(academyPayment),
  'academy-registration': of(academyRegistration),
  'insurance-alarm': of(insuranceAlarm),
  'insurance-customer': of(insuranceCustomer),
  'insurance-myinsurance': of(insuranceMyinsurance),
  'insurance-payment': of(insurancePayment),
  'insurance-plan': of(insurancePlan),
  'insurance-product': of(insuranceProduct),
  'insurance-proposal': of(insuranceProposal),
  'lecture-class': of(lectureClass),
  'lecture-course': of(lectureCourse),
  'lecture-gift': of(lectureGift),
  'lecture-pay': of(lecturePay),
  'lecture-point': of(lecturePoint),
  'rental-delivery': of(rentalDelivery),
  'rental-information': of(rentalInformation),
  'rental-product': of(rentalProduct),
  'rental-rental': of(rentalRental),
  'reward-gift': of(rewardGift),
  'reward-mission': of(rewardMission),
  'reward-mypage': of(rewardMypage),
  'reward-notification': of(rewardNotification),
  'reward-payment': of(rewardPayment),
  'reward-reward': of(rewardReward),
  'reward-wallet': of(rewardWallet),
};

/** Services with a store of their own: components/<profile>/<app id>-state.yaml. */
export const APART: ReadonlySet<string> = new Set([
  'academy-dashboard',
  'insurance-alarm',
  'lecture-gift',
  'rental-information',
  'reward-payment',
]);
