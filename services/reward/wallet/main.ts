import { run } from '../../kit/index.ts';
import { wallet } from './app.ts';

await run(wallet);
