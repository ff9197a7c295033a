import { startPage } from '../../gateway/page-kit/index.ts';
import { Missions, MyMissions } from './missions.tsx';
import { Notifications } from './notifications.tsx';
import { customer } from './state.ts';
import { texts } from './texts.ts';
import { Wallet } from './wallet.tsx';

void startPage(
  () => texts().title,
  [
    { path: '', title: () => texts().missions, view: Missions },
    { path: 'wallet', title: () => texts().wallet, view: Wallet },
    { path: 'my', title: () => texts().myPage, view: MyMissions },
    { path: 'notifications', title: () => texts().notifications, view: Notifications },
  ],
  { label: () => texts().iAm, person: customer },
);
