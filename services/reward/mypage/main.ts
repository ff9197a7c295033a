import { run } from '../../kit/index.ts';
import { mypage } from './app.ts';

await run(mypage);
