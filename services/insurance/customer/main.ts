import { run } from '../../kit/index.ts';
import { customer } from './app.ts';

await run(customer);
