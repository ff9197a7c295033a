import { run } from '../../kit/service.ts';
import { customer } from './app.ts';

await run(customer);
