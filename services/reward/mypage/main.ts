import { run } from '../../kit/service.ts';
import { mypage } from './app.ts';

await run(mypage);
