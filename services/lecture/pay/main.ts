import { run } from '../../kit/index.ts';
import { pay } from './app.ts';

await run(pay);
