import { run } from '../../kit/service.ts';
import { payment } from './app.ts';

await run(payment);
