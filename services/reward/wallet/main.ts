import { run } from '../../kit/service.ts';
import { wallet } from './app.ts';

await run(wallet);
