import { run } from '../../kit/service.ts';
import { pay } from './app.ts';

await run(pay);
